//! Messages, in DynamoDB.

use crate::domain::message::{self, Body, Message};
use crate::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::legacy::OldRows;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::time_slices::{self, Slice};
use crate::server::store::dynamodb::{seek, send};

/// How many messages before the unread ones are shown at first.
const BEFORE_UNREAD: usize = 3;

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

    /// The page with which a conversation opens, oldest first within it: the newest one, which reaches back to what comes
    /// after `read`, and a few messages before that. Where more than [`UNREAD_SIZE_MAX`] are unread, the part in which they
    /// begin, with up to [`CATCH_UP_SIZE`] after the first of them; what it costs to find that, [`seek::first_after`] says.
    pub async fn opening(&self, membership: &Membership, read: u64) -> Result<Page<Message>, Failure> {
        let unread = usize::try_from(membership.newest_seq().saturating_sub(read)).unwrap_or(usize::MAX);
        if unread <= UNREAD_SIZE_MAX {
            let size = (unread + BEFORE_UNREAD).max(PAGE_SIZE);
            let page = self.slice(membership, Direction::Older, None, size).await?;
            // Many may have come since the head was read.
            if page.older.is_none() || page.items.first().is_none_or(|first| first.seq <= read + 1) {
                return Ok(page);
            }
        }
        let partition = Key::messages(membership.conversation());
        match seek::first_after(&self.table, &partition, read, membership.head().last.at()).await? {
            Some(first) => self.around(membership, first).await,
            None => self.page(membership, None).await,
        }
    }

    /// A message, a few before it, and what comes after it.
    async fn around(&self, membership: &Membership, row: MessageRow) -> Result<Page<Message>, Failure> {
        let at = Some(&row.at);
        let (before, after) = tokio::try_join!(
            self.slice(membership, Direction::Older, at, BEFORE_UNREAD),
            self.slice(membership, Direction::Newer, at, CATCH_UP_SIZE)
        )?;
        let items = [before.items, vec![row.message()], after.items].concat();
        Ok(Page { items, older: before.older, newer: after.newer })
    }

    /// One page of a conversation, oldest first within it: the newest page without a cursor or with [`Cursor::newest`], else
    /// the one that the cursor asks for, and the newest one again where nothing has come after it. One query of [`PAGE_SIZE`]
    /// rows and one, whatever came before them; some more for old messages ([`OldRows::in_time`]).
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let cursor = cursor.filter(|cursor| **cursor != Cursor::newest());
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
        let slice =
            time_slices::slice(&self.table, &partition, direction, start.as_ref(), size, MessageRow::read).await?;
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
