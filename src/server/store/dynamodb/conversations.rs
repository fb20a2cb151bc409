//! Conversations: inbox pages, memberships, and read state.

use std::collections::{HashMap, HashSet};

use crate::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX, ReceiptsByReader};
use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::inbox::InboxUpdates;
use crate::server::store::dynamodb::legacy::{LegacyRows, pairs};
use crate::server::store::dynamodb::member_cursors::MemberCursors;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::read_cursors::Cursors;
use crate::server::store::dynamodb::rows::{InboxRow, ReadCursor};
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::time_slices::Slice;
use crate::server::store::dynamodb::{blocks, heads, read_cursors, requests, time_slices};
use crate::server::store::postgres::users::Users;

/// Access to the conversations in the table. Cloning copies handles.
#[derive(Clone)]
pub struct Conversations {
    pub(super) table: Table,
    pub(super) users: Users,
    legacy_rows: LegacyRows,
    pub(super) updates: InboxUpdates,
}

impl Conversations {
    /// Creates access to the conversations in `table`, with current names from `users`.
    pub fn new(table: Table, users: Users) -> Self {
        let updates = InboxUpdates::inline(table.clone());
        Self { legacy_rows: LegacyRows::new(table.clone()), table, users, updates }
    }

    /// Lets the updates that follow a message be carried out by `updates`, instead of before `start` returns.
    pub fn with_updates(self, updates: InboxUpdates) -> Self {
        Self { updates, ..self }
    }

    /// Returns one page of a user's inbox, newest first, with previews cut to [`PREVIEW_LEN_MAX`]. `older` of a page
    /// requests the next one.
    pub async fn list(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
        let mut page = self.list_full_text(me, cursor).await?;
        cut_previews(&mut page);
        Ok(page)
    }

    /// Like [`Self::list`], with the full texts of the newest messages.
    ///
    /// Two queries of DynamoDB at once and one of PostgreSQL, one read more if there are groups, and some more until
    /// the whole table has been migrated. A conversation that moves up between two pages is missing from the second
    /// one; it is on the first page when that is read again.
    pub async fn list_full_text(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
        let inbox = Key::inbox(me);
        let from = match cursor.map(|cursor| cursor::decode(cursor, &inbox)).transpose()? {
            Some((Direction::Newer, _)) => {
                return Err(AppError::invalid("cursor", FieldCode::NoNewerPage).into());
            }
            from => from.map(|(_, at)| at),
        };
        let from = from.as_ref();
        let (mut slice, cursors) =
            tokio::try_join!(self.rows(me, from, PAGE_SIZE), read_cursors::for_list(&self.table, me, from.is_none()))?;
        if from.is_none() && cursors.are_many() {
            let listed = slice.rows.iter().map(|row| row.conversation).collect();
            self.table.hints().keep_listed(me, listed).await;
        }
        let last = slice.rows.last().filter(|_| slice.more);
        let older = last.map(|last| cursor::encode(&inbox, Direction::Older, &last.at));
        // If a conversation has two rows, the newer of them may have been on an earlier page.
        if from.is_some() {
            let superseded = self.legacy_rows.superseded(&slice.rows).await?;
            slice.rows.retain(|row| !superseded.contains(&row.conversation));
        }
        Ok(Page { items: self.to_conversations(me, slice.rows, cursors).await?, older, newer: None, rev: 0 })
    }

    /// Reads up to `count` rows of a user's inbox, newest first, with the moves that are still pending.
    pub(super) async fn rows(
        &self,
        me: user::Id,
        from: Option<&SortTime>,
        count: usize,
    ) -> Result<Slice<InboxRow>, Failure> {
        let (inbox, direction) = (Key::inbox(me), Direction::Older);
        // A conversation that moves up while the slice is read has two rows in it.
        let mut seen = HashSet::new();
        let row = |item: &_| InboxRow::from_item(item).filter(|row| seen.insert(row.conversation));
        let slice = match self.legacy_rows.sorted_by_time(&inbox, direction, from, count, InboxRow::from_item).await? {
            Some(slice) => slice,
            None => time_slices::slice(&self.table, &inbox, direction, from, count, row).await?,
        };
        self.updates.merge(me, slice, from.is_none().then_some(count)).await
    }

