//! Moving both people's rows of a conversation to its newest message.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use time::Duration;

use crate::domain::conversation;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::inbox::lookup;
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};

/// How often the index is asked. It lags behind the table: it may show rows that have moved on meanwhile, or not show
/// those of a new conversation. Whoever is still in doubt afterwards asks the table, which costs more and is certain.
const LOOKS_MAX: u32 = 4;

/// A row lies some microseconds after its message where it would have collided with rows of other conversations. One that
/// lies further ahead is at a later message of the old app.
const COLLISIONS_MAX: Duration = Duration::MILLISECOND;

/// Moves the inbox rows of a conversation to a message, where they are at an older one.
///
/// Safe to repeat, to run late, and to run many times at once: a row never moves back, and each move deletes the old row
/// and puts the new one in one transaction, so that there is always exactly one. Once it has returned without a failure,
/// no row is left behind, whatever the index showed; a row that the old app lost does not come back, and holds up nobody.
///
/// One query of the index; four write units for each row that moves, twice that with the index. In doubt, also a read
/// unit for each dozen of the two people's conversations.
pub async fn move_inbox_rows(table: &Table, newest: &MessageRow) -> Result<(), Failure> {
    let mut tries = Tries::default();
    let mut rows = Rows::new();
    for look in 1.. {
        let certain = look > LOOKS_MAX;
        rows = if certain {
            rows_in_inboxes(table, newest, &rows).await?
        } else {
            rows_in_index(table, newest.conversation).await?
        };
        let moves = rows.values().map(|rows| advance(table, rows, newest));
        let all_there = try_join_all(moves).await?.into_iter().all(|is_there| is_there);
        let nobody_missing = certain || people(newest, &rows).iter().all(|person| rows.contains_key(person));
        if all_there && nobody_missing {
            break;
        }
        tries.wait_by(table.clock(), "move inbox rows").await?;
    }
    Ok(())
}

/// A person's rows of one conversation. There is one each, except where the index lags behind or the old app left two.
type Rows = BTreeMap<user::Id, Vec<InboxRow>>;

/// Everybody whose row there should be: each row also names the other person.
fn people(newest: &MessageRow, rows: &Rows) -> BTreeSet<user::Id> {
    let named = rows.values().flatten().flat_map(|row| [row.owner, row.with.id]);
    named.chain([newest.author.id]).collect()
}

/// What the index knows of the conversation.
async fn rows_in_index(table: &Table, conversation: conversation::Id) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    for row in lookup::of(table, conversation).await? {
        rows.entry(row.owner).or_default().push(row);
    }
    Ok(rows)
}

/// What the inboxes themselves hold of the conversation: those of everybody whom `known` names, and whom it leads to.
async fn rows_in_inboxes(table: &Table, newest: &MessageRow, known: &Rows) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    let mut to_ask: Vec<_> = people(newest, known).into_iter().collect();
    let mut asked = BTreeSet::new();
    while let Some(person) = to_ask.pop() {
        if !asked.insert(person) {
            continue;
        }
        let found = lookup::of_owner(table, person, newest.conversation).await?;
        to_ask.extend(found.iter().map(|row| row.with.id));
        if !found.is_empty() {
            rows.insert(person, found);
        }
    }
    Ok(rows)
}

/// Brings a person's row to `newest`. Not there: the row is no longer the one that the index showed.
async fn advance(table: &Table, rows: &[InboxRow], newest: &MessageRow) -> Result<bool, Failure> {
    let Some(current) = rows.iter().max_by_key(|row| (row.seq, row.at.at())) else { return Ok(true) };
    for left_over in rows.iter().filter(|row| *row != current) {
        // Refused where only the index still shows it.
        let _ = table.transact(vec![lookup::delete(table, left_over)?]).await?;
    }
    if is_older(current, newest) { replace(table, current, newest).await } else { Ok(true) }
}

/// Whether a row is at an older message. The old app's messages have a time only.
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
    let mut next = InboxRow {
        at: current.at.next(newest.at.at()),
        body: newest.body.clone(),
        seq: newest.seq.max(current.seq),
        last_author: Some(newest.author.id),
        ..current.clone()
    };
    if next.with.id == newest.author.id {
        next.with = newest.author.clone();
    }
    loop {
        let parts = vec![lookup::delete(table, current)?, table.put_if_absent(next.item())?];
        let Err(refusal) = table.transact(parts).await? else { return Ok(true) };
        if refusal.at(DELETE) || !refusal.at(PUT) {
            return Ok(false);
        }
        match refusal.row(PUT).and_then(InboxRow::read) {
            // The old app left two rows, and the other one is there already.
            Some(there) if there.conversation == next.conversation => {
                return Ok(table.transact(vec![lookup::delete(table, current)?]).await?.is_ok());
            }
            // Another conversation of the same person moved in this very microsecond. The next one will do as well.
            _ => next.at = next.at.next(next.at.at()),
        }
    }
}
