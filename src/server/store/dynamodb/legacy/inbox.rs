//! Inbox rows of a conversation: one for each member, at the newest message. The old app's are as it left them; ours
//! stay behind where a reader of the stream gave up the records that would have moved them.

use futures::future::try_join_all;
use time::Duration;

use crate::domain::conversation;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::inbox::lookup;
use crate::server::store::dynamodb::legacy::report::Changed;
use crate::server::store::dynamodb::legacy::whole::Purpose;
use crate::server::store::dynamodb::legacy::{ends, heads};
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};

/// Brings the inbox rows of a conversation up to date, of which these were seen, and counts what was done. Makes none that
/// its head's making made.
pub(super) async fn put_right(
    table: &Table,
    conversation: conversation::Id,
    members: [user::Id; 2],
    seen: &[InboxRow],
    purpose: Purpose,
    changed: &mut Changed,
) -> Result<(), Failure> {
    let mut tries = Tries::default();
    loop {
        let newest = ends::newest(table, conversation).await?;
        let lists = members.map(|owner| rows_now(table, owner, conversation, seen));
        let rows = try_join_all(lists).await?.concat();
        let mut all_right = true;
        for owner in members {
            let work = Work { table, owner, newest: newest.as_ref(), purpose };
            all_right &= work.put_right(&rows, changed).await?;
        }
        if all_right || purpose == Purpose::Report {
            return Ok(());
        }
        // A message came in between: its rows moved.
        tries.wait_by(table.clock(), "bring inbox rows up to date").await?;
    }
}

/// A member's rows of a conversation as they are now, by the table and not by the index, which lags behind it: those that
/// were seen, at a read unit each. Where one has moved on, or there was none, their whole list is looked through.
async fn rows_now(
    table: &Table,
    owner: user::Id,
    conversation: conversation::Id,
    seen: &[InboxRow],
) -> Result<Vec<InboxRow>, Failure> {
    let mine: Vec<_> = seen.iter().filter(|row| row.owner == owner).cloned().collect();
    let keys: Vec<_> = mine.iter().map(InboxRow::key).collect();
    let items = try_join_all(keys.iter().map(|key| table.get(key))).await?;
    let there: Vec<_> = items.iter().flatten().filter_map(InboxRow::read).collect();
    if there.is_empty() || there != mine {
        return lookup::of_owner(table, owner, conversation).await;
    }
    Ok(mine)
}

/// Whether a row needs nothing: it is at the newest message, under a key that sorts by time. One of ours says so by its
/// number, and may be ahead: people go on writing after `newest` has been read. One of the old app's has a time only; a
/// newest message that shared its instant may have moved on by some microseconds.
pub(super) fn is_right(row: &InboxRow, newest: Option<&MessageRow>) -> bool {
    let is_there = |newest: &MessageRow| match row.seq {
        0 => row.at.at() + heads::ROOM >= newest.at.at() && row.body == newest.body,
        seq => seq >= newest.seq,
    };
    (row.seq > 0 || row.at.is_in_form()) && newest.is_none_or(is_there)
}

/// One member's rows.
struct Work<'a> {
    table: &'a Table,
    owner: user::Id,
    newest: Option<&'a MessageRow>,
    purpose: Purpose,
}

