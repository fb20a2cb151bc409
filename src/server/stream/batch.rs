//! A batch of the stream's records: which messages are in it, and what happens to them.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream;

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::inbox::moves::move_inbox_rows;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::Item;

/// How many conversations of a batch are worked on at once.
const CONVERSATIONS_AT_ONCE: usize = 8;

/// That a row of the table has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place in its shard.
    pub sequence_number: SequenceNumber,
    /// The row as it is since then; none where it was removed.
    pub row: Option<Item>,
}

/// A place in a shard of the stream: digits, whose number grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceNumber(pub String);

/// Where a batch has to be read again from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The lowest number of a record that was not done.
    pub sequence_number: SequenceNumber,
    /// Whether the cause may pass by itself: DynamoDB does not answer, or somebody else was quicker too often.
    pub may_pass: bool,
}

/// Moves the inbox rows for every message among `records`, whatever their order, and however often they come. Whatever
/// is no message is passed over; so are messages of a conversation that has a newer one in the batch.
///
/// One conversation that fails does not hold up the others; the error says from where to come again. One query for each
/// conversation, and what [`move_inbox_rows`] costs.
pub async fn apply(table: &Table, records: &[Record]) -> Result<(), Failed> {
    let moves: Vec<_> = newest_by_conversation(records).into_iter().map(|newest| newest.apply(table)).collect();
    let done: Vec<_> = stream::iter(moves).buffer_unordered(CONVERSATIONS_AT_ONCE).collect().await;
    let failed = done.into_iter().filter_map(Result::err);
    match failed.min_by(|a, b| a.sequence_number.rank().cmp(&b.sequence_number.rank())) {
        Some(lowest) => Err(lowest),
        None => Ok(()),
    }
}

/// A message, and where it came from.
struct Newest<'a> {
    message: MessageRow,
    sequence_number: &'a SequenceNumber,
}

impl Newest<'_> {
    async fn apply(self, table: &Table) -> Result<(), Failed> {
        let conversation = self.message.conversation;
        let Err(failure) = move_inbox_rows(table, &self.message).await else { return Ok(()) };
        tracing::warn!(%conversation, number = self.sequence_number.0, "inbox rows stay behind until the next try");
        let may_pass = matches!(failure, Failure::Unavailable(_));
        failure.into_answer();
        Err(Failed { sequence_number: self.sequence_number.clone(), may_pass })
    }
}

/// In the order of the batch: what is tried first is what came first.
fn newest_by_conversation(records: &[Record]) -> Vec<Newest<'_>> {
    let mut all: Vec<Newest<'_>> = Vec::new();
    let mut places: HashMap<conversation::Id, usize> = HashMap::new();
    for record in records {
        let Some(message) = record.row.as_ref().and_then(MessageRow::read) else { continue };
        let next = Newest { message, sequence_number: &record.sequence_number };
        match places.get(&next.message.conversation) {
            Some(&place) => {
                // Whoever sends takes a time after that of the message before.
                if all[place].message.at.at() < next.message.at.at() {
                    all[place] = next;
                }
            }
            None => {
                places.insert(next.message.conversation, all.len());
                all.push(next);
            }
        }
    }
    all
}

impl SequenceNumber {
    /// Orders numbers of any length. One that is missing comes before all others: who is given it begins anew.
    fn rank(&self) -> (usize, &str) {
        let digits = self.0.trim_start_matches('0');
        (digits.len(), digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_number_comes_first_however_long_it_is() {
        let mut numbers = ["21", "100", "9", "", "00000000000000000000010"].map(|it| SequenceNumber(it.to_owned()));
        numbers.sort_by(|a, b| a.rank().cmp(&b.rank()));
        assert_eq!(numbers.map(|it| it.0), ["", "9", "00000000000000000000010", "21", "100"]);
    }
}
