//! Choices of the last minute that decide who sees whose presence. They count for a stream that is being opened
//! meanwhile, whose own data were read before.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::user;

/// Time for which a choice is remembered: longer than it takes to open a stream.
const TTL: Duration = Duration::from_secs(60);

/// Choices of the last minute, each with its time.
#[derive(Debug, Default)]
pub(super) struct RecentChoices {
    /// Users who have turned presence on or off.
    shown: HashMap<user::Id, (Instant, bool)>,
    /// Pairs, the smaller id first, who may see each other since a block or a request has ended, or no longer may.
    united: HashMap<[user::Id; 2], (Instant, bool)>,
}

impl RecentChoices {
    /// Remembers that a user has turned presence on or off.
    pub(super) fn set_shown(&mut self, user: user::Id, is_shown: bool, now: Instant) {
        self.shown.insert(user, (now, is_shown));
    }

    /// Remembers that two users may see each other, or no longer may.
    pub(super) fn set_united(&mut self, mut pair: [user::Id; 2], are_united: bool, now: Instant) {
        pair.sort_unstable();
        self.united.insert(pair, (now, are_united));
    }

    /// Returns whether a user's presence is on, of which `read` was true at `read_at`.
    pub(super) fn is_shown(&self, user: user::Id, read: bool, read_at: Instant) -> bool {
        self.shown.get(&user).filter(|(at, _)| *at >= read_at).map_or(read, |(_, is_shown)| *is_shown)
    }

    /// Corrects the peers of a user, which were read at `read_at`.
    pub(super) fn correct_peers(&self, user: user::Id, peers: &mut Vec<user::Id>, read_at: Instant) {
        for (pair, (_, are_united)) in self.united.iter().filter(|(_, (at, _))| *at >= read_at) {
            let peer = match pair {
                [one, other] if *one == user => *other,
                [other, one] if *one == user => *other,
                _ => continue,
            };
            peers.retain(|known| *known != peer);
            if *are_united {
                peers.push(peer);
            }
        }
    }

    /// Forgets old choices.
    pub(super) fn expire(&mut self, now: Instant) {
        self.shown.retain(|_, (at, _)| now.duration_since(*at) < TTL);
        self.united.retain(|_, (at, _)| now.duration_since(*at) < TTL);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> user::Id {
        user::Id(Uuid::from_u128(n))
    }

    #[test]
    fn a_choice_counts_for_what_was_read_before_it_and_only_for_a_minute() {
        let (ana, ben, cy, dora) = (id(1), id(2), id(3), id(4));
        let (start, mut choices) = (Instant::now(), RecentChoices::default());
        let (choice, later) = (start + Duration::from_secs(1), start + Duration::from_secs(2));
        choices.set_shown(ana, false, choice);
        choices.set_united([ben, ana], false, choice);
        choices.set_united([ana, dora], true, choice);
        let peers = |choices: &RecentChoices, user, read: &[user::Id], read_at| {
            let mut peers = read.to_vec();
            choices.correct_peers(user, &mut peers, read_at);
            peers
        };
        assert!(!choices.is_shown(ana, true, start) && choices.is_shown(ben, true, start));
        assert!(choices.is_shown(ana, true, later), "read after the choice");
        assert_eq!(peers(&choices, ana, &[ben, cy], start), [cy, dora]);
        assert_eq!(peers(&choices, ben, &[cy, ana], start), [cy]);
        assert_eq!(peers(&choices, cy, &[ana, ben], start), [ana, ben], "the choices of others");
        assert_eq!(peers(&choices, ana, &[ben, cy], later), [ben, cy], "read after the choice");
        choices.expire(choice + TTL);
        assert!(choices.is_shown(ana, true, start));
        assert_eq!(peers(&choices, ana, &[ben], start), [ben]);
    }
}