    /// Returns the other members of the user's [`PAGE_SIZE`] newest conversations, without those with whom there is a
    /// block or a request. One read unit per dozen conversations, one per group, one for the blocks and one for the
    /// requests.
    pub async fn recent_peers(&self, me: user::Id) -> Result<Vec<user::Id>, Failure> {
        let read = InboxRow::from_item;
        let slice = time_slices::slice(&self.table, &Key::inbox(me), Direction::Older, None, PAGE_SIZE, read).await?;
        let members = heads::members_of(&self.table, &slice.rows).await?;
        // Read last: a block that was stored while the others were read counts.
        let (blocked, requested) = tokio::try_join!(blocks::peers(&self.table, me), requests::peers(&self.table, me))?;
        let newest_first = slice.rows.iter().filter_map(|row| members.get(&row.conversation));
        let is_open = |peer: &user::Id| !blocked.contains(peer) && !requested.contains(peer);
        let open = newest_first.flatten().copied().filter(is_open);
        Ok(others(open, me))
    }

    /// Returns the user's right to a conversation; `None` if it does not exist or the user is not a member. One read
    /// unit, and a query of the index if there is no head, because the conversation may be a legacy one.
    pub async fn membership(
        &self,
        me: user::Id,
        conversation: conversation::Id,
    ) -> Result<Option<Membership>, Failure> {
        self.legacy_rows.membership(me, conversation, None).await
    }

    /// Returns the other members of those of these conversations (at most 100) of which the user is a member, and in
    /// which there is no block. Requests are left out, too. One read unit per conversation. Legacy conversations
    /// without a head are left out.
    pub async fn peers_in(&self, me: user::Id, conversations: &[conversation::Id]) -> Result<Vec<user::Id>, Failure> {
        let heads = heads::get_many(&self.table, conversations.iter().copied()).await?;
        let mine = heads.values().filter(|head| head.members().contains(me) && head.is_open());
        Ok(others(mine.flat_map(|head| head.members().ids().iter().copied()), me))
    }

    /// Returns the direct conversation of two users. One read unit; if they have none, also both inboxes
    /// ([`pairs::find`]).
    pub async fn find_direct(&self, me: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
        match pairs::get(&self.table, me, other).await? {
            Some(conversation) => Ok(Some(conversation)),
            None => pairs::find(&self.table, me, other).await,
        }
    }

    /// Returns the member's own read cursor. One read unit.
    async fn read_cursor(&self, membership: &Membership) -> Result<ReadCursor, Failure> {
        let (me, conversation) = (membership.me(), membership.conversation());
        let mut cursor = read_cursors::get(&self.table, me, conversation).await?;
        self.updates.merge_cursor(conversation, me, &mut cursor);
        Ok(cursor)
    }

    /// Returns the receipts of these members, of whom some cursors are `known`. One read unit for each other one.
    pub async fn receipts(
        &self,
        membership: &Membership,
        readers: &[user::Id],
        known: &MemberCursors,
    ) -> Result<ReceiptsByReader, Failure> {
        let conversation = membership.conversation();
        let is_unknown = |reader: &user::Id| known.get(*reader).is_none();
        let unknown: Vec<_> = readers.iter().copied().filter(is_unknown).collect();
        let cursors = read_cursors::of_readers(&self.table, conversation, &unknown).await?;
        let receipts = |reader| {
            let mut cursor = known.get(reader).or_else(|| cursors.get(&reader).copied()).unwrap_or_default();
            self.updates.merge_cursor(conversation, reader, &mut cursor);
            (reader, cursor.receipts)
        };
        let members = readers.iter().copied().filter(|reader| membership.members().contains(*reader));
        Ok(members.map(receipts).collect())
    }

    /// Advances the member's read position to `seq`, never back, and never past the newest message. Clears an unread
    /// mark, and returns the number of times the member has set one. One write unit, and one more if there is a mark.
    pub async fn mark_read(&self, membership: &Membership, seq: u64) -> Result<u64, Failure> {
        let cursor = match membership.read_up_to(&self.table, seq.min(membership.newest_seq())).await? {
            Some(cursor) => cursor,
            None => self.read_cursor(membership).await?,
        };
        if cursor.is_marked() {
            read_cursors::clear_unread_mark(&self.table, membership.me(), membership.conversation(), cursor.marked)
                .await?;
        }
        Ok(cursor.marked)
    }

    /// Marks the conversation as unread for the member. Returns the number of times they have done so, or `None` if it
    /// is marked already. One write unit.
    pub async fn mark_unread(&self, membership: &Membership) -> Result<Option<u64>, Failure> {
        let cursor = read_cursors::mark_unread(&self.table, membership.me(), membership.conversation()).await?;
        Ok(cursor.map(|cursor| cursor.marked))
    }

