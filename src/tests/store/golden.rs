//! Golden rows: the attributes of every kind of row, as files in the JSON of DynamoDB's protocol. All versions of the
//! server and of the old app share one table, so a change of a name or a type here would make rows unreadable.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation::{self, Kind, Members, Receipts};
use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::message::{self, Reaction, TextVersion, Version};
use cruddur_messages::domain::user::{DisplayName, User};
use cruddur_messages::server::store::dynamodb::rows::{
    Block, EarlierText, FirstSent, Head, InboxRow, MessageRow, Milestone, NamedUser, NamesAtBlock, Pair, ReadCursor,
    ReplyTo, RequestRow, Revision, SendMarker,
};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use serde_json::Value;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{ana, ben, cy, new_user, server_with_clock};
use crate::support::items;

/// Reads a golden file.
macro_rules! golden {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("golden/", $name, ".json"))).expect("JSON")
    };
}

const CONVERSATION: conversation::Id = conversation::Id(Uuid::from_u128(0x5ae2_90ed_55d1_47a0_bc6d_fe2b_c270_0399));

/// Base of message ids without a time: UUIDs of version 4.
const ID_WITHOUT_TIME: u128 = 0x5ae2_90ed_55d1_47a0_bc6d_fe2b_c270_0300;

const MESSAGE: message::Id = message::Id(Uuid::from_u128(0x0193_4f2a_7d00_7000_8000_0000_0000_0001));

fn at() -> SortTime {
    SortTime::from(datetime!(2026-11-21 9:26:28.207802 UTC))
}

fn message_row() -> MessageRow {
    MessageRow::new(CONVERSATION, at(), MESSAGE, ana(), "hello\n🎈".to_owned(), 7)
}

fn message_row_with_all_attributes() -> MessageRow {
    let reaction = |emoji: &str, users: &[User]| Reaction {
        emoji: Emoji::stored(emoji.to_owned()),
        users: users.iter().map(|user| user.id).collect(),
    };
    MessageRow {
        reply_to: Some(ReplyTo {
            message_uuid: message::Id(Uuid::from_u128(MESSAGE.0.as_u128() + 8)),
            sk: old_time().as_str().to_owned(),
            user_uuid: ben().id,
        }),
        changed: 12,
        edits: 2,
        edited_at: Some(SortTime::from(datetime!(2026-11-21 9:27 UTC)).sent_at()),
        reactions: vec![reaction("👍", &[ben(), ana()]), reaction("❤\u{fe0f}", &[ana()])],
        ..message_row()
    }
}

fn deleted_message_row() -> MessageRow {
    let deleted_at = Some(SortTime::from(datetime!(2026-11-21 9:28 UTC)).sent_at());
    MessageRow { body: String::new(), changed: 13, deleted_at, ..message_row() }
}

fn revision() -> Revision {
    Revision { conversation: CONVERSATION, rev: 12, message: MESSAGE, at: at() }
}

fn milestone() -> Milestone {
    Milestone { conversation: CONVERSATION, seq: 65, at: at() }
}

fn earlier_text() -> EarlierText {
    let version = Version { body: "helo".to_owned(), written_at: at().sent_at() };
    EarlierText { conversation: CONVERSATION, message: MESSAGE, edits: 1, version }
}

fn inbox_row() -> InboxRow {
    InboxRow {
        owner: ana().id,
        at: at(),
        conversation: CONVERSATION,
        named: NamedUser::Peer(ben()),
        body: "hello\n🎈".to_owned(),
        version: TextVersion::default(),
        seq: 7,
        last_author: Some(ana().id),
        unreadable: Default::default(),
    }
}

fn inbox_row_of(message: &MessageRow) -> InboxRow {
    InboxRow { body: message.body.clone(), version: message.version(), ..inbox_row() }
}

fn inbox_row_of_a_group() -> InboxRow {
    InboxRow { named: NamedUser::Author(ana()), ..inbox_row() }
}

