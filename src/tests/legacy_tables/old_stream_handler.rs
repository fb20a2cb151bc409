//! The old app's stream handler beside this program: the rows that it damages, and their repair.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation::{self, Kind};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::legacy::pairs;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, NamedUser, Pair};
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID};
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::{batch, projections};
use futures::future::join_all;
use uuid::Uuid;

use super::fixtures::{NOW, Server, body, new_message, new_server, person};
use crate::support::admin_code::legacy::migration::migrate;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::old_stream_handler::OldStreamHandler;

fn ana() -> User {
    person(0)
}

fn ben() -> User {
    person(1)
}

fn cy() -> User {
    person(2)
}

async fn pair_row(server: &Server) -> Option<Item> {
    server.table.get(&Key::Pair(ana().id, ben().id)).await.expect("a response")
}

async fn put(server: &Server, row: Item) {
    server.table.client().put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put");
}

async fn delete(server: &Server, key: &Key) {
    let request = server.table.client().delete_item().table_name(TABLE).set_key(Some(key.item()));
    request.send().await.expect("deleted");
}

/// Replaces the pair row of Ana and Ben with one of an earlier version, which is in the index.
async fn put_old_pair_row(server: &Server, conversation: conversation::Id) {
    let mut row = Key::Pair(ana().id, ben().id).item();
    row.insert(MESSAGE_GROUP_UUID.to_owned(), AttributeValue::S(conversation.to_string()));
    put(server, row).await;
}

/// Creates a group of Ana, Ben and Cy.
async fn group(server: &Server) -> conversation::Id {
    let conversation = conversation::Id(Uuid::now_v7());
    let group = NewGroup { conversation, others: &[ben(), cy()], message: new_message(), body: &body("hello") };
    server.conversations.create_group(&ana(), &group).await.expect("a group is created");
    conversation
}

/// Returns the rows of the table that are not inbox rows.
async fn other_rows(server: &Server) -> Vec<Item> {
    let rows = server.rows().await;
    rows.into_iter().filter(|row| !matches!(Key::of(row), Some(Key::Inbox(..)))).collect()
}

