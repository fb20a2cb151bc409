//! Messages: pages of a conversation, and appending a message.

use crate::domain::message::{self, Body, Message};
use crate::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::inbox::InboxUpdates;
use crate::server::store::dynamodb::legacy::LegacyRows;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::time_slices::{self, Slice};
use crate::server::store::dynamodb::write_access::WriteAccess;
use crate::server::store::dynamodb::{seek, send};

/// Number of read messages that the opening page shows before the unread ones.
const BEFORE_UNREAD: usize = 3;

/// Access to the messages in the table. Cloning copies handles.
#[derive(Clone)]
pub struct Messages {
    table: Table,
    legacy_rows: LegacyRows,
    updates: InboxUpdates,
}

impl Messages {
    /// Creates access to the messages in `table`.
    pub fn new(table: Table) -> Self {
        Self { legacy_rows: LegacyRows::new(table.clone()), updates: InboxUpdates::inline(table.clone()), table }
    }

    /// Lets the updates that follow a message be carried out by `updates`, instead of before `append` returns.
    pub fn with_updates(self, updates: InboxUpdates) -> Self {
        Self { updates, ..self }
    }

    /// Returns the page with which a conversation opens, oldest first: the newest page, extended back to the first
    /// message after `read` and a few messages before it. If more than [`UNREAD_SIZE_MAX`] messages are unread, returns
    /// the part around the first unread message instead, with up to [`CATCH_UP_SIZE`] messages after it; see
    /// [`seek::first_message_after`] for the cost of finding it.
    pub async fn opening_page(&self, membership: &Membership, read: u64) -> Result<Page<Message>, Failure> {
        let unread = usize::try_from(membership.newest_seq().saturating_sub(read)).unwrap_or(usize::MAX);
        if unread <= UNREAD_SIZE_MAX {
            let size = (unread + BEFORE_UNREAD).max(PAGE_SIZE);
            let page = self.slice(membership, Direction::Older, None, size).await?;
            // Many messages may have been added since the head was read.
            if page.older.is_none() || page.items.first().is_none_or(|first| first.seq <= read + 1) {
                return Ok(page);
            }
        }
        let partition = Key::messages(membership.conversation());
        match seek::first_message_after(&self.table, &partition, read, membership.head().last.at()).await? {
            Some(first) => self.around(membership, first).await,
            None => self.page(membership, None).await,
        }
    }

    /// Returns a message, a few before it, and those after it.
    async fn around(&self, membership: &Membership, row: MessageRow) -> Result<Page<Message>, Failure> {
        let at = Some(&row.at);
        let (before, after) = tokio::try_join!(
            self.slice(membership, Direction::Older, at, BEFORE_UNREAD),
            self.slice(membership, Direction::Newer, at, CATCH_UP_SIZE)
        )?;
        let items = [before.items, vec![row.into_message()], after.items].concat();
        Ok(Page { items, older: before.older, newer: after.newer })
    }

    /// Returns one page of a conversation, oldest first: without a cursor or with [`Cursor::newest`] the newest page,
    /// otherwise the page that the cursor asks for, or the newest page again if nothing follows the cursor. One query
    /// of [`PAGE_SIZE`] + 1 rows, however many precede them, and some more for legacy messages
    /// ([`LegacyRows::sorted_by_time`]).
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let cursor = cursor.filter(|cursor| **cursor != Cursor::newest());
        let position = cursor.map(|cursor| cursor::decode(cursor, &partition)).transpose()?;
        let (direction, from) = position.map_or((Direction::Older, None), |(direction, at)| (direction, Some(at)));
        let page = self.slice(membership, direction, from.as_ref(), PAGE_SIZE).await?;
        if page.items.is_empty() && direction == Direction::Newer {
            return self.slice(membership, Direction::Older, None, PAGE_SIZE).await;
        }
        Ok(page)
    }

    /// Returns up to [`CATCH_UP_SIZE`] messages after a time, oldest first, or from the first message of the
    /// conversation if `after` is `None`. Costs as much as a page of the same size.
    pub async fn page_after(
        &self,
        membership: &Membership,
        after: Option<&SortTime>,
    ) -> Result<Page<Message>, Failure> {
        self.slice(membership, Direction::Newer, after, CATCH_UP_SIZE).await
    }

    async fn slice(
        &self,
        membership: &Membership,
        direction: Direction,
        from: Option<&SortTime>,
        size: usize,
    ) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let Slice { mut rows, more } = self.rows(membership, direction, from, size).await?;
        // There is always more on the side of `from`; on the other side, the slice decides.
        let (older, newer) = match direction {
            Direction::Older => (more, from.is_some()),
            Direction::Newer => (true, more),
        };
        if direction == Direction::Older {
            rows.reverse();
        }
        let older = rows.first().filter(|_| older).map(|row| cursor::encode(&partition, Direction::Older, &row.at));
        let newer = rows.last().filter(|_| newer).map(|row| cursor::encode(&partition, Direction::Newer, &row.at));
        Ok(Page { older, newer, items: rows.into_iter().map(MessageRow::into_message).collect() })
    }

    /// Reads up to `size` rows in time order. The order of their keys is the same, unless there may be legacy rows
    /// among them.
    async fn rows(
        &self,
        membership: &Membership,
        direction: Direction,
        from: Option<&SortTime>,
        size: usize,
    ) -> Result<Slice<MessageRow>, Failure> {
        let partition = Key::messages(membership.conversation());
        // The key at which a page ended may have been rewritten since. Its canonical form is the current key.
        let start = from.map(SortTime::canonical);
        let slice =
            time_slices::slice(&self.table, &partition, direction, start.as_ref(), size, MessageRow::from_item).await?;
        if !may_contain_legacy(membership, direction, from, &slice.rows) {
            return Ok(slice);
        }
        Ok(self
            .legacy_rows
            .sorted_by_time(&partition, direction, from, size, MessageRow::from_item)
            .await?
            .unwrap_or(slice))
    }

    /// Stores a message once, however often it is called with the same id, and returns the stored message. Conflict if
    /// the id already belongs to another text or author.
    ///
    /// One transaction of three rows (six write units up to 1 KB). The members' inbox rows and the author's read cursor
    /// follow ([`InboxUpdates`]).
    pub async fn append(
        &self,
        access: &WriteAccess,
        me: &User,
        id: message::Id,
        body: &Body,
    ) -> Result<Message, Failure> {
        let row = send::append(&self.table, access, me, id, body).await?;
        self.updates.follow(row.clone(), access.membership()).await;
        Ok(row.into_message())
    }
}

/// Reports whether legacy messages are among `rows`, or may be missing from them because their keys are on the other
/// side of `from`. By key as well as by time, legacy messages precede all numbered ones: none is missing if a numbered
/// message precedes `from`.
fn may_contain_legacy(
    membership: &Membership,
    direction: Direction,
    from: Option<&SortTime>,
    rows: &[MessageRow],
) -> bool {
    let may_be_missing = |from: &SortTime| match direction {
        Direction::Older => rows.is_empty(),
        Direction::Newer => rows.first().map_or(from.at() < membership.head().last.at(), |first| first.seq == 1),
    };
    rows.iter().any(|row| row.seq == 0) || from.is_some_and(may_be_missing)
}
