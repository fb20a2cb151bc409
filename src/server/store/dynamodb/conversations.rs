//! Conversations, in DynamoDB.

use crate::server::store::dynamodb::membership::{Membership, other_member};
use std::collections::{HashMap, HashSet};

use anyhow::anyhow;
use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX, Receipts};
use crate::domain::error::AppError;
use crate::domain::message::{self, Body, Message};
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::legacy::OldRows;
use crate::server::store::dynamodb::rows::{self, Head, InboxRow, MessageRow, ReadCursor};
use crate::server::store::dynamodb::table::{Key, MESSAGE_GROUP_UUID, SortTime};
use crate::server::store::dynamodb::{read_cursors, send, time_slices};
use crate::server::store::postgres::users::Users;

/// Lists of conversations, and their heads.
#[derive(Clone)]
pub struct Conversations {
    table: Table,
    users: Users,
    old_rows: OldRows,
}

impl Conversations {
    /// The conversations in `table`, with names from `users`.
    pub fn new(table: Table, users: Users) -> Self {
        Self { old_rows: OldRows::new(table.clone()), table, users }
    }

    /// One page of a person's conversations, newest first. `older` of the page asks for the next.
    pub async fn list(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
        let mut page = self.list_whole(me, cursor).await?;
        for conversation in &mut page.items {
            conversation.preview = conversation.preview.chars().take(PREVIEW_LEN_MAX).collect();
        }
        Ok(page)
    }

    /// The same with the newest messages' whole texts.
    ///
    /// Two reads of DynamoDB and one of PostgreSQL; some more until the whole table has been adopted. A conversation that moves up between two pages is on the first one
    /// when that is read again.
    pub async fn list_whole(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
        let inbox = Key::inbox(me);
        let from = match cursor.map(|cursor| cursor::read(cursor, &inbox)).transpose()? {
            Some((Direction::Newer, _)) => {
                return Err(AppError::invalid("cursor", "The list goes on to older ones only.").into());
            }
            from => from.map(|(_, at)| at),
        };
        let (from, direction) = (from.as_ref(), Direction::Older);
        // One that moves up while the list is read is met twice.
        let mut seen = HashSet::new();
        let row = |item: &_| InboxRow::read(item).filter(|row| seen.insert(row.conversation));
        let mut slice = match self.old_rows.in_time(&inbox, direction, from, PAGE_SIZE, InboxRow::read).await? {
            Some(slice) => slice,
            None => time_slices::slice(&self.table, &inbox, direction, from, PAGE_SIZE, row).await?,
        };
        let older = slice.rows.last().filter(|_| slice.more).map(|last| cursor::write(&inbox, direction, &last.at));
        // The newer of two rows of one conversation may have been on an earlier page.
        if from.is_some() {
            let repeated = self.old_rows.repeated(&slice.rows).await?;
            slice.rows.retain(|row| !repeated.contains(&row.conversation));
        }
        Ok(Page { items: self.shown(me, slice.rows).await?, older, newer: None })
    }

    /// Whom a person writes with: those in the [`PAGE_SIZE`] newest conversations. A read unit for each dozen.
    pub async fn people(&self, me: user::Id) -> Result<Vec<user::Id>, Failure> {
        let other = |item: &_| InboxRow::read(item).map(|row| row.with.id);
        Ok(time_slices::slice(&self.table, &Key::inbox(me), Direction::Older, None, PAGE_SIZE, other).await?.rows)
    }

    /// The person's right to a conversation; none for one that is not there or not theirs. One read unit, and a query of
    /// the index where there is no head: the conversation may be an old one.
    pub async fn membership(
        &self,
        me: user::Id,
        conversation: conversation::Id,
    ) -> Result<Option<Membership>, Failure> {
        let Some(head) = self.old_rows.head(me, conversation).await? else { return Ok(None) };
        let Some(other) = other_member(&head, me) else { return Ok(None) };
        Ok(Some(Membership { conversation, me, other, head }))
    }

    /// The other people of those of these conversations (100 at most) that are the person's. A read unit for each. An old
    /// conversation that has no head yet is left out.
    pub async fn others(&self, me: user::Id, conversations: &[conversation::Id]) -> Result<Vec<user::Id>, Failure> {
        let once: HashSet<_> = conversations.iter().collect();
        let keys = once.into_iter().map(|conversation| Key::Head(*conversation).item()).collect();
        let heads = self.table.get_some(keys, "read some heads").await?;
        Ok(heads.iter().filter_map(Head::read).filter_map(|head| other_member(&head, me)).collect())
    }

    /// The conversation that two people have. One read unit; more in a table of the old app ([`OldRows::pair`]).
    pub async fn find_with(&self, me: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
        let pair = self.table.get(&Key::Pair(me, other)).await?;
        match pair.and_then(|pair| rows::parse(&pair, MESSAGE_GROUP_UUID)) {
            Some(conversation) => Ok(Some(conversation)),
            None => self.old_rows.pair(me, other).await,
        }
    }