/// Asserts that each of these users has exactly one row of the conversation, as this program writes it.
async fn assert_rows(server: &Server, conversation: conversation::Id, owners: &[User], newest: (&str, u64, &User)) {
    let rows = server.inbox_rows(conversation).await;
    assert_eq!(rows.len(), owners.len(), "{rows:#?}");
    for owner in owners {
        let [row] = &rows[&owner.id][..] else { panic!("{}: {:#?}", owner.handle_text(), rows[&owner.id]) };
        let (text, seq, author) = newest;
        assert_eq!(
            (row.body.as_str(), row.seq, row.last_author),
            (text, seq, Some(author.id)),
            "{}",
            owner.handle_text()
        );
        match owners {
            [one, other] => {
                let peer = if owner.id == one.id { other } else { one };
                assert_eq!(row.peer(), Some(peer), "the old app shows these names");
            }
            _ => assert_eq!(row.named, NamedUser::Author(author.clone()), "{}", owner.handle_text()),
        }
    }
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn the_old_stream_handler_touches_inbox_rows_only() {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let group = group(&server).await;
    for to in [conversation, group] {
        server.send(&ben(), to, "more").await;
    }
    let before = other_rows(&server).await;
    OldStreamHandler::on(&dynamodb).catch_up().await;
    assert_eq!(other_rows(&server).await, before);
    assert_eq!(server.start(&ben(), &ana(), "again").await, conversation);
}

/// Lets the old stream handler delete the pair row that an earlier version has written.
async fn without_a_pair_row() -> (DynamoDb, Server, conversation::Id) {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    put_old_pair_row(&server, conversation).await;
    server.send(&ben(), conversation, "more").await;
    OldStreamHandler::on(&dynamodb).catch_up().await;
    assert_eq!(pair_row(&server).await, None, "the old stream handler has deleted it");
    (dynamodb, server, conversation)
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_by_handle_continues_a_conversation_whose_pair_row_was_deleted() {
    for (me, other) in [(ana(), ben()), (ben(), ana())] {
        let (dynamodb, server, conversation) = without_a_pair_row().await;
        // The damaged rows of a group look like those of a direct conversation.
        let group = group(&server).await;
        OldStreamHandler::on(&dynamodb).catch_up().await;
        assert_eq!(server.start(&me, &other, "again").await, conversation);
        let pair = pair_row(&server).await.expect("a pair row");
        assert_eq!(Pair::from_item(&pair), Some(Pair { conversation }));
        assert!(!Pair::is_in_index(&pair));
        assert_eq!(server.start(&other, &me, "and again").await, conversation);
        assert_ne!(conversation, group);
    }
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn it_continues_the_conversation_if_an_inbox_row_is_lost_as_well() {
    for lost in [ana(), ben()] {
        let (_dynamodb, server, conversation) = without_a_pair_row().await;
        for row in &server.inbox_rows(conversation).await[&lost.id] {
            delete(&server, &row.key()).await;
        }
        assert_eq!(server.start(&ana(), &ben(), "again").await, conversation);
        assert_rows(&server, conversation, &[ana(), ben()], ("again", 3, &ana())).await;
    }
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_send_by_handle_at_once_agree_without_a_pair_row() {
    let (dynamodb, server, conversation) = without_a_pair_row().await;
    let servers = join_all((0..6).map(|_| server.second(&dynamodb))).await;
    let (ana, ben) = (ana(), ben());
    let started = join_all(servers.iter().enumerate().map(async |(n, server)| {
        let (me, other) = if n % 2 == 0 { (&ana, &ben) } else { (&ben, &ana) };
        server.start(me, other, &format!("{n}")).await
    }));
    assert!(started.await.into_iter().all(|it| it == conversation));
    assert_eq!(server.history(ana.id, conversation).await.len(), 8);
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn a_pair_row_of_an_earlier_version_leaves_the_index_when_it_is_read_or_migrated() {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    for is_migrated in [false, true] {
        put_old_pair_row(&server, conversation).await;
        if is_migrated {
            let planned = migrate(&server.table, Purpose::Report, &|_| {}).await.expect("a report");
            assert!(Pair::is_in_index(&pair_row(&server).await.expect("a pair row")), "a dry run changes nothing");
            let report = migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
            assert_eq!((planned.changed, report.changed.pairs_rewritten), (report.changed, 1));
            let again = migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
            assert_eq!(again.changed.pairs_rewritten, 0);
        } else {
            let found = server.conversations.find_direct(ben().id, ana().id).await.expect("a response");
            assert_eq!(found, Some(conversation));
        }
        let pair = pair_row(&server).await.expect("a pair row");
        assert_eq!((Pair::from_item(&pair), Pair::is_in_index(&pair)), (Some(Pair { conversation }), false));
        OldStreamHandler::on(&dynamodb).catch_up().await;
        assert_eq!(pair_row(&server).await, Some(pair));
    }
    // A row that the old stream handler has just deleted is not put back by a late rewrite.
    delete(&server, &Key::Pair(ana().id, ben().id)).await;
    pairs::rewrite(&server.table, ana().id, ben().id, conversation).await.expect("refused");
    assert_eq!(pair_row(&server).await, None);
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_repairs_the_rows_that_the_old_stream_handler_has_damaged() {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let group = group(&server).await;
    server.send(&ben(), conversation, "more").await;
    server.send(&ben(), group, "more").await;
    let mut handler = OldStreamHandler::on(&dynamodb);
    handler.catch_up().await;
    let damaged = server.inbox_rows(group).await;
    assert!(damaged.values().flatten().all(|row| row.seq == 0 && row.kind() == Kind::Direct), "{damaged:#?}");

    // A row that a crash of the handler has lost as well.
    for row in &damaged[&cy().id] {
        delete(&server, &row.key()).await;
    }
    server.send(&ana(), conversation, "next").await;
    server.send(&ana(), group, "next").await;
    assert_rows(&server, conversation, &[ana(), ben()], ("next", 3, &ana())).await;
    assert_rows(&server, group, &[ana(), ben(), cy()], ("next", 3, &ana())).await;
    assert_eq!(server.unread(ben().id, conversation).await, 1, "Ben has written the second message");
    assert_eq!((server.unread(cy().id, group).await, server.unread(ana().id, group).await), (3, 0));
}

/// Returns the stream's records of the rows that the table has, without old images.
async fn records(server: &Server) -> Vec<Change> {
    let record = |(number, row)| Change::new(SequenceNumber(format!("{number}")), None, Some(row));
    server.rows().await.into_iter().enumerate().map(record).collect()
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_repairs_damaged_rows_in_any_order_and_without_a_further_message() {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let group = group(&server).await;
    for to in [conversation, group] {
        server.send(&ben(), to, "more").await;
        server.send(&ana(), to, "newest").await;
    }
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..5 {
        // Each time from the oldest message on: the handler also moves the rows back.
        OldStreamHandler::on(&dynamodb).catch_up().await;
        let mut records = records(&server).await;
        random.shuffle(&mut records);
        for some in records.chunks(random.usize(1..4)) {
            batch::apply(&projections::all(&server.table), some).await.expect("done");
        }
        assert_rows(&server, conversation, &[ana(), ben()], ("newest", 3, &ana())).await;
        assert_rows(&server, group, &[ana(), ben(), cy()], ("newest", 3, &ana())).await;
    }
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn a_second_row_that_the_old_stream_handler_has_put_is_removed() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let newest = server.send(&ben(), conversation, "more").await;
    // This program has moved the row between the deletion and the put of the handler.
    for row in server.inbox_rows(conversation).await.into_values().flatten() {
        let second = InboxRow { at: row.at.next(row.at.at()), seq: 0, last_author: None, ..row };
        put(&server, second.item()).await;
    }
    assert_eq!(server.list(ana().id).await.len(), 1);
    batch::apply(&projections::all(&server.table), &records(&server).await).await.expect("done");
    assert_rows(&server, conversation, &[ana(), ben()], ("more", newest.seq, &ben())).await;
}

// F2: the old app shows the names in its rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_row_takes_the_names_from_the_row_that_the_old_stream_handler_puts_back() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let [row] = &server.inbox_rows(conversation).await[&ana().id][..] else { panic!("not one row") };
    // Ben has never written, so his names are unknown while the row is absent.
    delete(&server, &row.key()).await;
    server.send(&ana(), conversation, "more").await;
    let [restored] = &server.inbox_rows(conversation).await[&ana().id][..] else { panic!("not one row") };
    assert_eq!(restored.named, NamedUser::Peer(User::deleted(ben().id)));
    put(&server, InboxRow { at: restored.at.next(NOW), seq: 0, last_author: None, ..row.clone() }.item()).await;
    batch::apply(&projections::all(&server.table), &records(&server).await).await.expect("done");
    assert_rows(&server, conversation, &[ana(), ben()], ("more", 2, &ana())).await;
}

// F2
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_repairs_damaged_rows_of_every_kind() {
    let (dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let group = group(&server).await;
    OldStreamHandler::on(&dynamodb).catch_up().await;
    let planned = migrate(&server.table, Purpose::Report, &|_| {}).await.expect("a report");
    let report = migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
    assert_eq!((planned.changed, report.changed.inbox_rows_moved), (report.changed, 5));
    assert_rows(&server, conversation, &[ana(), ben()], ("hello", 1, &ana())).await;
    assert_rows(&server, group, &[ana(), ben(), cy()], ("hello", 1, &ana())).await;
    let again = migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
    assert_eq!(again.changed, Default::default());
}

// F2: rows of conversations that only the old app has used stay as they are.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_leaves_rows_of_the_old_app_alone() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let rows: BTreeMap<_, _> = server.inbox_rows(conversation).await.into_iter().collect();
    let old = conversation::Id(Uuid::new_v4());
    for row in rows.into_values().flatten() {
        let at = row.at.next(row.at.at());
        put(&server, InboxRow { conversation: old, at, seq: 0, last_author: None, ..row }.item()).await;
    }
    let before = server.rows().await;
    batch::apply(&projections::all(&server.table), &records(&server).await).await.expect("done");
    assert_eq!(server.rows().await, before);
}
