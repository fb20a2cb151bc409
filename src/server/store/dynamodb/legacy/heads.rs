//! The head of an old conversation, and the inbox rows that a crash of the old app lost.

use time::{Duration, OffsetDateTime};

use crate::domain::user::User;
use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::inbox::lookup;
use crate::server::store::dynamodb::legacy::ends;
use crate::server::store::dynamodb::rows::{Head, InboxRow, MessageRow};
use crate::server::store::dynamodb::send;
use crate::server::store::dynamodb::table::SortTime;

/// How much later than every old row the head stands: rows that are put right later may move on by some microseconds.
pub(super) const ROOM: Duration = Duration::milliseconds(1);

/// Where the head is in the transaction.
const HEAD: usize = 0;

/// Where the inbox rows are found that say whose a conversation is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// In the index, as far as it shows them, and besides these. One of the members must be this person.
    Index(user::Id, &'a [InboxRow]),
    /// These are all that there are: the table itself has been read.
    Table(&'a [InboxRow]),
}

/// The head of a conversation, made if it is an old one of `me`. One read unit where it is there; else a query of the
/// index, which may not show rows that are `known`, and for an old conversation its last day and one transaction.
pub(super) async fn find_or_make(
    table: &Table,
    conversation: conversation::Id,
    me: user::Id,
    known: &[InboxRow],
) -> Result<Option<Head>, Failure> {
    match send::read_head(table, conversation).await? {
        Some(head) => Ok(Some(head)),
        None => Ok(make(table, conversation, Source::Index(me, known)).await?.map(|(head, _)| head)),
    }
}

/// Makes the head of an old conversation, and with it the inbox row that a member lacks: once, whoever else is at it.
/// Answers with the head, and how many rows it was found to lack. None where there is no such conversation, or it is not
/// one of the person who asks: a stranger's request writes nothing.
pub(super) async fn make(
    table: &Table,
    conversation: conversation::Id,
    source: Source<'_>,
) -> Result<Option<(Head, usize)>, Failure> {
    let mut tries = Tries::default();
    let mut shift = Duration::ZERO;
    loop {
        let Some((head, lost)) = plan(table, conversation, source, shift).await? else { return Ok(None) };
        let mut parts = vec![table.put_if_absent(head.item(conversation))?];
        for row in &lost {
            parts.push(table.put_if_absent(row.item())?);
        }
        let Err(refusal) = table.transact(parts).await? else { return Ok(Some((head, lost.len()))) };
        if let Some(head) = refusal.row(HEAD).and_then(Head::read) {
            return Ok(Some((head, lost.len())));
        }
        // Where another conversation of the same person stands at this very time, the next microsecond will do.
        shift += Duration::MICROSECOND;
        tries.wait_by(table.clock(), "adopt a conversation").await?;
    }
}

/// The head that a conversation should have, and the inbox rows that it lacks, `shift` after its newest message.
pub(super) async fn plan(
    table: &Table,
    conversation: conversation::Id,
    source: Source<'_>,
    shift: Duration,
) -> Result<Option<(Head, Vec<InboxRow>)>, Failure> {
    let (me, rows) = match source {
        Source::Index(me, known) => (Some(me), [lookup::of(table, conversation).await?, known.to_vec()].concat()),
        Source::Table(rows) => (None, rows.to_vec()),
    };
    let Some(members) = members(&rows).filter(|members| me.is_none_or(|me| members.contains(&me))) else {
        return Ok(None);
    };
    let messages = ends::near(table, conversation, Direction::Older).await?;
    let mut lost = Vec::new();
    for owner in members {
        let is_listed = rows.iter().any(|row| row.owner == owner);
        if !is_listed && lookup::of_owner(table, owner, conversation).await?.is_empty() {
            let left = rows.iter().find(|row| row.with.id == owner);
            lost.extend(left.map(|left| remade(left, &messages, shift)));
        }
    }
    let messages_at = messages.iter().flat_map(|row| [row.at.at(), row.at.shown()]);
    let rows_at = rows.iter().chain(&lost).map(|row| row.at.at());
    let last = messages_at.chain(rows_at).max().unwrap_or(OffsetDateTime::UNIX_EPOCH) + ROOM;
    let seq = messages.iter().map(|row| row.seq).max().unwrap_or(0);
    Ok(Some((Head { members, seq, last: SortTime::from(last) }, lost)))
}

/// The two people whom inbox rows name; none where they name fewer or more.
pub(super) fn members(rows: &[InboxRow]) -> Option<[user::Id; 2]> {
    let mut people: Vec<_> = rows.iter().flat_map(|row| [row.owner, row.with.id]).collect();
    people.sort_unstable();
    people.dedup();
    people.try_into().ok()
}

/// The other member's row, made of the one that is left and of the messages at the end of the conversation.
pub(super) fn remade(left: &InboxRow, messages: &[MessageRow], shift: Duration) -> InboxRow {
    let newest = messages.iter().max_by(|one, other| one.at.cmp(&other.at));
    let author = messages.iter().map(|row| &row.author).find(|author| author.id == left.owner);
    let at = newest.map_or(left.at.at(), |row| row.at.at());
    InboxRow {
        owner: left.with.id,
        at: SortTime::from(at + shift),
        conversation: left.conversation,
        // Lists look names up in PostgreSQL; this one is shown where neither knows who that is.
        with: author.cloned().unwrap_or_else(|| User::who_left(left.owner)),
        body: newest.map_or(&left.body, |row| &row.body).clone(),
        seq: newest.map_or(0, |row| row.seq),
        last_author: newest.map(|row| row.author.id),
    }
}
