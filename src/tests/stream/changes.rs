//! Rows in the images of a record: every kind is recognized.

use cruddur_messages::server::store::dynamodb::rows::{Head, Pair, ReadCursor, SendMarker};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID};
use cruddur_messages::server::stream::change::{Change, Row, SequenceNumber};

use super::batch::{conversation_id, inbox_rows, message, user};

#[test]
fn every_kind_of_row_is_recognized() {
    let (conversation, ana, ben) = (conversation_id(1), user("ana"), user("ben"));
    let message = message(conversation, 2, 2);
    let head = Head { members: [ana.id, ben.id], seq: 2, last: message.at.clone() };
    let cursor = ReadCursor::new_item(ana.id, conversation, 2, &message.at);
    let (pair, members) = (Pair { conversation }, [ana.id.min(ben.id), ana.id.max(ben.id)]);
    let marker = SendMarker { at: message.at.clone() };
    let [inbox, _] = inbox_rows(&message);
    let is_inbox_row = |row: &Row| matches!(row, Row::Inbox(row) if row.owner == ana.id && row.seq == 2);
    assert!(is_inbox_row(&Row::from_item(inbox.clone())));
    for (item, row) in [
        (message.item(), Row::Message(message.clone())),
        (head.item(conversation), Row::Head(conversation, head)),
        (cursor.clone(), Row::ReadCursor(ana.id, conversation, ReadCursor::from_item(&cursor))),
        (SendMarker::item(&message, 1), Row::SendMarker(conversation, message.id, marker)),
        (pair.item(ana.id, ben.id), Row::Pair(members, pair)),
        (Key::Migrated.item(), Row::Other(Key::Migrated.item())),
    ] {
        assert_eq!(Row::from_item(item), row);
    }
}

#[test]
fn a_row_without_an_attribute_that_its_kind_needs_is_kept_as_it_is() {
    let (conversation, ana, ben) = (conversation_id(1), user("ana"), user("ben"));
    let message = message(conversation, 2, 2);
    let [mut inbox, _] = inbox_rows(&message);
    inbox.remove(MESSAGE_GROUP_UUID);
    let keys = [Key::Head(conversation), Key::SendMarker(conversation, message.id), Key::Pair(ana.id, ben.id)];
    let mut message = message.item();
    message.remove("user_uuid");
    for item in keys.iter().map(Key::item).chain([message, inbox, Item::new()]) {
        assert_eq!(Row::from_item(item.clone()), Row::Other(item));
    }
}

#[test]
fn a_row_that_expires_has_only_an_old_image() {
    let message = message(conversation_id(1), 2, 2);
    let number = SequenceNumber("1".to_owned());
    let change = Change::new(number.clone(), Some(SendMarker::item(&message, 1)), None);
    let before = Some(Row::SendMarker(message.conversation, message.id, SendMarker { at: message.at }));
    assert_eq!(change, Change { sequence_number: number, before, after: None });
}
