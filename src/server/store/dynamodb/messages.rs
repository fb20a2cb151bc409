//! Messages: pages of a conversation, and appending a message.

use time::Duration;

use crate::domain::changes::RELOAD_MAX;
use crate::domain::message::{self, Body, Message};
use crate::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::inbox::InboxUpdates;
use crate::server::store::dynamodb::legacy::LegacyRows;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::named_message::NamedMessage;
use crate::server::store::dynamodb::parts::{Found, Part};
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::time_slices::Slice;
use crate::server::store::dynamodb::write_access::WriteAccess;
use crate::server::store::dynamodb::{quotes, send};

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

    /// Returns the page around a time: the last messages before it, and those from it on.
    async fn around_time(&self, membership: &Membership, at: &SortTime) -> Result<Page<Message>, Failure> {
        let just_before = SortTime::from(at.at() - Duration::MICROSECOND);
        let (before, after) = (Part::before(at, PAGE_SIZE / 2), Part::after(Some(&just_before), PAGE_SIZE));
        let (before, after) = tokio::try_join!(self.slice(membership, &before), self.slice(membership, &after))?;
        if after.items.is_empty() {
            return self.slice(membership, &Part::newest(PAGE_SIZE)).await;
        }
        let items = [before.items, after.items].concat();
        Ok(Page { items, older: before.older, newer: after.newer, rev: membership.rev() })
    }

    /// Returns one page of a conversation, oldest first: without a cursor or with [`Cursor::newest`] the newest page,
    /// otherwise the page that the cursor asks for, or the newest page again if nothing follows the cursor. One query
    /// of [`PAGE_SIZE`] + 1 rows, however many precede them, and some more for legacy messages
    /// ([`LegacyRows::sorted_by_time`]).
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        self.page_with(membership, cursor, Found::Nothing).await
    }

    /// Like [`Self::page`]. `found` is the page, as far as it has been read.
    pub(super) async fn page_with(
        &self,
        membership: &Membership,
        cursor: Option<&Cursor>,
        found: Found,
    ) -> Result<Page<Message>, Failure> {
        if let Some(at) = cursor.and_then(cursor::decode_around) {
            return self.around_time(membership, &at).await;
        }
        let part = Part::page(membership.conversation(), cursor)?;
        let page = self.slice_with(membership, &part, found).await?;
        if page.items.is_empty() && part.direction == Direction::Newer {
            return self.slice(membership, &Part::newest(PAGE_SIZE)).await;
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
        self.slice(membership, &Part::after(after, CATCH_UP_SIZE)).await
    }

    pub(super) async fn slice(&self, membership: &Membership, part: &Part) -> Result<Page<Message>, Failure> {
        self.slice_with(membership, part, Found::Nothing).await
    }

    /// Returns a part of a conversation. `found` is the part, as far as it has been read.
    pub(super) async fn slice_with(
        &self,
        membership: &Membership,
        part: &Part,
        found: Found,
    ) -> Result<Page<Message>, Failure> {
        let rows = match found {
            Found::Newest(page) => return Ok(page),
            Found::Rows(rows) => Some(rows),
            Found::Nothing => None,
        };
        let (conversation, head) = (membership.conversation(), membership.head());
        let partition = Key::messages(conversation);
        let Slice { mut rows, more } = self.rows(membership, part, rows).await?;
        // There is always more on the side of `from`; on the other side, the slice decides.
        let (older, newer) = match part.direction {
            Direction::Older => (more, part.from.is_some()),
            Direction::Newer => (true, more),
        };
        if part.direction == Direction::Older {
            rows.reverse();
        }
        let older = rows.first().filter(|_| older).map(|row| cursor::encode(&partition, Direction::Older, &row.at));
        let newer = rows.last().filter(|_| newer).map(|row| cursor::encode(&partition, Direction::Newer, &row.at));
        let page = Page { older, newer, items: quotes::messages(&self.table, rows).await?, rev: membership.rev() };
        if part.is_newest_page() {
            self.table.hints().keep_newest_page(conversation, head, &page).await;
        }
        Ok(page)
    }

    /// Returns rows in time order. The order of their keys, in which `rows` have been read, is the same, unless there
    /// may be legacy rows among them.
    async fn rows(
        &self,
        membership: &Membership,
        part: &Part,
        rows: Option<Slice<MessageRow>>,
    ) -> Result<Slice<MessageRow>, Failure> {
        let conversation = membership.conversation();
        let slice = match rows {
            Some(slice) => slice,
            None => part.read(&self.table, conversation).await?,
        };
        let Part { direction, from, size } = part;
        if !may_contain_legacy(membership, *direction, from.as_ref(), &slice.rows) {
            return Ok(slice);
        }
        Ok(self
            .legacy_rows
            .sorted_by_time(&Key::messages(conversation), *direction, from.as_ref(), *size, MessageRow::from_item)
            .await?
            .unwrap_or(slice))
    }

    /// Stores a message once, however often it is called with the same id, and returns the stored message. Conflict if
    /// the id already belongs to another text or author. Not found if the message that it answers is not in the
    /// conversation.
    ///
    /// One transaction of three rows (six write units up to 1 KB), and of a fourth one for every
    /// [`STEP`](super::milestones::STEP)th message. The members' inbox rows and the author's read cursor
    /// follow ([`InboxUpdates`]).
    pub async fn append(
        &self,
        access: &WriteAccess,
        me: &User,
        id: message::Id,
        body: &Body,
        answered: Option<NamedMessage>,
    ) -> Result<Message, Failure> {
        let reply_to = self.reply_to(access.membership(), answered).await?;
        let row = send::append(&self.table, access, me, id, body, reply_to).await?;
        self.updates.follow(row.clone(), access.membership()).await;
        quotes::message(&self.table, row).await
    }

    /// Returns the messages from one time to another, both included, oldest first, at most [`RELOAD_MAX`]. Costs as
    /// much as a page of the same size.
    pub async fn between(
        &self,
        membership: &Membership,
        from: &SortTime,
        to: &SortTime,
    ) -> Result<Page<Message>, Failure> {
        let just_before = SortTime::from(from.at() - Duration::MICROSECOND);
        let mut page = self.slice(membership, &Part::after(Some(&just_before), RELOAD_MAX)).await?;
        let last = to.sent_at();
        let is_complete = page.items.last().is_none_or(|message| message.sent_at >= last);
        page.items.retain(|message| message.sent_at <= last);
        page.newer = page.newer.filter(|_| !is_complete);
        Ok(page)
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn legacy_rows(&self) -> &LegacyRows {
        &self.legacy_rows
    }

    pub(super) fn updates(&self) -> &InboxUpdates {
        &self.updates
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
