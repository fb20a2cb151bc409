//! A batch of stream records: finding the messages in it, and moving their inbox rows.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream;

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::inbox::moves::move_inbox_rows;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::Item;

/// Maximum number of conversations processed at once.
const CONVERSATIONS_AT_ONCE: usize = 8;

/// Change of one row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Position in its shard.
    pub sequence_number: SequenceNumber,
    /// The row after the change; `None` if it was deleted.
    pub row: Option<Item>,
}

/// Position in a shard of the stream: an increasing decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceNumber(pub String);

/// Failure of a batch, with the record from which it must be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFailure {
    /// Lowest sequence number of a record that was not processed.
    pub sequence_number: SequenceNumber,
    /// True if a retry may succeed: DynamoDB is unavailable, or too many attempts conflicted with other writers.
    pub is_transient: bool,
}

/// Moves the inbox rows for every message among `records`, which may come in any order and more than once. Skips
/// records that are not messages, and messages of a conversation with a newer one in the batch.
///
/// A conversation that fails does not hold up the others; the error names the record to resume from. Costs one query
/// per conversation, and the writes of [`move_inbox_rows`].
pub async fn apply(table: &Table, records: &[Record]) -> Result<(), BatchFailure> {
    let moves: Vec<_> = newest_by_conversation(records).into_iter().map(|newest| newest.move_rows(table)).collect();
    let done: Vec<_> = stream::iter(moves).buffer_unordered(CONVERSATIONS_AT_ONCE).collect().await;
    let failed = done.into_iter().filter_map(Result::err);
    match failed.min_by(|a, b| a.sequence_number.sort_key().cmp(&b.sequence_number.sort_key())) {
        Some(lowest) => Err(lowest),
        None => Ok(()),
    }
}

/// Newest message of a conversation in a batch, with its record's position.
struct NewestMessage<'a> {
    message: MessageRow,
    sequence_number: &'a SequenceNumber,
}

impl NewestMessage<'_> {
    async fn move_rows(self, table: &Table) -> Result<(), BatchFailure> {
        let conversation = self.message.conversation;
        let Err(failure) = move_inbox_rows(table, &self.message).await else { return Ok(()) };
        tracing::warn!(%conversation, number = self.sequence_number.0, "inbox rows not moved, will retry");
        let is_transient = matches!(failure, Failure::Unavailable(_));
        failure.into_public();
        Err(BatchFailure { sequence_number: self.sequence_number.clone(), is_transient })
    }
}

/// In the order of the batch, so that earlier records are processed first.
fn newest_by_conversation(records: &[Record]) -> Vec<NewestMessage<'_>> {
    let mut all: Vec<NewestMessage<'_>> = Vec::new();
    let mut indexes: HashMap<conversation::Id, usize> = HashMap::new();
    for record in records {
        let Some(message) = record.row.as_ref().and_then(MessageRow::from_item) else { continue };
        let next = NewestMessage { message, sequence_number: &record.sequence_number };
        match indexes.get(&next.message.conversation) {
            Some(&index) => {
                // Each sender chooses a time after that of the previous message, so the later message is newer.
                if all[index].message.at.at() < next.message.at.at() {
                    all[index] = next;
                }
            }
            None => {
                indexes.insert(next.message.conversation, all.len());
                all.push(next);
            }
        }
    }
    all
}

impl SequenceNumber {
    /// Sort key for numbers of any length. A missing number sorts before all others, so that a retry starts from the
    /// beginning.
    fn sort_key(&self) -> (usize, &str) {
        let digits = self.0.trim_start_matches('0');
        (digits.len(), digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_sort_by_value_whatever_their_length() {
        let mut numbers = ["21", "100", "9", "", "00000000000000000000010"].map(|it| SequenceNumber(it.to_owned()));
        numbers.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        assert_eq!(numbers.map(|it| it.0), ["", "9", "00000000000000000000010", "21", "100"]);
    }
}
