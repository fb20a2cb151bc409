//! Moving the members' inbox rows of a conversation to its newest message.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use time::Duration;

use crate::domain::conversation;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::heads;
use crate::server::store::dynamodb::inbox::rows;
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};

/// Maximum number of index reads. The index lags behind the table: it may show rows that have moved meanwhile, or miss
/// those of a new conversation. If a row is still missing after these reads, the table is read, which costs more and is
/// strongly consistent.
const INDEX_READS_MAX: u32 = 4;

/// Maximum distance of a row's time from its message. A row is some microseconds later than its message if it would
/// have collided with rows of other conversations; a row further ahead belongs to a later message of the old app.
const COLLISIONS_MAX: Duration = Duration::MILLISECOND;

/// Moves the inbox rows of a conversation to the message `newest`, unless they are there already or at a later message.
///
/// Safe to repeat, to run late, and to run many times at once: a row never moves back, and each move deletes the old
/// row and puts the new one in one transaction, so that there is always exactly one. After a success no row is behind,
/// whatever the index showed. A row that the old app lost is not restored, and does not hold up the other members'.
///
/// One query of the index, and four write units per row that moves, twice that with the index; for a group also one read
/// unit. If the index shows too little, also one read unit per dozen of the members' conversations.
pub async fn move_inbox_rows(table: &Table, newest: &MessageRow) -> Result<(), Failure> {
    let mut backoff = Backoff::default();
    let mut rows = Rows::new();
    for attempt in 1.. {
        let is_certain = attempt > INDEX_READS_MAX;
        rows = if is_certain {
            rows_in_inboxes(table, newest, &rows).await?
        } else {
            rows_in_index(table, newest.conversation).await?
        };
        let moves = rows.values().map(|rows| move_rows(table, rows, newest));
        let all_moved = try_join_all(moves).await?.into_iter().all(|is_moved| is_moved);
        if all_moved && (is_certain || !is_row_missing(table, newest, &rows).await?) {
            break;
        }
        backoff.wait_with(table.clock(), "move inbox rows").await?;
    }
    Ok(())
}

/// Rows of one conversation by owner. One each, unless the index lags behind or the old app left two.
type Rows = BTreeMap<user::Id, Vec<InboxRow>>;

async fn is_row_missing(table: &Table, newest: &MessageRow, rows: &Rows) -> Result<bool, Failure> {
    let expected = expected_owners(table, newest, rows).await?;
    Ok(!expected.iter().all(|owner| rows.contains_key(owner)))
}

/// Returns the users who should have a row, as far as `rows` show: the author and the users whom the rows name, which in
/// a direct conversation are both members. All members of a group are in its head only.
async fn expected_owners(table: &Table, newest: &MessageRow, rows: &Rows) -> Result<BTreeSet<user::Id>, Failure> {
    let rows: Vec<_> = rows.values().flatten().collect();
    let named = rows.iter().flat_map(|row| named_by(row));
    let mut owners: BTreeSet<_> = named.chain([newest.author.id]).collect();
    if rows.iter().any(|row| row.peer().is_none()) {
        owners.extend(members_of_group(table, newest.conversation).await?);
    }
    Ok(owners)
}

fn named_by(row: &InboxRow) -> impl Iterator<Item = user::Id> {
    [row.owner].into_iter().chain(row.peer().map(|peer| peer.id))
}

async fn members_of_group(table: &Table, conversation: conversation::Id) -> Result<Vec<user::Id>, Failure> {
    let head = heads::get(table, conversation).await?;
    Ok(head.map(|head| head.members().ids().to_vec()).unwrap_or_default())
}

/// Reads the conversation's rows from the index.
async fn rows_in_index(table: &Table, conversation: conversation::Id) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    for row in rows::by_conversation(table, conversation).await? {
        rows.entry(row.owner).or_default().push(row);
    }
    Ok(rows)
}

/// Reads the conversation's rows from the inboxes of the users whom `known` names, and of the users whom those rows
/// name.
async fn rows_in_inboxes(table: &Table, newest: &MessageRow, known: &Rows) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    let mut pending: Vec<_> = expected_owners(table, newest, known).await?.into_iter().collect();
    let mut is_group = known.values().flatten().any(|row| row.peer().is_none());
    let mut visited = BTreeSet::new();
    while let Some(owner) = pending.pop() {
        if !visited.insert(owner) {
            continue;
        }
        let found = rows::by_owner(table, owner, newest.conversation).await?;
        pending.extend(found.iter().flat_map(named_by));
        if !is_group && found.iter().any(|row| row.peer().is_none()) {
            is_group = true;
            pending.extend(members_of_group(table, newest.conversation).await?);
        }
        if !found.is_empty() {
            rows.insert(owner, found);
        }
    }
    Ok(rows)
}

/// Moves one member's row to `newest`. Returns `false` if the row is no longer the one that the index showed.
async fn move_rows(table: &Table, rows: &[InboxRow], newest: &MessageRow) -> Result<bool, Failure> {
    let Some(current) = rows.iter().max_by_key(|row| (row.seq, row.at.at())) else { return Ok(true) };
    for leftover in rows.iter().filter(|row| *row != current) {
        // Refused if only the index still shows it.
        let _ = table.transact(vec![rows::delete(table, leftover)?]).await?;
    }
    if is_older(current, newest) { replace(table, current, newest).await } else { Ok(true) }
}

/// Reports whether a row is at an older message. Messages of the old app can be compared by time only.
fn is_older(row: &InboxRow, newest: &MessageRow) -> bool {
    let ahead = row.at.at() - newest.at.at();
    if row.seq == 0 || newest.seq == 0 {
        return ahead.is_negative();
    }
    row.seq < newest.seq && ahead < COLLISIONS_MAX
}

async fn replace(table: &Table, current: &InboxRow, newest: &MessageRow) -> Result<bool, Failure> {
    const DELETE: usize = 0;
    const PUT: usize = 1;
    let mut next = current.moved_to(newest);
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