    /// Records that messages up to `seq` have reached a page of the member; never back, and never past the newest
    /// message. Returns whether the position advanced. One write unit.
    pub async fn mark_delivered(&self, membership: &Membership, seq: u64) -> Result<bool, Failure> {
        let seq = seq.min(membership.newest_seq());
        Ok(read_cursors::advance_delivered(&self.table, membership.me(), membership.conversation(), seq)
            .await?
            .is_some())
    }

    /// Converts rows to conversations. Users appear as PostgreSQL has them now, or as they were when a block between
    /// them and `me` began: the names in a row are only for the old app, and its handle may belong to another user by
    /// now.
    pub(super) async fn to_conversations(
        &self,
        me: user::Id,
        rows: Vec<InboxRow>,
        cursors: Cursors,
    ) -> Result<Vec<Conversation>, Failure> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let peers_at_block = cursors.peers_at_block();
        let members = heads::members_of(&self.table, &rows).await?;
        let users: Vec<_> = members.values().flatten().copied().collect();
        let conversations: Vec<_> = rows.iter().map(|row| row.conversation).collect();
        let (users, mut cursors) =
            tokio::try_join!(self.users.by_ids(&users), cursors.of(&self.table, &conversations))?;
        for conversation in conversations {
            self.updates.merge_cursor(conversation, me, cursors.entry(conversation).or_default());
        }
        // No query: the users have just been read.
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let showing_receipts = self.users.showing_receipts(&ids).await?.into_iter().collect();
        let users: HashMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
        let known = Known { members, users, peers_at_block, showing_receipts, cursors };
        Ok(rows.into_iter().map(|row| known.conversation(row)).collect())
    }
}

pub(super) fn cut_previews(page: &mut Page<Conversation>) {
    for conversation in &mut page.items {
        conversation.preview = conversation.preview.chars().take(PREVIEW_LEN_MAX).collect();
    }
}

/// Reports whether the row alone shows that its owner has read everything: they wrote the newest message, or the row
/// has no sequence number.
pub(super) fn is_read(row: &InboxRow) -> bool {
    row.last_author == Some(row.owner) || row.seq == 0
}

/// Data of the rows' conversations that are stored elsewhere.
struct Known {
    members: HashMap<conversation::Id, Vec<user::Id>>,
    users: HashMap<user::Id, User>,
    /// Users with whom the owner of the rows has a block, with their names at its beginning.
    peers_at_block: HashMap<user::Id, User>,
    /// Users who have receipts turned on.
    showing_receipts: HashSet<user::Id>,
    cursors: HashMap<conversation::Id, ReadCursor>,
}

impl Known {
    fn conversation(&self, row: InboxRow) -> Conversation {
        let cursor = self.cursors.get(&row.conversation).copied().unwrap_or_default();
        let members = self.members.get(&row.conversation).into_iter().flatten();
        // Two members see each other's receipts only if both have receipts turned on.
        let mut showing = members.clone().filter(|member| self.showing_receipts.contains(member));
        let is_shared = self.showing_receipts.contains(&row.owner) && showing.any(|member| *member != row.owner);
        Conversation {
            id: row.conversation,
            kind: row.kind(),
            members: members.map(|id| self.member(*id, &row)).collect(),
            seq: row.seq,
            read: if is_read(&row) { row.seq } else { cursor.receipts.read },
            delivered: if is_shared { cursor.receipts.delivered } else { row.seq },
            marked: cursor.marked,
            unmarked: cursor.unmarked,
            preview: row.body,
            version: row.version,
            last_sent_at: row.at.sent_at(),
            last_author: row.last_author,
        }
    }

    /// Returns a member as the owner of the row sees them. A block does not change the names in a group.
    fn member(&self, id: user::Id, row: &InboxRow) -> User {
        let Some(user) = self.users.get(&id) else { return User::deleted(id) };
        let is_peer = row.peer().is_some_and(|peer| peer.id == id);
        self.peers_at_block.get(&id).filter(|_| is_peer).unwrap_or(user).clone()
    }
}

/// Returns the users other than `me`, each once.
pub(super) fn others(users: impl Iterator<Item = user::Id>, me: user::Id) -> Vec<user::Id> {
    let mut seen = HashSet::from([me]);
    users.filter(|user| seen.insert(*user)).collect()
}
