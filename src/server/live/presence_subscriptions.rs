//! Who looks for whom: has a conversation with them on a page, and wants to hear when they come and go.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::domain::user;

/// For how long somebody looks without further word. It is said again every minute.
const BELIEVED: Duration = Duration::from_secs(150);

/// When it was said last that somebody is looked for, and by whom, at whichever server that was.
#[derive(Debug, Default)]
pub(super) struct Lookers {
    /// First who is looked for.
    said_at: BTreeMap<(user::Id, user::Id), Instant>,
}

impl Lookers {
    /// Somebody looks for these people.
    pub(super) fn add(&mut self, looker: user::Id, people: &[user::Id], now: Instant) {
        self.said_at.extend(people.iter().map(|person| ((*person, looker), now)));
    }

    /// Who looks for a person, besides these.
    pub(super) fn besides(&self, known: &[user::Id], person: user::Id) -> Vec<user::Id> {
        let all = (person, user::Id(Uuid::nil()))..=(person, user::Id(Uuid::max()));
        let lookers = self.said_at.range(all).map(|((_, looker), _)| *looker);
        lookers.filter(|looker| !known.contains(looker)).collect()
    }

    /// Drops who has not been heard of for too long.
    pub(super) fn forget(&mut self, now: Instant) {
        self.said_at.retain(|_, said_at| now.duration_since(*said_at) < BELIEVED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> user::Id {
        user::Id(Uuid::from_u128(n))
    }

    #[test]
    fn who_is_looked_for_knows_by_whom_as_long_as_they_say_so() {
        let (ana, ben, cy) = (id(1), id(2), id(3));
        let (begun, mut lookers) = (Instant::now(), Lookers::default());
        lookers.add(ana, &[ben, cy], begun);
        lookers.add(cy, &[ben], begun);
        lookers.add(ben, &[], begun);
        assert_eq!(lookers.besides(&[], ben), [ana, cy]);
        assert_eq!(lookers.besides(&[ana], ben), [cy]);
        assert_eq!(lookers.besides(&[], ana), []);
        let later = begun + BELIEVED / 2;
        lookers.add(ana, &[ben], later);
        lookers.forget(begun + BELIEVED);
        assert_eq!((lookers.besides(&[], ben), lookers.besides(&[], cy)), (vec![ana], vec![]));
        lookers.forget(later + BELIEVED);
        assert_eq!(lookers.besides(&[], ben), []);
    }
}