    /// Sends the first message to somebody; appends where the two already talk. Who loses a race appends to the winner's.
    pub async fn start(
        &self,
        me: &User,
        other: &User,
        id: message::Id,
        body: &Body,
    ) -> Result<(conversation::Id, Message), Failure> {
        if me.id == other.id {
            return Err(AppError::Conflict("You cannot start a conversation with yourself.".to_owned()).into());
        }
        let mut first = MessageRow {
            // Version 7: the ids of new conversations lie side by side in whatever sorts them.
            conversation: conversation::Id(Uuid::now_v7()),
            at: SortTime::from(self.table.now()),
            id,
            author: me.clone(),
            body: body.as_str().to_owned(),
            seq: 1,
        };
        let mut tries = Tries::default();
        loop {
            if let Some(conversation) = self.find_with(me.id, other.id).await? {
                let membership = self.membership(me.id, conversation).await?;
                let membership =
                    membership.ok_or_else(|| anyhow!("conversation {conversation} has a pair, but no head"))?;
                let row = send::append(&self.table, &membership, me, id, body).await?;
                send::after_commit(&self.table, &membership, &row).await;
                return Ok((conversation, row.message()));
            }
            if send::start(&self.table, &first, other).await? {
                return Ok((first.conversation, first.message()));
            }
            tries.wait("start a conversation").await?;
            first.at = first.at.next(self.table.now());
        }
    }

    /// How far the person has got. One read unit.
    pub async fn cursor(&self, membership: &Membership) -> Result<ReadCursor, Failure> {
        read_cursors::cursor(&self.table, membership.me, membership.conversation).await
    }

    /// How far the other person has got. One read unit.
    pub async fn receipts(&self, membership: &Membership) -> Result<Receipts, Failure> {
        Ok(read_cursors::cursor(&self.table, membership.other, membership.conversation).await?.receipts)
    }

    /// Remembers that the person has read up to `seq`; never goes back, nor past the newest message. What they had marked
    /// as unread is so no more: answers with how often they had. One write unit, and one where there is a mark.
    pub async fn mark_read(&self, membership: &Membership, seq: u64) -> Result<u64, Failure> {
        let cursor = match membership.read_up_to(&self.table, seq.min(membership.head.seq)).await? {
            Some(cursor) => cursor,
            None => self.cursor(membership).await?,
        };
        if cursor.is_marked() {
            read_cursors::unmark(&self.table, membership.me, membership.conversation, cursor.marked).await?;
        }
        Ok(cursor.marked)
    }

    /// Marks the conversation as unread for the person. Answers with how often they have, if it was not. One write unit.
    pub async fn mark_unread(&self, membership: &Membership) -> Result<Option<u64>, Failure> {
        let cursor = read_cursors::mark(&self.table, membership.me, membership.conversation).await?;
        Ok(cursor.map(|cursor| cursor.marked))
    }

    /// Remembers that what is up to `seq` has reached a page of the person; never goes back, nor past the newest message.
    /// Answers whether that is new. One write unit.
    pub async fn mark_delivered(&self, membership: &Membership, seq: u64) -> Result<bool, Failure> {
        let seq = seq.min(membership.head.seq);
        Ok(read_cursors::deliver(&self.table, membership.me, membership.conversation, seq).await?.is_some())
    }

    /// Rows as their owner sees them: people as PostgreSQL knows them now, or else as they were when the row was written.
    async fn shown(&self, me: user::Id, rows: Vec<InboxRow>) -> Result<Vec<Conversation>, Failure> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let people: Vec<_> = rows.iter().map(|row| row.with.id).collect();
        let talks: Vec<_> = rows.iter().map(|row| row.conversation).collect();
        let (people, cursors) =
            tokio::try_join!(self.users.by_ids(&people), read_cursors::of(&self.table, me, &talks))?;
        let people: HashMap<_, _> = people.into_iter().map(|user| (user.id, user)).collect();
        Ok(rows.into_iter().map(|row| shown(row, me, &people, &cursors)).collect())
    }
}

/// Whether a row says by itself that its owner has read everything: they wrote the newest message, or it has no number.
fn is_read(row: &InboxRow, owner: user::Id) -> bool {
    row.last_author == Some(owner) || row.seq == 0
}

fn shown(
    row: InboxRow,
    me: user::Id,
    people: &HashMap<user::Id, User>,
    cursors: &HashMap<conversation::Id, ReadCursor>,
) -> Conversation {
    let cursor = cursors.get(&row.conversation).copied().unwrap_or_default();
    Conversation {
        id: row.conversation,
        seq: row.seq,
        read: if is_read(&row, me) { row.seq } else { cursor.receipts.read },
        marked: cursor.marked,
        unmarked: cursor.unmarked,
        with: people.get(&row.with.id).cloned().unwrap_or(row.with),
        preview: row.body,
        last_sent_at: row.at.sent_at(),
        last_author: row.last_author,
    }
}
