//! Numbering of messages that the old app writes beside this program.
//!
//! The old app stores a message and nothing else: no number, no marker, no head. The stream shows such a message, and
//! [`number`] makes it one of ours: the message with the next number, its marker, and the head moved on, in one
//! transaction. The message keeps its time unless the head is later; then it gets the next free time after the head, as
//! a message of ours would.
//!
//! Legacy messages stay without a number: those that were there when the head was created. A later message is new. If
//! the conversation has no numbered message yet, so is one that has just been written: a member may have opened the
//! conversation before the stream has shown the message.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use time::Duration;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::heads::{self as legacy_heads, Source};
use crate::server::store::dynamodb::rows::{Head, MessageRow, SendMarker};
use crate::server::store::dynamodb::table::{CHANGED, Item, Key, MESSAGE_UUID, SEQ, SK, SortTime};
use crate::server::store::dynamodb::{Table, heads, milestones, seek, send};

/// Maximum age of a message that counts as just written. Only such a message makes a conversation known that no member
/// has opened in this program yet: older ones may come from a migration or from sample data.
const JUST_WRITTEN: Duration = Duration::minutes(15);

/// Positions in the transaction of the marker and of the message with its number.
const MARKER: usize = 0;
const MESSAGE: usize = 2;

/// Message of the old app that has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    pub message: MessageRow,
    /// Head of its conversation, which names the members.
    pub head: Head,
}

/// Gives a message of the old app the next number of its conversation, and returns it with its number. `None` if it is
/// a legacy message, which has none, does not exist under its key any more, or has had its number for a while.
///
/// Safe to repeat, in any order, and from several processes at once: a message that has a number keeps it. Three read
/// units, and for a message without a number one transaction of three or four rows.
pub async fn number(table: &Table, message: &MessageRow) -> Result<Option<Numbered>, Failure> {
    let mut backoff = Backoff::default();
    let mut occupied: Option<SortTime> = None;
    loop {
        let (item, message) = match find(table, message).await? {
            Found::Unnumbered(item, message) => (item, message),
            // Its record has come again, or another process has numbered it.
            Found::Numbered(message) if is_just_written(table, &message) => {
                let head = heads::get(table, message.conversation).await?;
                // Read again, so that it shows all changes up to the revision of the head.
                let Found::Numbered(message) = find(table, &message).await? else { return Ok(None) };
                return Ok(head.map(|head| Numbered { message, head }));
            }
            Found::Numbered(_) | Found::Nothing => return Ok(None),
        };
        let Some(head) = head_of(table, &message).await? else { return Ok(None) };
        if !is_new(table, &message, &head).await? {
            return Ok(None);
        }
        let last = occupied.take().filter(|occupied| *occupied > head.last).unwrap_or_else(|| head.last.clone());
        let numbered = MessageRow { at: last.next(message.at.at()), seq: head.seq + 1, ..message.clone() };
        let Err(cancelled) = table.transact(parts(table, item, &numbered, &head)?).await? else {
            return Ok(Some(Numbered { message: numbered, head }));
        };
        if cancelled.condition_failed(MARKER) && matches!(find(table, &message).await?, Found::Unnumbered(..)) {
            // Another message has the same id, so this one cannot become one of ours.
            return Ok(None);
        }
        if cancelled.condition_failed(MESSAGE) {
            // Another message of the old app has the key, or another process has just numbered this one.
            occupied = Some(numbered.at);
        }
        backoff.wait_with(table.clock(), "number a message of the old app").await?;
    }
}

/// State of a message without a number that the stream has shown.
enum Found {
    /// The row, as it is now: it may have been changed since its record.
    Unnumbered(Item, MessageRow),
    Numbered(MessageRow),
    /// Its row has been overwritten, deleted, or rewritten by a migration.
    Nothing,
}

