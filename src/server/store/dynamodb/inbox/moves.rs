//! Moving the members' inbox rows of a conversation to its newest message.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use crate::domain::conversation::{self, Kind};
use crate::domain::message::MessageRef;
use crate::domain::page::PAGE_SIZE;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::inbox::rows;
use crate::server::store::dynamodb::legacy::ends;
use crate::server::store::dynamodb::rows::{COLLISIONS_MAX, Head, InboxRow, MessageRow, NamedUser};
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::{Direction, Table, deleted_members, heads, references, time_slices};

/// Maximum number of index reads. The index lags behind the table: it may show rows that have moved meanwhile, or miss
/// those of a new conversation. If a row is still missing after these reads, the table is read, which costs more and is
/// strongly consistent.
const INDEX_READS_MAX: u32 = 4;

/// Moves the inbox rows of a conversation to the message `newest`, unless they are there already or at a later message.
/// A row that is there with an older version of the text gets the newer one in place.
///
/// Safe to repeat, to run late, and to run many times at once: a row never moves back, and each move deletes the old
/// row and puts the new one in one transaction, so that there is always exactly one. After a success no row is behind,
/// whatever the index showed. Rows that the old app's stream handler has damaged are repaired: the head names the
/// members whose row is lost, and the kind of the conversation.
///
/// One query of the index, and four write units per row that moves, twice that with the index; for a group, or if a row
/// is missing or damaged, also one or two read units. If the index shows too little, also one read unit per dozen of
/// the members' conversations.
pub async fn move_inbox_rows(table: &Table, newest: &MessageRow) -> Result<(), Failure> {
    Move { table, newest: newest.clone(), head: None, known: &[] }.run().await
}

/// Repairs inbox rows without a sequence number in a conversation that has numbered messages. `known` are rows that the
/// index may not show yet. Does nothing in a conversation that only the old app has used. In one without numbered
/// messages whose messages have been changed, moves rows forward again: the old stream handler moves them to a message
/// that changes.
pub async fn repair_inbox_rows(
    table: &Table,
    conversation: conversation::Id,
    known: &[InboxRow],
) -> Result<(), Failure> {
    let is_ours = |head: &Head| head.seq > 0 || head.rev > 0;
    let Some(head) = heads::get(table, conversation).await?.filter(is_ours) else { return Ok(()) };
    let Some(newest) = newest_of(table, conversation, &head).await? else { return Ok(()) };
    Move { table, newest, head: Some(head), known }.run().await
}

async fn newest_of(table: &Table, conversation: conversation::Id, head: &Head) -> Result<Option<MessageRow>, Failure> {
    if head.seq == 0 {
        let near = ends::near(table, conversation, Direction::Older).await?;
        return Ok(near.into_iter().max_by(|one, other| one.at.cmp(&other.at)));
    }
    let item = table.get(&Key::Message(conversation, head.last.clone())).await?;
    Ok(item.as_ref().and_then(MessageRow::from_item))
}

/// Rows of one conversation by owner. One each, unless the index lags behind or the old app left two.
type Rows = BTreeMap<user::Id, Vec<InboxRow>>;

/// Move of a conversation's inbox rows.
struct Move<'a> {
    table: &'a Table,
    newest: MessageRow,
    /// The head, once it has been needed.
    head: Option<Head>,
    /// Rows that the index may not show yet.
    known: &'a [InboxRow],
}

