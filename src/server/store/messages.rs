//! Messages, in DynamoDB.

use crate::message::{self, Body, Message};
use crate::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use crate::server::respond::Failure;
use crate::server::store::conversations::Membership;
use crate::server::store::cursor::{self, Direction};
use crate::server::store::dynamodb::Table;
use crate::server::store::rows::MessageRow;
use crate::server::store::table::{Key, SortTime};
use crate::server::store::{send, times};
use crate::user::User;

/// What was written.
#[derive(Clone)]
pub struct Messages {
    table: Table,
}

impl Messages {
    /// The messages in `table`.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The newest page of a conversation, oldest first within it. Longer where more is unread of what comes after `read`:
    /// up to [`UNREAD_SIZE_MAX`] messages, and a few before them.
    pub async fn newest(&self, membership: &Membership, read: u64) -> Result<Page<Message>, Failure> {
        const BEFORE_UNREAD: usize = 3;
        let unread = usize::try_from(membership.newest_seq().saturating_sub(read)).unwrap_or(usize::MAX);
        let size = unread.min(UNREAD_SIZE_MAX) + BEFORE_UNREAD;
        self.slice(membership, None, size.max(PAGE_SIZE)).await
    }

    /// One page of a conversation, oldest first within it: the newest page without a cursor, else the one that the cursor
    /// asks for, and the newest one again where nothing has come after it. One query of [`PAGE_SIZE`] rows and one, whatever
    /// came before them.
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        let page = self.slice(membership, cursor, PAGE_SIZE).await?;
        let is_after = |cursor| {
            cursor::read(cursor, &Key::messages(membership.conversation())).is_ok_and(|it| it.0 == Direction::Newer)
        };
        if page.items.is_empty() && cursor.is_some_and(is_after) {
            return self.slice(membership, None, PAGE_SIZE).await;
        }
        Ok(page)
    }

    async fn slice(
        &self,
        membership: &Membership,
        cursor: Option<&Cursor>,
        size: usize,
    ) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let place = cursor.map(|cursor| cursor::read(cursor, &partition)).transpose()?;
        let (direction, from) = place.map_or((Direction::Older, None), |(direction, at)| (direction, Some(at)));
        let slice = times::slice(&self.table, &partition, direction, from.as_ref(), size, MessageRow::read).await?;
        let mut rows = slice.rows;
        // Where the page was come to from, there is something; on the far side, what the slice says.
        let (older, newer) = match direction {
            Direction::Older => (slice.more, from.is_some()),
            Direction::Newer => (true, slice.more),
        };
        if direction == Direction::Older {
            rows.reverse();
        }
        let older = rows.first().filter(|_| older).map(|row| cursor::write(&partition, Direction::Older, &row.at));
        let newer = rows.last().filter(|_| newer).map(|row| cursor::write(&partition, Direction::Newer, &row.at));
        // Old keys sort by the time that some clock showed. The places where pages end must stay those of the keys.
        rows.sort_by_key(|row| row.at.at());
        Ok(Page { older, newer, items: rows.into_iter().map(MessageRow::message).collect() })
    }

    /// What was written after a time, oldest first, from the first message of all where there is none: up to
    /// [`CATCH_UP_SIZE`] messages. One query.
    pub async fn after(&self, membership: &Membership, after: Option<&SortTime>) -> Result<Page<Message>, Failure> {
        let partition = Key::messages(membership.conversation());
        let slice =
            times::slice(&self.table, &partition, Direction::Newer, after, CATCH_UP_SIZE, MessageRow::read).await?;
        Ok(Page {
            older: slice.rows.first().map(|row| cursor::write(&partition, Direction::Older, &row.at)),
            newer: slice
                .rows
                .last()
                .filter(|_| slice.more)
                .map(|row| cursor::write(&partition, Direction::Newer, &row.at)),
            items: slice.rows.into_iter().map(MessageRow::message).collect(),
        })
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