async fn find(table: &Table, message: &MessageRow) -> Result<Found, Failure> {
    if let Some(item) = table.get(&Key::Message(message.conversation, message.at.clone())).await?
        && let Some(row) = MessageRow::from_item(&item)
        && row.id == message.id
    {
        return Ok(if row.seq > 0 { Found::Numbered(row) } else { Found::Unnumbered(item, row) });
    }
    // Numbering has moved it if it has a marker.
    let marker = table.get(&Key::SendMarker(message.conversation, message.id)).await?;
    let Some(marker) = marker.as_ref().and_then(SendMarker::from_item) else { return Ok(Found::Nothing) };
    let moved = table.get(&Key::Message(message.conversation, marker.at)).await?;
    Ok(moved.as_ref().and_then(MessageRow::from_item).map_or(Found::Nothing, Found::Numbered))
}

/// Returns the head of the message's conversation. Creates it if the message has just been written by a member.
async fn head_of(table: &Table, message: &MessageRow) -> Result<Option<Head>, Failure> {
    if let Some(head) = heads::get(table, message.conversation).await? {
        return Ok(Some(head));
    }
    if !is_just_written(table, message) {
        return Ok(None);
    }
    // The index may not show the rows of a new conversation yet.
    let known = inbox_rows::by_owner(table, message.author.id, message.conversation).await?;
    let source = Source::FirstMessage(message, &known);
    Ok(legacy_heads::create(table, message.conversation, source).await?.map(|(head, _)| head))
}

async fn is_new(table: &Table, message: &MessageRow, head: &Head) -> Result<bool, Failure> {
    let at = message.at.at();
    if at > head.last.at() || (head.seq == 0 && is_just_written(table, message)) {
        return Ok(true);
    }
    if let Some(until) = head.legacy_until() {
        return Ok(at > until.at());
    }
    // Legacy messages precede all numbered ones.
    let partition = Key::messages(message.conversation);
    let first = seek::first_message_after(table, &partition, 0, head.last.at()).await?;
    Ok(first.is_some_and(|first| first.at.at() < at))
}

fn is_just_written(table: &Table, message: &MessageRow) -> bool {
    (table.now() - message.at.at()).abs() <= JUST_WRITTEN
}

/// Returns the transaction that makes `item`, if it is unchanged, the message `numbered`.
fn parts(table: &Table, mut item: Item, numbered: &MessageRow, head: &Head) -> Result<Vec<TransactWriteItem>, Failure> {
    let mut parts = vec![send::put_marker(table, numbered)?, send::advance_head(table, numbered, head)?];
    let at = AttributeValue::S(numbered.at.as_str().to_owned());
    let seq = AttributeValue::N(numbered.seq.to_string());
    let (unchanged, values) = unchanged(&item);
    let key = Key::of(&item).map(|key| key.item());
    if item.get(SK) == Some(&at) {
        let update = Update::builder()
            .table_name(table.name())
            .set_key(key)
            .condition_expression(unchanged)
            .update_expression(format!("SET {SEQ} = :seq"))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":seq", seq);
        parts.push(TransactWriteItem::builder().update(update.build()?).build());
        parts.extend(milestones::put(table, numbered)?);
        return Ok(parts);
    }
    item.insert(SK.to_owned(), at);
    item.insert(SEQ.to_owned(), seq);
    parts.push(table.put_if_absent(item)?);
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(key)
        .condition_expression(unchanged)
        .set_expression_attribute_values(Some(values));
    parts.push(TransactWriteItem::builder().delete(delete.build()?).build());
    parts.extend(milestones::put(table, numbered)?);
    Ok(parts)
}

/// Returns the condition that a row still holds the same state of a message without a number, and the values in it.
pub fn unchanged(item: &Item) -> (String, Item) {
    let value = |name: &str, placeholder: &str| Some((placeholder.to_owned(), item.get(name)?.clone()));
    // An attribute that is no number, or zero, counts as missing.
    let seq = value(SEQ, ":old");
    let without = if seq.is_some() { format!("{SEQ} = :old") } else { format!("attribute_not_exists({SEQ})") };
    let changed = value(CHANGED, ":changed");
    let same =
        if changed.is_some() { format!("{CHANGED} = :changed") } else { format!("attribute_not_exists({CHANGED})") };
    let values = value(MESSAGE_UUID, ":id").into_iter().chain(seq).chain(changed).collect();
    (format!("{MESSAGE_UUID} = :id AND {without} AND {same}"), values)
}