impl Move<'_> {
    async fn run(mut self) -> Result<(), Failure> {
        let mut backoff = Backoff::default();
        let mut rows = Rows::new();
        for attempt in 1.. {
            let is_certain = attempt > INDEX_READS_MAX;
            rows = if is_certain { self.rows_in_inboxes(&rows).await? } else { self.rows_in_index().await? };
            if self.needs_head(&rows) {
                self.read_head().await?;
            }
            let moves = rows.values().map(|rows| self.move_rows(rows));
            let mut is_done = try_join_all(moves).await?.into_iter().all(|is_moved| is_moved);
            let missing: Vec<_> = self.expected_owners(&rows).into_iter().filter(|it| !rows.contains_key(it)).collect();
            if is_certain {
                is_done &= self.restore(&missing).await?;
            } else {
                is_done &= missing.is_empty();
            }
            if is_done {
                break;
            }
            backoff.wait_with(self.table.clock(), "move inbox rows").await?;
        }
        Ok(())
    }

    /// Reports whether the rows alone do not name the members: a row is missing, lacks attributes of ours, belongs to a
    /// group, or names a deleted user, whose names must not come back.
    fn needs_head(&self, rows: &Rows) -> bool {
        let is_incomplete = |row: &InboxRow| row.seq == 0 || row.peer().is_none_or(User::is_deleted);
        rows.values().flatten().any(is_incomplete)
            || self.expected_owners(rows).iter().any(|owner| !rows.contains_key(owner))
    }

    /// Reads the head, and the newest message if it is later than the one to move to: a late record must not give its
    /// text to a row without a sequence number.
    async fn read_head(&mut self) -> Result<(), Failure> {
        let conversation = self.newest.conversation;
        let Some(head) = heads::get(self.table, conversation).await? else { return Ok(()) };
        if head.seq > 0
            && head.last.at() > self.newest.at.at()
            && let Some(newest) = newest_of(self.table, conversation, &head).await?
        {
            self.newest = newest;
        }
        self.head = Some(head);
        Ok(())
    }

    /// Returns the users who should have a row: the members, as far as they are known, without the recipient of a
    /// request and without deleted users. Without the head these are the author and the users whom the rows name.
    fn expected_owners(&self, rows: &Rows) -> BTreeSet<user::Id> {
        match &self.head {
            Some(head) => {
                let members = head.members().ids().iter().copied();
                let is_recipient = |member| head.request_recipient() == Some(member);
                members.filter(|member| !is_recipient(*member) && !head.is_deleted(*member)).collect()
            }
            None => rows.values().flatten().flat_map(named_by).chain([self.newest.author.id]).collect(),
        }
    }

    /// Reads the conversation's rows from the index.
    async fn rows_in_index(&self) -> Result<Rows, Failure> {
        let mut rows = Rows::new();
        for row in rows::by_conversation(self.table, self.newest.conversation).await?.iter().chain(self.known) {
            let of_owner = rows.entry(row.owner).or_default();
            if of_owner.iter().all(|known: &InboxRow| known.at.as_str() != row.at.as_str()) {
                of_owner.push(row.clone());
            }
        }
        Ok(rows)
    }

    /// Reads the conversation's rows from the inboxes of its members, or, without a head, of the users whom `known`
    /// names, and of the users whom those rows name.
    async fn rows_in_inboxes(&mut self, known: &Rows) -> Result<Rows, Failure> {
        self.read_head().await?;
        let mut rows = Rows::new();
        let mut pending: Vec<_> = self.expected_owners(known).into_iter().collect();
        let mut visited = BTreeSet::new();
        while let Some(owner) = pending.pop() {
            if !visited.insert(owner) {
                continue;
            }
            let found = rows::by_owner(self.table, owner, self.newest.conversation).await?;
            if self.head.is_none() {
                pending.extend(found.iter().flat_map(named_by));
            }
            if !found.is_empty() {
                rows.insert(owner, found);
            }
        }
        Ok(rows)
    }

    /// Moves one member's row to the newest message. Returns `false` if the row is no longer the one that the index
    /// showed.
    async fn move_rows(&self, rows: &[InboxRow]) -> Result<bool, Failure> {
        let Some(current) = rows.iter().max_by_key(|row| (row.seq, row.at.at())) else { return Ok(true) };
        for leftover in rows.iter().filter(|row| *row != current) {
            // Refused if only the index still shows it.
            let _ = self.table.transact(vec![rows::delete(self.table, leftover)?]).await?;
        }
        let named = better_named(current, rows).filter(|named| !self.is_deleted(named.user().id));
        let current_named = InboxRow { named: named.unwrap_or(&current.named).clone(), ..current.clone() };
        let mut next = match (is_older(current, &self.newest), named) {
            (true, _) => current_named.moved_to(&self.newest),
            (false, Some(_)) => InboxRow { at: current.at.next(current.at.at()), ..current_named },
            (false, None) => match current.with_text_of(&self.newest) {
                Some(_) => return rows::update_text(self.table, current, &self.newest).await,
                None => return Ok(true),
            },
        };
        if self.head.as_ref().is_some_and(|head| head.kind() == Kind::Group) && next.seq == self.newest.seq {
            // The old app's stream handler knows no groups, and leaves their kind out.
            next.named = NamedUser::Author(self.newest.author.clone());
        }
        if self.is_deleted(next.named.user().id) {
            next.named = next.named.deleted();
        }
        replace(self.table, current, next).await
    }

    /// Puts the rows of members who have none, as far as the head names them. Returns `false` if another writer has put
    /// one meanwhile.
    async fn restore(&mut self, owners: &[user::Id]) -> Result<bool, Failure> {
        if owners.is_empty() || self.head.is_none() {
            return Ok(true);
        }
        // The message may have been edited or deleted since its record was written: its old text must not come back.
        let reference = MessageRef { id: self.newest.id, sent_at: self.newest.at.sent_at() };
        if let Some(stored) = references::find(self.table, self.newest.conversation, &reference).await? {
            self.newest = stored;
        }
        let Some(head) = &self.head else { return Ok(true) };
        let mut is_done = true;
        for owner in owners {
            let named = match head.kind() {
                Kind::Group => NamedUser::Author(head.nameable(self.newest.author.clone())),
                Kind::Direct => NamedUser::Peer(head.nameable(self.peer_of(*owner, head).await?)),
            };
            is_done &= put(self.table, InboxRow::new(*owner, named, &self.newest), head).await?;
        }
        Ok(is_done)
    }

    fn is_deleted(&self, user: user::Id) -> bool {
        self.head.as_ref().is_some_and(|head| head.is_deleted(user))
    }

    /// Returns the other member of a direct conversation, with the names under which they have written lately.
    async fn peer_of(&self, owner: user::Id, head: &Head) -> Result<User, Failure> {
        let peer = head.members().others(owner).first().copied().unwrap_or(owner);
        let partition = Key::messages(self.newest.conversation);
        let read = MessageRow::from_item;
        let recent = time_slices::slice(self.table, &partition, Direction::Older, None, PAGE_SIZE, read).await?;
        let authors = recent.rows.into_iter().map(|row| row.author);
        Ok(authors.chain([self.newest.author.clone()]).find(|it| it.id == peer).unwrap_or_else(|| User::deleted(peer)))
    }
}

