//! Repair of a conversation's inbox rows: one for each member, at the newest message. The old app's rows may be wrong
//! in several ways. Those of the new app are stale if the stream's reader gave up the records that would have moved
//! them.

use futures::future::try_join_all;
use time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::backoff::Backoff;
use cruddur_messages::server::store::dynamodb::inbox::rows as inbox_rows;
use cruddur_messages::server::store::dynamodb::legacy::{ends, heads};
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::{Direction, Table};

use super::purpose::Purpose;
use super::report::Changed;

/// Repairs the inbox rows of a conversation, one for each of `owners`, of which the survey found `surveyed`, and counts
/// the changes. Does not recreate a row that was recreated together with the head.
pub(super) async fn repair(
    table: &Table,
    conversation: conversation::Id,
    owners: &[user::Id],
    surveyed: &[InboxRow],
    purpose: Purpose,
    changed: &mut Changed,
) -> Result<(), Failure> {
    let mut backoff = Backoff::default();
    loop {
        let newest = newest(table, conversation).await?;
        let lists = owners.iter().map(|owner| current_rows(table, *owner, conversation, surveyed));
        let rows = try_join_all(lists).await?.concat();
        let mut is_done = true;
        for owner in owners.iter().copied() {
            let repair = Repair { table, owner, newest: newest.as_ref(), purpose };
            is_done &= repair.run(&rows, changed).await?;
        }
        if is_done || purpose == Purpose::Report {
            return Ok(());
        }
        // A message was sent meanwhile and has moved its rows: re-read and retry.
        backoff.wait_with(table.clock(), "repair inbox rows").await?;
    }
}

/// Returns the message with the latest time.
async fn newest(table: &Table, conversation: conversation::Id) -> Result<Option<MessageRow>, Failure> {
    let near = ends::near(table, conversation, Direction::Older).await?;
    Ok(near.into_iter().max_by(|one, other| one.at.cmp(&other.at)))
}

/// Returns a member's current rows of a conversation, read from the table because the index is eventually consistent.
/// Re-reads the surveyed rows at one read unit each. If a row has moved, or none was surveyed, the member's whole inbox
/// is read.
async fn current_rows(
    table: &Table,
    owner: user::Id,
    conversation: conversation::Id,
    surveyed: &[InboxRow],
) -> Result<Vec<InboxRow>, Failure> {
    let mine: Vec<_> = surveyed.iter().filter(|row| row.owner == owner).cloned().collect();
    let keys: Vec<_> = mine.iter().map(InboxRow::key).collect();
    let items = try_join_all(keys.iter().map(|key| table.get(key))).await?;
    let existing: Vec<_> = items.iter().flatten().filter_map(InboxRow::from_item).collect();
    if existing.is_empty() || existing != mine {
        return inbox_rows::by_owner(table, owner, conversation).await;
    }
    Ok(mine)
}

/// Returns `true` if a row is at the newest message, under a key that sorts by time. A row of the new app is compared
/// by its sequence number, and may be ahead, because members can send messages after `newest` was read. A legacy row
/// has only a time; a newest message that shared its instant with others may have moved forward by some microseconds.
/// At a numbered message it is damaged: the old stream handler has left out our attributes.
pub(super) fn is_up_to_date(row: &InboxRow, newest: Option<&MessageRow>) -> bool {
    let is_at = |newest: &MessageRow| match row.seq {
        0 => newest.seq == 0 && row.at.at() + heads::MARGIN >= newest.at.at() && has_text_of(row, newest),
        seq => seq > newest.seq || (seq == newest.seq && row.version >= newest.version()),
    };
    (row.seq > 0 || row.at.is_canonical()) && newest.is_none_or(is_at)
}

/// Reports whether a legacy row shows the text of this message, or a newer one.
fn has_text_of(row: &InboxRow, newest: &MessageRow) -> bool {
    row.version > newest.version() || (row.version == newest.version() && row.body == newest.body)
}

/// Repair of one member's rows of a conversation.
struct Repair<'a> {
    table: &'a Table,
    owner: user::Id,
    newest: Option<&'a MessageRow>,
    purpose: Purpose,
}