fn head() -> Head {
    Head::direct([ana().id, ben().id], 7, at()).expect("two members")
}

fn head_with_a_revision() -> Head {
    let mut head = head();
    head.rev = 12;
    head
}

fn head_with_a_block() -> Head {
    head().blocked_by(vec![ben().id], NamesAtBlock::default())
}

fn head_with_a_block_and_names() -> Head {
    head().blocked_by(vec![ben().id], NamesAtBlock::of([&ana(), &ben()]))
}

fn head_with_a_deleted_member() -> Head {
    head().without(ben().id)
}

fn deleted_request() -> RequestRow {
    RequestRow { is_deleted: true, ..request() }
}

fn head_of_a_request() -> Head {
    head().requested_by(ben().id)
}

fn request() -> RequestRow {
    RequestRow {
        owner: ana().id,
        conversation: CONVERSATION,
        peer: ben().id,
        requested_by: ben().id,
        is_deleted: false,
    }
}

fn head_of_a_group() -> Head {
    Head::group(Members::new([ana().id, ben().id, cy().id]).expect("members"), 7, at())
}

/// A time as the old app wrote it, without an offset.
fn old_time() -> SortTime {
    SortTime::stored("2023-03-20T09:25:57.713782").expect("a time")
}

/// Returns the row without an attribute, and with one of another type in its place.
fn damaged(row: &Item, name: &str) -> [Item; 2] {
    let (mut without, mut ill_typed) = (row.clone(), row.clone());
    let other_type = match without.remove(name).unwrap_or_else(|| panic!("{name} is in the row")) {
        AttributeValue::N(number) => AttributeValue::S(number),
        _ => AttributeValue::N("5".to_owned()),
    };
    ill_typed.insert(name.to_owned(), other_type);
    [without, ill_typed]
}

/// Returns this attribute of a row, if it is there.
fn only(row: &Item, name: &str) -> Item {
    row.get(name).map(|value| (name.to_owned(), value.clone())).into_iter().collect()
}

fn with_text(row: &Item, name: &str, text: &str) -> Item {
    let mut row = row.clone();
    row.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
    row
}

/// Returns the user without the names, which a row may lack.
fn without_names(user: User) -> User {
    let empty = String::new;
    User { handle: None, display_name: DisplayName::stored(empty()), ..user }
}

#[test]
fn every_kind_of_row_is_written_as_its_golden_row() {
    let migrated = Key::Migrated.item();
    let legacy = InboxRow { at: old_time(), seq: 0, last_author: None, ..inbox_row() };
    for (row, golden) in [
        (message_row().item(), golden!("message")),
        (message_row_with_all_attributes().item(), golden!("message_with_all_attributes")),
        (deleted_message_row().item(), golden!("deleted_message")),
        (inbox_row().item(), golden!("inbox_row")),
        (inbox_row_of(&message_row_with_all_attributes()).item(), golden!("inbox_row_of_an_edited_message")),
        (inbox_row_of(&deleted_message_row()).item(), golden!("inbox_row_of_a_deleted_message")),
        (head_with_a_revision().item(CONVERSATION), golden!("head_with_a_revision")),
        (head_with_a_block().item(CONVERSATION), golden!("head_with_a_block")),
        (head_with_a_block_and_names().item(CONVERSATION), golden!("head_with_a_block_and_names")),
        (head_of_a_request().item(CONVERSATION), golden!("head_of_a_request")),
        (request().item(), golden!("request")),
        (deleted_request().item(), golden!("deleted_request")),
        (head_with_a_deleted_member().item(CONVERSATION), golden!("head_with_a_deleted_member")),
        (revision().item(1_797_845_188), golden!("revision")),
        (earlier_text().item(), golden!("earlier_text")),
        (milestone().item(), golden!("milestone")),
        (legacy.item(), golden!("inbox_row_of_the_old_app")),
        (inbox_row_of_a_group().item(), golden!("inbox_row_of_a_group")),
        (head().item(CONVERSATION), golden!("head")),
        (head().after_legacy_messages(at()).item(CONVERSATION), golden!("head_of_a_legacy_conversation")),
        (head_of_a_group().item(CONVERSATION), golden!("head_of_a_group")),
        (SendMarker::item(&message_row(), 1_797_845_188), golden!("send_marker")),
        (ReadCursor::new_item(ana().id, CONVERSATION, 7, &at()), golden!("read_cursor")),
        (Pair { conversation: CONVERSATION }.item(ben().id, ana().id), golden!("pair")),
        (migrated, golden!("migrated_mark")),
    ] {
        assert_eq!(items::json(&row), golden);
        assert_eq!(items::item(&golden), row);
    }
}

