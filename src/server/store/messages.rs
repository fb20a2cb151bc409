//! Messages, in DynamoDB.

use crate::message::{self, Body, Message};
use crate::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use crate::server::respond::Failure;
use crate::server::store::adopt::OldRows;
use crate::server::store::conversations::Membership;
use crate::server::store::cursor::{self, Direction};
use crate::server::store::dynamodb::Table;
use crate::server::store::rows::MessageRow;
use crate::server::store::send;
use crate::server::store::table::{Key, SortTime};
use crate::server::store::times::{self, Slice};
use crate::user::User;

/// What was written.
#[derive(Clone)]
pub struct Messages {
    table: Table,
    old_rows: OldRows,
}

impl Messages {
    /// The messages in `table`.
    pub fn new(table: Table) -> Self {
        Self { old_rows: OldRows::new(table.clone()), table }
    }

    /// The newest page of a conversation, oldest first within it. Longer where more is unread of what comes after `read`:
    /// up to [`UNREAD_SIZE_MAX`] messages, and a few before them.
    pub async fn newest(&self, membership: &Membership, read: u64) -> Result<Page<Message>, Failure> {
        const BEFORE_UNREAD: usize = 3;
        let unread = usize::try_from(membership.newest_seq().saturating_sub(read)).unwrap_or(usize::MAX);
        let size = unread.min(UNREAD_SIZE_MAX) + BEFORE_UNREAD;
        self.slice(membership, Direction::Older, None, size.max(PAGE_SIZE)).await
    }

    /// One page of a conversation, oldest first within it: the newest page without a cursor, else the one that the cursor
    /// asks for, and the newest one again where nothing has come after it. One query of [`PAGE_SIZE`] rows and one, whatever
    /// came before them; some more for old messages ([`OldRows::in_time`]).
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let place = cursor.map(|cursor| cursor::read(cursor, &partition)).transpose()?;
        let (direction, from) = place.map_or((Direction::Older, None), |(direction, at)| (direction, Some(at)));
        let page = self.slice(membership, direction, from.as_ref(), PAGE_SIZE).await?;
        if page.items.is_empty() && direction == Direction::Newer {
            return self.slice(membership, Direction::Older, None, PAGE_SIZE).await;
        }
        Ok(page)
    }

    /// What was written after a time, oldest first, from the first message of all where there is none: up to
    /// [`CATCH_UP_SIZE`] messages. Costs as much as a page of so many.
    pub async fn after(&self, membership: &Membership, after: Option<&SortTime>) -> Result<Page<Message>, Failure> {
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
        // Where the page was come to from, there is something; on the far side, what the slice says.
        let (older, newer) = match direction {
            Direction::Older => (more, from.is_some()),
            Direction::Newer => (true, more),
        };
        if direction == Direction::Older {
            rows.reverse();
        }
        let older = rows.first().filter(|_| older).map(|row| cursor::write(&partition, Direction::Older, &row.at));
        let newer = rows.last().filter(|_| newer).map(|row| cursor::write(&partition, Direction::Newer, &row.at));
        Ok(Page { older, newer, items: rows.into_iter().map(MessageRow::message).collect() })
    }

    /// Up to `size` rows in the order of time. That of their keys is the same, but where old ones may be among them.
    async fn rows(
        &self,
        membership: &Membership,
        direction: Direction,
        from: Option<&SortTime>,
        size: usize,
    ) -> Result<Slice<MessageRow>, Failure> {
        let partition = Key::messages(membership.conversation());
        // The key at which a page ended may have been rewritten since: its time is where it is now.
        let start = from.map(SortTime::in_form);
        let slice = times::slice(&self.table, &partition, direction, start.as_ref(), size, MessageRow::read).await?;
        if !may_be_old(membership, direction, from, &slice.rows) {
            return Ok(slice);
        }
        Ok(self.old_rows.in_time(&partition, direction, from, size, MessageRow::read).await?.unwrap_or(slice))
    }

    /// Stores a message once, however often it is asked to with the same id; answers with the stored message.
    /// Conflict where the id already stands for another text or author.
    ///
    /// One transaction of three rows (six write units up to 1 KB), then the two inbox rows and the author's read cursor.
    pub async fn append(
        &self,
        membership: &Membership,
        me: &User,
        id: message::Id,
        body: &Body,
    ) -> Result<Message, Failure> {
        let row = send::append(&self.table, membership, me, id, body).await?;
        send::after_commit(&self.table, membership, &row).await;
        Ok(row.message())
    }
}

/// Whether old messages are among `rows`, or may be missing there because their keys are on the other side of `from`. By key
/// and by time they come before all that have a number: none is missing where one with a number comes before `from`.
fn may_be_old(membership: &Membership, direction: Direction, from: Option<&SortTime>, rows: &[MessageRow]) -> bool {
    let may_be_missing = |from: &SortTime| match direction {
        Direction::Older => rows.is_empty(),
        Direction::Newer => rows.first().map_or(from.at() < membership.head().last.at(), |first| first.seq == 1),
    };
    rows.iter().any(|row| row.seq == 0) || from.is_some_and(may_be_missing)
}
