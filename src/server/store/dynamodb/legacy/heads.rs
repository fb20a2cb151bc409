//! Head of a legacy conversation, and the inbox rows that a crash of the old app lost.

use anyhow::anyhow;
use time::{Duration, OffsetDateTime};

use crate::domain::user::User;
use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::ends;
use crate::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, NamedUser, NamesAtBlock};
use crate::server::store::dynamodb::table::{Item, SortTime};
use crate::server::store::dynamodb::{Table, blocks, heads};

/// Distance of the head from the newest legacy row: rows that are repaired later may move forward by some microseconds.
pub const MARGIN: Duration = Duration::milliseconds(1);

/// Position of the head in the transaction.
const HEAD: usize = 0;

/// Source of the inbox rows that name the members of a conversation.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The rows that the index shows, and these. This user must be one of the members.
    Index(user::Id, &'a [InboxRow]),
    /// Exactly these rows: the table itself has been read.
    Table(&'a [InboxRow]),
    /// The rows that the index shows, and these. The author of this message, which is to follow the head, must be one
    /// of the members: the head is earlier than the message.
    FirstMessage(&'a MessageRow, &'a [InboxRow]),
}

/// Returns the head of a conversation, and creates it for a legacy conversation of `me`. One read unit if the head
/// exists. Otherwise one query of the index, which may not show the `known` rows yet; and for a legacy conversation,
/// its last day of messages and one transaction.
pub async fn find_or_create(
    table: &Table,
    conversation: conversation::Id,
    me: user::Id,
    known: &[InboxRow],
) -> Result<Option<Head>, Failure> {
    match heads::get(table, conversation).await? {
        Some(head) => Ok(Some(head)),
        None => Ok(create(table, conversation, Source::Index(me, known)).await?.map(|(head, _)| head)),
    }
}

/// Creates the head of a legacy conversation and a missing inbox row of a member in one transaction, so that concurrent
/// callers create them once. The head has the blocks between the members. Returns the head and the number of missing
/// rows. `None` if there is no such conversation, or if the user that [`Source`] requires is not a member: a stranger's
/// request writes nothing.
pub async fn create(
    table: &Table,
    conversation: conversation::Id,
    source: Source<'_>,
) -> Result<Option<(Head, usize)>, Failure> {
    let mut backoff = Backoff::default();
    let mut shift = Duration::ZERO;
    loop {
        let Some((mut head, missing)) = plan(table, conversation, source, shift).await? else { return Ok(None) };
        let mut parts = Vec::new();
        if let Some(pair) = head.pair() {
            let block = blocks::of_pair(table, pair).await?;
            parts.push(blocks::check_part(table, pair, &block.blocked_by)?);
            let names = if block.is_active() { block.names } else { NamesAtBlock::default() };
            head = head.blocked_by(block.blocked_by, names);
        }
        parts.insert(HEAD, table.put_if_absent(head.item(conversation))?);
        for row in &missing {
            parts.push(table.put_if_absent(row.item())?);
        }
        let Err(cancelled) = table.transact(parts).await? else { return Ok(Some((head, missing.len()))) };
        if let Some(row) = cancelled.existing_row(HEAD) {
            let unreadable = || anyhow!("the head MSG#{conversation}, HEAD cannot be read: correct or delete it");
            return Ok(Some((Head::from_item(row).ok_or_else(unreadable)?, missing.len())));
        }
        // If a row of another conversation has the key of a missing row, the key a microsecond later is tried.
        shift += Duration::MICROSECOND;
        backoff.wait_with(table.clock(), "migrate a conversation").await?;
    }
}

/// Computes the head that a conversation should have, and its missing inbox rows, `shift` after its newest message.
pub async fn plan(
    table: &Table,
    conversation: conversation::Id,
    source: Source<'_>,
    shift: Duration,
) -> Result<Option<(Head, Vec<InboxRow>)>, Failure> {
    let (me, rows) = match source {
        Source::Index(me, known) => (Some(me), with_index(table, conversation, known).await?),
        Source::FirstMessage(message, known) => {
            (Some(message.author.id), with_index(table, conversation, known).await?)
        }
        Source::Table(rows) => (None, rows.to_vec()),
    };
    let Some(members) = members(&rows).filter(|members| me.is_none_or(|me| members.contains(&me))) else {
        return Ok(None);
    };
    let messages = ends::near(table, conversation, Direction::Older).await?;
    let mut missing = Vec::new();
    for owner in members {
        let is_listed = rows.iter().any(|row| row.owner == owner);
        if !is_listed && inbox_rows::by_owner(table, owner, conversation).await?.is_empty() {
            let peer_row = rows.iter().find(|row| is_about(row, owner));
            missing.extend(peer_row.map(|peer_row| recreated(owner, peer_row, &messages, shift)));
        }
    }
    let messages_at = messages.iter().flat_map(|row| [row.at.at(), row.at.wall_clock()]);
    let rows_at = rows.iter().chain(&missing).map(|row| row.at.at());
    let before_first = |at: &OffsetDateTime| match source {
        // Later messages of the old app get their numbers after this one.
        Source::FirstMessage(message, _) => *at < message.at.at(),
        Source::Index(..) | Source::Table(_) => true,
    };
    let last = messages_at.chain(rows_at).filter(before_first).max().unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let last = last.saturating_add(MARGIN);
    let seq = messages.iter().map(|row| row.seq).max().unwrap_or(0);
    // Some legacy messages lie in the future, and so does the head then. The old app writes new ones before that time.
    let until = SortTime::from(last.min(table.now()));
    let head = Head::direct(members, seq, SortTime::from(last));
    Ok(head.map(|head| (head.after_legacy_messages(until), missing)))
}

/// Returns the inbox rows that the index shows, and the `known` ones.
async fn with_index(
    table: &Table,
    conversation: conversation::Id,
    known: &[InboxRow],
) -> Result<Vec<InboxRow>, Failure> {
    Ok([inbox_rows::by_conversation(table, conversation).await?, known.to_vec()].concat())
}

/// Returns the two users that inbox rows name; `None` if they name fewer or more. The old app had no groups.
pub fn members(rows: &[InboxRow]) -> Option<[user::Id; 2]> {
    let mut users = Vec::new();
    for row in rows {
        users.extend([row.owner, row.peer()?.id]);
    }
    users.sort_unstable();
    users.dedup();
    users.try_into().ok()
}

/// Returns true for the row of a direct conversation with this user.
pub fn is_about(row: &InboxRow, peer: user::Id) -> bool {
    row.peer().is_some_and(|it| it.id == peer)
}

/// Recreates the missing inbox row of `owner` from the peer's row and the messages at the end of the conversation.
pub fn recreated(owner: user::Id, peer_row: &InboxRow, messages: &[MessageRow], shift: Duration) -> InboxRow {
    let newest = messages.iter().max_by(|one, other| one.at.cmp(&other.at));
    let author = messages.iter().map(|row| &row.author).find(|author| author.id == peer_row.owner);
    let at = newest.map_or(peer_row.at.at(), |row| row.at.at());
    InboxRow {
        owner,
        at: SortTime::from(at + shift),
        conversation: peer_row.conversation,
        // Inboxes look names up in PostgreSQL. This name is shown only if the user is unknown there.
        named: NamedUser::Peer(author.cloned().unwrap_or_else(|| User::deleted(peer_row.owner))),
        body: newest.map_or(&peer_row.body, |row| &row.body).clone(),
        version: newest.map_or(peer_row.version, MessageRow::version),
        seq: newest.map_or(0, |row| row.seq),
        last_author: newest.map(|row| row.author.id),
        unreadable: Item::new(),
    }
}