#[test]
fn every_golden_row_is_read_as_the_row_that_wrote_it() {
    assert_eq!(MessageRow::from_item(&items::item(&golden!("message"))), Some(message_row()));
    assert_eq!(InboxRow::from_item(&items::item(&golden!("inbox_row"))), Some(inbox_row()));
    let row = InboxRow::from_item(&items::item(&golden!("inbox_row_of_a_group")));
    assert_eq!(row, Some(inbox_row_of_a_group()));
    assert_eq!(Head::from_item(&items::item(&golden!("head"))), Some(head()));
    assert_eq!(Head::from_item(&items::item(&golden!("head_of_a_group"))), Some(head_of_a_group()));
    let legacy = items::item(&golden!("head_of_a_legacy_conversation"));
    assert_eq!(Head::from_item(&legacy), Some(head().after_legacy_messages(at())));
    assert_eq!(damaged(&legacy, "legacy_until").map(|row| Head::from_item(&row)), [Some(head()), Some(head())]);
    for (golden, row) in [
        (golden!("message_with_all_attributes"), message_row_with_all_attributes()),
        (golden!("deleted_message"), deleted_message_row()),
    ] {
        assert_eq!(MessageRow::from_item(&items::item(&golden)), Some(row));
    }
    for (golden, message) in [
        (golden!("inbox_row_of_an_edited_message"), message_row_with_all_attributes()),
        (golden!("inbox_row_of_a_deleted_message"), deleted_message_row()),
    ] {
        assert_eq!(InboxRow::from_item(&items::item(&golden)), Some(inbox_row_of(&message)));
    }
    assert_eq!(Head::from_item(&items::item(&golden!("head_with_a_revision"))), Some(head_with_a_revision()));
    assert_eq!(Head::from_item(&items::item(&golden!("head_with_a_block"))), Some(head_with_a_block()));
    assert_eq!(Head::from_item(&items::item(&golden!("head_of_a_request"))), Some(head_of_a_request()));
    assert_eq!(RequestRow::from_item(&items::item(&golden!("request"))), Some(request()));
    let row = items::item(&golden!("head_with_a_block_and_names"));
    assert_eq!(Head::from_item(&row), Some(head_with_a_block_and_names()));
    assert_eq!(
        damaged(&row, "names_at_block").map(|row| Head::from_item(&row)),
        [Some(head_with_a_block()), Some(head_with_a_block())]
    );
    let names = NamesAtBlock::default();
    let block = Block { owner: ana().id, peer: ben().id, blocked_by: vec![ben().id], names };
    let named = Block { names: NamesAtBlock::of([&ana(), &ben()]), ..block.clone() };
    assert_eq!(Block::from_item(&items::item(&golden!("block"))), Some(named));
    assert_eq!(Block::from_item(&items::item(&golden!("block_of_an_earlier_version"))), Some(block));
    assert_eq!(RequestRow::from_item(&items::item(&golden!("deleted_request"))), Some(deleted_request()));
    let golden = items::item(&golden!("head_with_a_deleted_member"));
    assert_eq!(Head::from_item(&golden), Some(head_with_a_deleted_member()));
    assert_eq!(Revision::from_item(&items::item(&golden!("revision"))), Some(revision()));
    assert_eq!(EarlierText::from_item(&items::item(&golden!("earlier_text"))), Some(earlier_text()));
    assert_eq!(Milestone::from_item(&items::item(&golden!("milestone"))), Some(milestone()));
    let first_sent = Some(FirstSent::new(&message_row()));
    for (golden, first_sent) in
        [(golden!("send_marker"), first_sent), (golden!("send_marker_of_an_earlier_version"), None)]
    {
        assert_eq!(SendMarker::from_item(&items::item(&golden)), Some(SendMarker { at: at(), first_sent }));
    }
    assert_eq!(Pair::from_item(&items::item(&golden!("pair"))), Some(Pair { conversation: CONVERSATION }));
    let cursor = ReadCursor { receipts: Receipts::read(7), marked: 0, unmarked: 0 };
    assert_eq!(ReadCursor::from_item(&items::item(&golden!("read_cursor"))), cursor);
}