/// Returns the names in another row of the same owner, if the current row was restored without any.
fn better_named<'a>(current: &InboxRow, rows: &'a [InboxRow]) -> Option<&'a NamedUser> {
    let nameless = User::deleted(current.peer()?.id);
    let is_nameless = *current.named.user() == nameless;
    let named = rows.iter().map(|row| &row.named).filter(|named| named.user().id == nameless.id);
    named.filter(|named| **named != current.named).find(|_| is_nameless)
}

fn named_by(row: &InboxRow) -> impl Iterator<Item = user::Id> + use<> {
    [row.owner].into_iter().chain(row.peer().map(|peer| peer.id))
}

/// Reports whether a row is at an older message. Messages of the old app can be compared by time only. A row without a
/// sequence number at a numbered message is replaced too: the old app wrote it, and its owner would never see that they
/// have not read the message.
fn is_older(row: &InboxRow, newest: &MessageRow) -> bool {
    let ahead = row.at.at() - newest.at.at();
    if newest.seq == 0 {
        return ahead.is_negative();
    }
    row.seq < newest.seq && ahead < COLLISIONS_MAX
}

/// Puts a row at the first microsecond that no other conversation of its owner occupies. Returns `false` if the
/// conversation has a row there, or if a member has been deleted since its head was read.
async fn put(table: &Table, mut row: InboxRow, head: &Head) -> Result<bool, Failure> {
    loop {
        let parts = vec![table.put_if_absent(row.item())?, deleted_members::check_part(table, row.conversation, head)?];
        let Err(cancelled) = table.transact(parts).await? else { return Ok(true) };
        match cancelled.existing_row(0).and_then(InboxRow::from_item) {
            Some(there) if there.conversation != row.conversation => row.at = row.at.next(row.at.at()),
            _ => return Ok(false),
        }
    }
}

/// Deletes a row, if it is unchanged, and puts another one. Returns `false` if it has moved meanwhile.
pub(in crate::server::store::dynamodb) async fn replace(
    table: &Table,
    current: &InboxRow,
    mut next: InboxRow,
) -> Result<bool, Failure> {
    const DELETE: usize = 0;
    const PUT: usize = 1;
    loop {
        let parts = vec![rows::delete(table, current)?, table.put_if_absent(next.item())?];
        let Err(cancelled) = table.transact(parts).await? else { return Ok(true) };
        if cancelled.condition_failed(DELETE) || !cancelled.condition_failed(PUT) {
            return Ok(false);
        }
        match cancelled.existing_row(PUT).and_then(InboxRow::from_item) {
            // The old app left two rows, and the second row is at this message already.
            Some(there) if there.conversation == next.conversation => {
                return Ok(table.transact(vec![rows::delete(table, current)?]).await?.is_ok());
            }
            // Another conversation of the same user moved in the same microsecond. The next one will do as well.
            _ => next.at = next.at.next(next.at.at()),
        }
    }
}
