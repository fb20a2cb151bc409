//! Quotes: the texts of the messages that others answer, as they are now. A message stores a reference only, so that a
//! deleted text is nowhere else.

use std::collections::HashMap;

use crate::domain::message::{self, Message, MessageRef, Quote, SentAt, TextVersion};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{MessageRow, ReplyTo};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};
use crate::server::store::dynamodb::{Table, references};

/// Maximum number of rows per batch, a limit of DynamoDB.
const BATCH_MAX: usize = 100;

/// Converts rows of one conversation to messages with their quotes. The quoted messages are taken from `rows`, or read:
/// one read unit for each that is not among them.
pub(super) async fn messages(table: &Table, rows: Vec<MessageRow>) -> Result<Vec<Message>, Failure> {
    let mut wanted: HashMap<_, _> =
        rows.iter().filter_map(|row| Some((row.reply_to.as_ref()?.message_uuid, row))).collect();
    let mut quoted = HashMap::new();
    for row in &rows {
        if wanted.remove(&row.id).is_some() {
            quoted.insert(row.id, row.clone().into_message(None).quoted());
        }
    }
    let keys: Vec<Item> =
        wanted.values().filter_map(|row| Some(Key::Message(row.conversation, at(row)?).item())).collect();
    for keys in keys.chunks(BATCH_MAX) {
        let found = table.batch_get(keys.to_vec(), "read quoted messages").await?;
        for row in found.iter().filter_map(MessageRow::from_item) {
            if wanted.remove(&row.id).is_some() {
                quoted.insert(row.id, row.into_message(None).quoted());
            }
        }
    }
    for (id, row) in wanted {
        // The key of the quoted message has changed since.
        let Some(at) = at(row) else { continue };
        let reference = MessageRef { id, sent_at: at.sent_at() };
        let found = references::find(table, row.conversation, &reference).await?;
        quoted.extend(found.map(|found| (id, found.into_message(None).quoted())));
    }
    Ok(rows.into_iter().map(|row| with_quote(row, &quoted)).collect())
}

/// Converts one row to a message with its quote. One read unit if it answers another message.
pub(super) async fn message(table: &Table, row: MessageRow) -> Result<Message, Failure> {
    let mut messages = messages(table, vec![row.clone()]).await?;
    Ok(messages.pop().unwrap_or_else(|| row.into_message(None)))
}

fn with_quote(row: MessageRow, quoted: &HashMap<message::Id, Quote>) -> Message {
    let quote = row.reply_to.as_ref().map(|reply_to| match quoted.get(&reply_to.message_uuid) {
        Some(quote) => quote.clone(),
        None => removed(reply_to),
    });
    row.into_message(quote)
}

/// Returns the quote of a message whose row does not exist any more.
fn removed(reply_to: &ReplyTo) -> Quote {
    let sent_at = SortTime::stored(&reply_to.sk).map_or_else(|| SentAt::stored(reply_to.sk.clone()), |at| at.sent_at());
    let message = MessageRef { id: reply_to.message_uuid, sent_at };
    Quote { message, author: reply_to.user_uuid, version: TextVersion::DELETED, text: None }
}

fn at(row: &MessageRow) -> Option<SortTime> {
    SortTime::stored(&row.reply_to.as_ref()?.sk)
}