#[test]
fn golden_rows_of_the_old_app_are_read() {
    let message = MessageRow { at: old_time(), body: "old".to_owned(), seq: 0, ..message_row() };
    assert_eq!(MessageRow::from_item(&items::item(&golden!("message_of_the_old_app"))), Some(message));
    let row = InboxRow { at: old_time(), seq: 0, last_author: None, ..inbox_row() };
    assert_eq!(InboxRow::from_item(&items::item(&golden!("inbox_row_of_the_old_app"))), Some(row));
}

#[test]
fn a_message_is_read_without_its_number_or_names_but_not_without_anything_else() {
    let row = items::item(&golden!("message"));
    for name in ["pk", "sk", "message_uuid", "message", "user_uuid"] {
        assert_eq!(damaged(&row, name).map(|row| MessageRow::from_item(&row)), [None, None], "{name}");
    }
    for (name, expected) in [
        ("seq", MessageRow { seq: 0, ..message_row() }),
        ("user_handle", MessageRow { author: User { handle: None, ..ana() }, ..message_row() }),
        (
            "user_display_name",
            MessageRow { author: User { display_name: DisplayName::stored(String::new()), ..ana() }, ..message_row() },
        ),
    ] {
        for row in damaged(&row, name) {
            assert_eq!(MessageRow::from_item(&row), Some(expected.clone()), "{name}");
        }
    }
    for (name, text) in [("message_uuid", "@bayko"), ("user_uuid", ""), ("pk", "MSG#@bayko"), ("sk", "HEAD")] {
        assert_eq!(MessageRow::from_item(&with_text(&row, name, text)), None, "{name} {text:?}");
    }
}

#[test]
fn a_changed_message_is_read_whatever_is_wrong_with_its_changes() {
    let row = items::item(&golden!("message_with_all_attributes"));
    let whole = message_row_with_all_attributes();
    for (name, expected) in [
        ("reply_to", MessageRow { reply_to: None, ..whole.clone() }),
        ("changed", MessageRow { changed: 0, ..whole.clone() }),
        ("edits", MessageRow { edits: 0, ..whole.clone() }),
        ("reactions", MessageRow { reactions: Vec::new(), ..whole.clone() }),
        ("edited_at", MessageRow { edited_at: None, ..whole }),
    ] {
        for row in damaged(&row, name) {
            assert_eq!(MessageRow::from_item(&row), Some(expected.clone()), "{name}");
        }
    }
    for (golden, expected) in [
        (golden!("head_with_a_revision"), head()),
        // The row of a head without changes is that of the version before changes, byte for byte.
        (golden!("head"), head()),
    ] {
        let mut row = items::item(&golden);
        row.remove("rev");
        assert_eq!(Head::from_item(&row), Some(expected));
    }
    for row in damaged(&items::item(&golden!("inbox_row_of_an_edited_message")), "version") {
        assert_eq!(InboxRow::from_item(&row), Some(InboxRow { unreadable: only(&row, "version"), ..inbox_row() }));
    }
}

