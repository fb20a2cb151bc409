//! Changes of the table's rows: typed, from the images of a stream record.

use crate::domain::{conversation, message, user};
use crate::server::store::dynamodb::rows::{
    Block, EarlierText, Head, InboxRow, MessageRow, Milestone, Pair, ReadCursor, RequestRow, Revision, SendMarker,
};
use crate::server::store::dynamodb::table::{Item, Key};

/// Change of one row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Position in its shard.
    pub sequence_number: SequenceNumber,
    /// The row before the change; `None` if it was created, or if the stream keeps no old images.
    pub before: Option<Row>,
    /// The row after the change; `None` if it was deleted, by a writer or because it expired.
    pub after: Option<Row>,
}

impl Change {
    /// Decodes the old and the new image of a row.
    pub fn new(sequence_number: SequenceNumber, old: Option<Item>, new: Option<Item>) -> Self {
        Self { sequence_number, before: old.map(Row::from_item), after: new.map(Row::from_item) }
    }
}

/// Position in a shard of the stream: an increasing decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceNumber(pub String);

impl SequenceNumber {
    /// Returns a sort key for numbers of any length. A missing number sorts before all others, so that a retry starts
    /// from the beginning.
    pub(super) fn sort_key(&self) -> (usize, &str) {
        let digits = self.0.trim_start_matches('0');
        (digits.len(), digits)
    }
}

/// A row of the table, by its kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    Message(MessageRow),
    Inbox(InboxRow),
    Head(conversation::Id, Head),
    ReadCursor(user::Id, conversation::Id, ReadCursor),
    SendMarker(conversation::Id, message::Id, SendMarker),
    Pair([user::Id; 2], Pair),
    Revision(Revision),
    EarlierText(EarlierText),
    Milestone(Milestone),
    Block(Block),
    Request(RequestRow),
    /// A row of another kind, or without an attribute that its kind needs.
    Other(Item),
}

impl Row {
    /// Decodes a row.
    pub fn from_item(item: Item) -> Self {
        Self::typed(&item).unwrap_or(Self::Other(item))
    }

    fn typed(item: &Item) -> Option<Self> {
        match Key::of(item)? {
            Key::Message(..) => MessageRow::from_item(item).map(Self::Message),
            Key::Inbox(..) => InboxRow::from_item(item).map(Self::Inbox),
            Key::Head(conversation) => Some(Self::Head(conversation, Head::from_item(item)?)),
            Key::ReadCursor(owner, conversation) => {
                Some(Self::ReadCursor(owner, conversation, ReadCursor::from_item(item)))
            }
            Key::SendMarker(conversation, message) => {
                Some(Self::SendMarker(conversation, message, SendMarker::from_item(item)?))
            }
            Key::Pair(one, other) => Some(Self::Pair([one, other], Pair::from_item(item)?)),
            Key::Revision(..) => Revision::from_item(item).map(Self::Revision),
            Key::EarlierText(..) => EarlierText::from_item(item).map(Self::EarlierText),
            Key::Milestone(..) => Milestone::from_item(item).map(Self::Milestone),
            Key::Block(..) => Block::from_item(item).map(Self::Block),
            Key::Request(..) => RequestRow::from_item(item).map(Self::Request),
            Key::Migrated => None,
        }
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
