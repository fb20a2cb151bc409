//! Updates that have been carried out lately.
//!
//! A read of the table merges the pending updates after it has the rows. An update that is carried out in between is
//! neither in the rows nor pending, so reads merge it for some more time. It changes nothing in rows that show it
//! already.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::server::store::dynamodb::inbox::pending::{Pending, Update};

/// Time for which reads merge an update that has been carried out. No request takes longer.
const TTL: Duration = Duration::from_secs(10);

/// Updates that have been carried out lately.
#[derive(Debug, Default)]
pub(super) struct CarriedOut {
    updates: Pending,
    /// The oldest first, each with what was known of its conversation by then.
    added: VecDeque<(Instant, Update)>,
}

impl CarriedOut {
    /// Adds an update, and drops old ones.
    pub(super) fn add(&mut self, update: &Update, now: Instant) {
        while self.added.front().is_some_and(|(at, _)| now.duration_since(*at) > TTL) {
            self.added.pop_front().map(|(_, update)| self.updates.remove(&update));
        }
        if self.updates.add(update.clone())
            && let Some(known) = self.updates.get(update.newest.conversation)
        {
            self.added.push_back((now, known.clone()));
        }
    }

    /// Returns the updates.
    pub(super) fn updates(&self) -> &Pending {
        &self.updates
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::conversation::{self, Kind, Members};
    use crate::domain::{message, samples};
    use crate::server::store::dynamodb::rows::MessageRow;
    use crate::server::store::dynamodb::table::SortTime;

    fn update(conversation: u128, seq: u64) -> Update {
        let conversation = conversation::Id(Uuid::from_u128(conversation));
        let at = SortTime::from(datetime!(2026-11-21 09:00 UTC) + time::Duration::minutes(seq as i64));
        let (id, author) = (message::Id(Uuid::from_u128(u128::from(seq))), samples::user(1, "ana"));
        let newest = MessageRow::new(conversation, at, id, author.clone(), "hello".to_owned(), seq);
        Update::new(newest, Kind::Direct, Members::new([author.id]).expect("members"))
    }

    #[test]
    fn an_update_is_merged_until_no_request_can_have_read_the_rows_before_it() {
        let (mut carried_out, start) = (CarriedOut::default(), Instant::now());
        let newest = |carried_out: &CarriedOut| {
            let known = carried_out.updates().get(conversation::Id(Uuid::from_u128(7)));
            known.map(|update| update.newest.seq)
        };
        carried_out.add(&update(7, 1), start);
        carried_out.add(&update(7, 2), start + TTL / 2);
        carried_out.add(&update(8, 1), start + TTL + TTL / 4);
        assert_eq!(newest(&carried_out), Some(2));
        carried_out.add(&update(8, 2), start + TTL * 2);
        assert_eq!(newest(&carried_out), None);
        assert_eq!((carried_out.updates().len(), carried_out.added.len()), (1, 2));
    }
}