#[test]
fn a_row_of_a_change_is_read_only_complete() {
    let (revision, text) = (items::item(&golden!("revision")), items::item(&golden!("earlier_text")));
    for name in ["pk", "sk", "message_uuid", "message_sk"] {
        assert_eq!(damaged(&revision, name).map(|row| Revision::from_item(&row)), [None, None], "{name}");
    }
    for name in ["pk", "sk", "body", "written_at"] {
        assert_eq!(damaged(&text, name).map(|row| EarlierText::from_item(&row)), [None, None], "{name}");
    }
    for row in damaged(&items::item(&golden!("send_marker")), "hash") {
        assert_eq!(SendMarker::from_item(&row), Some(SendMarker { at: at(), first_sent: None }));
    }
}

#[test]
fn an_inbox_row_is_read_without_its_number_last_author_or_names_but_not_without_anything_else() {
    let row = items::item(&golden!("inbox_row"));
    for name in ["pk", "sk", "message_group_uuid", "message", "user_uuid"] {
        assert_eq!(damaged(&row, name).map(|row| InboxRow::from_item(&row)), [None, None], "{name}");
    }
    let mut nameless = row.clone();
    nameless.retain(|name, _| !["user_handle", "user_display_name"].contains(&name.as_str()));
    let expected = InboxRow { named: NamedUser::Peer(without_names(ben())), ..inbox_row() };
    assert_eq!(InboxRow::from_item(&nameless), Some(expected));
    for row in damaged(&row, "seq") {
        let unreadable = only(&row, "seq");
        assert_eq!(InboxRow::from_item(&row), Some(InboxRow { seq: 0, unreadable, ..inbox_row() }));
    }
    let unknown_author = Some(InboxRow { last_author: None, ..inbox_row() });
    for row in damaged(&row, "last_user_uuid").into_iter().chain([with_text(&row, "last_user_uuid", "@bayko")]) {
        assert_eq!(InboxRow::from_item(&row), unknown_author);
    }
    assert_eq!(InboxRow::from_item(&with_text(&row, "sk", "READ#1")), None);
}

#[test]
fn a_head_is_read_only_complete_and_with_exactly_two_members() {
    let row = items::item(&golden!("head"));
    for name in ["members", "seq", "last_sk"] {
        assert_eq!(damaged(&row, name).map(|row| Head::from_item(&row)), [None, None], "{name}");
    }
    let members = |texts: &[&str]| {
        let mut row = row.clone();
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        row.insert("members".to_owned(), AttributeValue::Ss(texts));
        Head::from_item(&row)?.pair()
    };
    let [one, two, three] = [1, 2, 3].map(|n| new_user(n, "x", "X").id.to_string());
    assert_eq!(members(&[&two, &one]), Some([ben().id, ana().id]));
    assert_eq!(members(&[&two, "@bayko", &one]), Some([ben().id, ana().id]), "an unreadable id is skipped");
    assert_eq!((members(&[&one]), members(&[&one, &two, &three])), (None, None));
    assert_eq!(Head::from_item(&with_text(&row, "last_sk", "HEAD")), None);
}

#[test]
fn members_are_read_from_a_set_and_from_a_list_with_and_without_a_kind() {
    let row = items::item(&golden!("head"));
    let texts = |count: u128| (1..=count).map(|n| new_user(n, "x", "X").id.to_string()).collect::<Vec<_>>();
    let set = |count| AttributeValue::Ss(texts(count));
    let list = |count| AttributeValue::L(texts(count).into_iter().map(AttributeValue::S).collect());
    let read = |members: AttributeValue, kind: Option<&str>| {
        let mut row = row.clone();
        row.insert("members".to_owned(), members);
        row.extend(kind.map(|kind| ("kind".to_owned(), AttributeValue::S(kind.to_owned()))));
        Head::from_item(&row).map(|head| (head.kind(), head.members().ids().len()))
    };
    for members in [&set as &dyn Fn(u128) -> AttributeValue, &list] {
        assert_eq!(read(members(2), None), Some((Kind::Direct, 2)));
        assert_eq!(read(members(2), Some("direct")), Some((Kind::Direct, 2)));
        assert_eq!(read(members(2), Some("group")), Some((Kind::Group, 2)));
        assert_eq!(read(members(3), Some("group")), Some((Kind::Group, 3)));
        for (count, kind) in [(1, None), (3, None), (3, Some("direct")), (3, Some("channel")), (0, Some("group"))] {
            assert_eq!(read(members(count), kind), None, "{count} members, {kind:?}");
        }
    }
}

