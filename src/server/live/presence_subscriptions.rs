//! Presence subscriptions of users to their peers. A user is subscribed to a peer while one of the user's pages shows a
//! conversation with that peer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::domain::user;

/// Lifetime of a subscription that is not renewed. Pages and servers renew theirs every minute.
const TTL: Duration = Duration::from_secs(150);

/// Presence subscriptions of users on any server.
#[derive(Debug, Default)]
pub(super) struct PresenceSubscriptions {
    /// Time of the last renewal, by watched user and watcher.
    renewed_at: BTreeMap<(user::Id, user::Id), Instant>,
}

impl PresenceSubscriptions {
    /// Adds or renews the subscriptions of `watcher` to these users.
    pub(super) fn add(&mut self, watcher: user::Id, watched: &[user::Id], now: Instant) {
        self.renewed_at.extend(watched.iter().map(|user| ((*user, watcher), now)));
    }

    /// Removes the subscription of `watcher` to a user. Returns whether there was one.
    pub(super) fn remove(&mut self, watched: user::Id, watcher: user::Id) -> bool {
        self.renewed_at.remove(&(watched, watcher)).is_some()
    }

    /// Returns the watchers of a user, without those in `except`.
    pub(super) fn watchers(&self, user: user::Id, except: &[user::Id]) -> Vec<user::Id> {
        let all = (user, user::Id(Uuid::nil()))..=(user, user::Id(Uuid::max()));
        let watchers = self.renewed_at.range(all).map(|((_, watcher), _)| *watcher);
        watchers.filter(|watcher| !except.contains(watcher)).collect()
    }

    /// Removes expired subscriptions.
    pub(super) fn expire(&mut self, now: Instant) {
        self.renewed_at.retain(|_, renewed_at| now.duration_since(*renewed_at) < TTL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> user::Id {
        user::Id(Uuid::from_u128(n))
    }

    #[test]
    fn a_presence_subscription_lasts_until_it_expires_unless_it_is_renewed() {
        let (ana, ben, cy) = (id(1), id(2), id(3));
        let (start, mut subscriptions) = (Instant::now(), PresenceSubscriptions::default());
        subscriptions.add(ana, &[ben, cy], start);
        subscriptions.add(cy, &[ben], start);
        subscriptions.add(ben, &[], start);
        assert_eq!(subscriptions.watchers(ben, &[]), [ana, cy]);
        assert_eq!(subscriptions.watchers(ben, &[ana]), [cy]);
        assert_eq!(subscriptions.watchers(ana, &[]), []);
        let later = start + TTL / 2;
        subscriptions.add(ana, &[ben], later);
        subscriptions.expire(start + TTL);
        assert_eq!((subscriptions.watchers(ben, &[]), subscriptions.watchers(cy, &[])), (vec![ana], vec![]));
        subscriptions.expire(later + TTL);
        assert_eq!(subscriptions.watchers(ben, &[]), []);
    }
}