impl Repair<'_> {
    /// Returns `false` if it could not finish, because the rows have changed since they were read.
    async fn run(&self, rows: &[InboxRow], changed: &mut Changed) -> Result<bool, Failure> {
        let mut mine: Vec<_> = rows.iter().filter(|row| row.owner == self.owner).collect();
        mine.sort_unstable_by_key(|row| (row.seq, row.at.at()));
        let Some(current) = mine.pop() else { return self.recreate(rows, changed).await };
        for duplicate in mine {
            if self.remove(duplicate).await? {
                changed.inbox_rows_removed += 1;
            }
        }
        if is_up_to_date(current, self.newest) {
            return Ok(true);
        }
        if self.purpose == Purpose::Change && !self.replace(current).await? {
            return Ok(false);
        }
        changed.inbox_rows_moved += 1;
        Ok(true)
    }

    /// Recreates the missing row of a conversation that had a head already.
    async fn recreate(&self, rows: &[InboxRow], changed: &mut Changed) -> Result<bool, Failure> {
        let Some(peer_row) = rows.iter().find(|row| heads::is_about(row, self.owner)) else { return Ok(true) };
        let newest = self.newest.map_or(&[][..], std::slice::from_ref);
        let row = heads::recreated(self.owner, peer_row, newest, Duration::ZERO);
        if self.purpose == Purpose::Change && !self.put(row).await? {
            return Ok(false);
        }
        changed.inbox_rows_made += 1;
        Ok(true)
    }

    /// Puts a row, at the first microsecond that no other conversation of the same member occupies.
    async fn put(&self, mut row: InboxRow) -> Result<bool, Failure> {
        loop {
            let Err(cancelled) = self.table.transact(vec![self.table.put_if_absent(row.item())?]).await? else {
                return Ok(true);
            };
            match cancelled.existing_row(0).and_then(InboxRow::from_item) {
                Some(existing) if existing.conversation != row.conversation => row.at = row.at.next(row.at.at()),
                // A concurrent run has put the row.
                _ => return Ok(false),
            }
        }
    }

    /// Moves a row to the newest message. Its time always grows, even if the message is not newer: a reader that sees
    /// both the old and the new row can tell by the later time which of them exists.
    async fn replace(&self, current: &InboxRow) -> Result<bool, Failure> {
        const DELETE: usize = 0;
        const PUT: usize = 1;
        let mut next = current.clone();
        next.at = current.at.next(self.newest.map_or(current.at.at(), |newest| newest.at.at()));
        if let Some(newest) = self.newest {
            next.body.clone_from(&newest.body);
            next.version = newest.version();
            next.seq = newest.seq;
            next.last_author = Some(newest.author.id);
        }
        loop {
            let parts = vec![inbox_rows::delete(self.table, current)?, self.table.put_if_absent(next.item())?];
            match self.table.transact(parts).await? {
                Ok(()) => return Ok(true),
                // A row of another conversation has this key: the key a microsecond later is tried.
                Err(cancelled) if cancelled.condition_failed(PUT) && !cancelled.condition_failed(DELETE) => {
                    next.at = next.at.next(next.at.at())
                }
                Err(_) => return Ok(false),
            }
        }
    }

    /// Removes a duplicate row if the old app wrote it and it still exists; in a dry run only reports that. A duplicate
    /// row of the new app is no real one: its row moved while the inbox was read, and was seen at both keys.
    async fn remove(&self, row: &InboxRow) -> Result<bool, Failure> {
        if row.seq > 0 {
            return Ok(false);
        }
        let delete = vec![inbox_rows::delete(self.table, row)?];
        Ok(self.purpose == Purpose::Report || self.table.transact(delete).await?.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cruddur_messages::domain::message;
    use cruddur_messages::domain::user::User;
    use cruddur_messages::server::store::dynamodb::rows::NamedUser;
    use cruddur_messages::server::store::dynamodb::table::SortTime;
    use time::macros::datetime;
    use uuid::Uuid;

    /// A message of Ana's, and Ben's inbox row at it.
    fn at(seq: u64) -> (MessageRow, InboxRow) {
        let [conversation, id, ana, ben] = [1, 2, 3, 4].map(Uuid::from_u128);
        let message = MessageRow::new(
            conversation::Id(conversation),
            SortTime::from(datetime!(2026-11-21 9:26:28.207802 UTC)),
            message::Id(id),
            User::deleted(user::Id(ana)),
            "hello".to_owned(),
            seq,
        );
        let row = InboxRow {
            owner: user::Id(ben),
            at: message.at.clone(),
            conversation: message.conversation,
            named: NamedUser::Peer(message.author.clone()),
            body: message.body.clone(),
            version: message.version(),
            seq,
            last_author: Some(message.author.id),
            unreadable: Default::default(),
        };
        (message, row)
    }

    #[test]
    fn a_row_of_the_new_app_is_up_to_date_at_the_newest_message_or_ahead_of_it() {
        let (newest, _) = at(2);
        for (seq, expected) in [(1, false), (2, true), (3, true)] {
            assert_eq!(is_up_to_date(&at(seq).1, Some(&newest)), expected, "at {seq}");
        }
        let edited = MessageRow { edits: 1, ..newest.clone() };
        assert!(!is_up_to_date(&at(2).1, Some(&edited)), "a row with an older text");
        assert!(is_up_to_date(&InboxRow { version: edited.version(), ..at(2).1 }, Some(&edited)));
        assert!(is_up_to_date(&InboxRow { version: edited.version(), ..at(2).1 }, Some(&newest)), "edited meanwhile");
        assert!(is_up_to_date(&at(1).1, None), "a conversation without messages");
        assert!(is_up_to_date(&at(1).1, Some(&at(0).0)), "legacy messages have no sequence number");
    }
}