#[test]
fn an_inbox_row_of_an_unknown_kind_is_not_read() {
    let row = items::item(&golden!("inbox_row"));
    assert_eq!(InboxRow::from_item(&with_text(&row, "kind", "direct")), Some(inbox_row()));
    assert_eq!(InboxRow::from_item(&with_text(&row, "kind", "channel")), None);
}

#[test]
fn a_read_cursor_is_read_whatever_is_missing() {
    let row = items::item(&golden!("read_cursor_with_all_attributes"));
    let whole = ReadCursor { receipts: Receipts { delivered: 9, read: 7 }, marked: 2, unmarked: 1 };
    assert_eq!(ReadCursor::from_item(&row), whole);
    for (name, expected) in [
        ("seq", ReadCursor { receipts: Receipts::delivered(9), ..whole }),
        ("delivered_seq", ReadCursor { receipts: Receipts::read(7), ..whole }),
        ("marked", ReadCursor { marked: 0, ..whole }),
        ("unmarked", ReadCursor { unmarked: 0, ..whole }),
        ("read_at", whole),
        ("delivered_at", whole),
    ] {
        for row in damaged(&row, name) {
            assert_eq!(ReadCursor::from_item(&row), expected, "{name}");
        }
    }
    assert_eq!(ReadCursor::from_item(&Item::new()), ReadCursor::default());
}

#[test]
fn an_id_may_be_written_in_every_form_of_a_uuid() {
    let row = items::item(&golden!("message"));
    let id = MESSAGE.0;
    for text in [
        id.hyphenated().to_string().to_uppercase(),
        id.simple().to_string(),
        id.urn().to_string(),
        id.braced().to_string(),
    ] {
        let read = MessageRow::from_item(&with_text(&row, "message_uuid", &text));
        assert_eq!(read, Some(message_row()), "{text}");
    }
}

#[test]
fn an_unknown_attribute_of_any_type_is_ignored() {
    let mut row = items::item(&golden!("message"));
    for (number, value) in [
        AttributeValue::Null(true),
        AttributeValue::Bool(true),
        AttributeValue::N("1.5".to_owned()),
        AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([0])),
        AttributeValue::L(vec![AttributeValue::Null(true)]),
        AttributeValue::M(Item::from([("a".to_owned(), AttributeValue::Bool(false))])),
        AttributeValue::Ns(vec!["1".to_owned()]),
        AttributeValue::Bs(vec![aws_sdk_dynamodb::primitives::Blob::new([0])]),
    ]
    .into_iter()
    .enumerate()
    {
        row.insert(format!("unknown{number}"), value);
    }
    assert_eq!(MessageRow::from_item(&row), Some(message_row()));
}

// F2
#[test]
fn a_pair_row_of_an_earlier_version_is_read_and_known_to_be_in_the_index() {
    let [old, new] = [golden!("pair_of_an_earlier_version"), golden!("pair")].map(|row| items::item(&row));
    assert_eq!(Pair::from_item(&old), Some(Pair { conversation: CONVERSATION }));
    assert_eq!([Pair::is_in_index(&old), Pair::is_in_index(&new)], [true, false]);
    for row in [damaged(&old, "message_group_uuid"), damaged(&new, "conversation_id")].concat() {
        assert_eq!(Pair::from_item(&row), None, "{row:?}");
    }
}