impl Work<'_> {
    /// Not done: the rows are no longer those that were read.
    async fn put_right(&self, rows: &[InboxRow], changed: &mut Changed) -> Result<bool, Failure> {
        let mut mine: Vec<_> = rows.iter().filter(|row| row.owner == self.owner).collect();
        mine.sort_unstable_by_key(|row| (row.seq, row.at.at()));
        let Some(current) = mine.pop() else { return self.remake(rows, changed).await };
        for left_over in mine {
            if self.remove(left_over).await? {
                changed.inbox_rows_removed += 1;
            }
        }
        if is_right(current, self.newest) {
            return Ok(true);
        }
        if self.purpose == Purpose::Change && !self.replace(current).await? {
            return Ok(false);
        }
        changed.inbox_rows_moved += 1;
        Ok(true)
    }

    /// Puts the row that is lost, where a head was there already.
    async fn remake(&self, rows: &[InboxRow], changed: &mut Changed) -> Result<bool, Failure> {
        let Some(left) = rows.iter().find(|row| row.with.id == self.owner) else { return Ok(true) };
        let row = heads::remade(left, self.newest.map_or(&[][..], std::slice::from_ref), Duration::ZERO);
        if self.purpose == Purpose::Change && !self.put(row).await? {
            return Ok(false);
        }
        changed.inbox_rows_made += 1;
        Ok(true)
    }

    /// Puts a row, in the first microsecond that no other conversation of the same person has.
    async fn put(&self, mut row: InboxRow) -> Result<bool, Failure> {
        loop {
            let Err(refusal) = self.table.transact(vec![self.table.put_if_absent(row.item())?]).await? else {
                return Ok(true);
            };
            match refusal.row(0).and_then(InboxRow::read) {
                Some(there) if there.conversation != row.conversation => row.at = row.at.next(row.at.at()),
                // Another run of this was quicker.
                _ => return Ok(false),
            }
        }
    }

    /// Moves a row on. It never goes back, and not even stays in its instant: where both the old row and the new one were
    /// read, the later is the one that there is.
    async fn replace(&self, current: &InboxRow) -> Result<bool, Failure> {
        const DELETE: usize = 0;
        const PUT: usize = 1;
        let mut next = current.clone();
        next.at = current.at.next(self.newest.map_or(current.at.at(), |newest| newest.at.at()));
        if let Some(newest) = self.newest {
            next.body.clone_from(&newest.body);
            next.seq = newest.seq;
            next.last_author = Some(newest.author.id);
        }
        loop {
            let parts = vec![lookup::delete(self.table, current)?, self.table.put_if_absent(next.item())?];
            match self.table.transact(parts).await? {
                Ok(()) => return Ok(true),
                // Another conversation of the same person is there. The next microsecond will do as well.
                Err(refusal) if refusal.at(PUT) && !refusal.at(DELETE) => next.at = next.at.next(next.at.at()),
                Err(_) => return Ok(false),
            }
        }
    }

    /// Removes a row, or would, if it is one that the old app wrote and still there. A second one of ours is where the
    /// other was before it moved, while the list was read.
    async fn remove(&self, row: &InboxRow) -> Result<bool, Failure> {
        if row.seq > 0 {
            return Ok(false);
        }
        let delete = vec![lookup::delete(self.table, row)?];
        Ok(self.purpose == Purpose::Report || self.table.transact(delete).await?.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message;
    use crate::domain::user::User;
    use crate::server::store::dynamodb::table::SortTime;
    use time::macros::datetime;
    use uuid::Uuid;

    /// A message of Ana's, and Ben's row at it.
    fn at(seq: u64) -> (MessageRow, InboxRow) {
        let [talk, id, ana, ben] = [1, 2, 3, 4].map(Uuid::from_u128);
        let message = MessageRow {
            conversation: conversation::Id(talk),
            at: SortTime::from(datetime!(2026-11-21 9:26:28.207802 UTC)),
            id: message::Id(id),
            author: User::who_left(user::Id(ana)),
            body: "hello".to_owned(),
            seq,
        };
        let row = InboxRow {
            owner: user::Id(ben),
            at: message.at.clone(),
            conversation: message.conversation,
            with: message.author.clone(),
            body: message.body.clone(),
            seq,
            last_author: Some(message.author.id),
        };
        (message, row)
    }

    #[test]
    fn a_row_of_ours_is_right_at_the_newest_message_that_was_read_or_ahead_of_it() {
        let (newest, _) = at(2);
        for (seq, is_so) in [(1, false), (2, true), (3, true)] {
            assert_eq!(is_right(&at(seq).1, Some(&newest)), is_so, "at {seq}");
        }
        assert!(is_right(&at(1).1, None), "there is nothing to be at");
        assert!(is_right(&at(1).1, Some(&at(0).0)), "the old app's messages have no number");
    }
}