// F2: the old app's stream handler deletes every row that it finds in the index.
#[test]
fn only_inbox_rows_have_the_attribute_of_the_index() {
    let conversation = golden!("conversation");
    let others = [
        golden!("message"),
        golden!("message_of_the_old_app"),
        golden!("head"),
        golden!("head_of_a_group"),
        golden!("head_of_a_legacy_conversation"),
        golden!("head_with_a_revision"),
        golden!("head_with_a_block"),
        golden!("block"),
        golden!("head_of_a_request"),
        golden!("request"),
        golden!("message_with_all_attributes"),
        golden!("deleted_message"),
        golden!("revision"),
        golden!("earlier_text"),
        golden!("milestone"),
        golden!("inbox_row_of_an_edited_message"),
        golden!("send_marker"),
        golden!("read_cursor"),
        golden!("read_cursor_with_all_attributes"),
        golden!("pair"),
        golden!("migrated_mark"),
        golden!("inbox_row"),
        golden!("inbox_row_of_a_group"),
    ];
    let all: Vec<_> = conversation.as_array().expect("rows").iter().chain(&others).map(items::item).collect();
    assert!(all.len() > 25, "every kind of row");
    for row in all {
        let is_inbox_row = matches!(Key::of(&row), Some(Key::Inbox(..)));
        assert_eq!(row.contains_key("message_group_uuid"), is_inbox_row, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_written_as_its_golden_row() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26:28.207802 UTC)).await;
    server.conversations.set_block(&ben(), &ana(), true).await.expect("blocked");
    let rows = server.rows().await;
    let row = rows.iter().find(|row| Key::of(row) == Some(Key::Block(ana().id, ben().id)));
    assert_eq!(row.map(items::json), Some(golden!("block")));
}

/// Returns the rows of the table as JSON, sorted by key. Each id of `replaced` is replaced by that of the golden file.
fn dump(rows: &[Item], replaced: &[(Uuid, Uuid)]) -> Value {
    let mut text = Value::from_iter(rows.iter().map(items::json)).to_string();
    for (id, golden) in replaced {
        text = text.replace(&id.to_string(), &golden.to_string());
    }
    let mut rows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for members in rows.iter_mut().filter_map(|row| row.pointer_mut("/members/SS")?.as_array_mut()) {
        // A set has no order.
        members.sort_by_key(Value::to_string);
    }
    rows.sort_by_key(|row| (row["pk"].to_string(), row["sk"].to_string()));
    rows.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rows_of_a_conversation_are_written_as_their_golden_rows() {
    let (_dynamodb, server, clock) = server_with_clock(datetime!(2026-11-21 9:26:28.207802 UTC)).await;
    // Ids without a time: those of the golden file are too old to be sent.
    let [first, second] = [1, 2].map(|n| message::Id(Uuid::from_u128(ID_WITHOUT_TIME + n)));
    let started = server.try_start(&ana(), &ben(), first, "hello").await;
    let conversation = started.expect("a conversation starts").conversation;
    clock.set(datetime!(2026-11-21 9:26:29 UTC));
    server.try_send(&ben(), conversation, second, "hello yourself").await.expect("a message is sent");
    clock.set(datetime!(2026-11-21 9:26:30 UTC));
    let membership = server.membership(&ana(), conversation).await;
    server.conversations.mark_delivered(&membership, 2).await.expect("delivered");
    server.conversations.mark_unread(&membership).await.expect("marked");
    server.conversations.mark_read(&membership, 2).await.expect("read");
    server.conversations.mark_unread(&membership).await.expect("marked again");
    let golden_second = Uuid::from_u128(MESSAGE.0.as_u128() + 1);
    let golden_ids = [(conversation.0, CONVERSATION.0), (first.0, MESSAGE.0), (second.0, golden_second)];
    assert_eq!(dump(&server.rows().await, &golden_ids), golden!("conversation"));
}
