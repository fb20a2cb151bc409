//! What the emulators do not do of themselves: DynamoDB throttles, collides, and fails after a commit.

use std::time::{Duration, Instant};

use cruddur_messages::domain::conversation;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::InboxRow;
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use futures::future::join_all;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Server, ana, ben, body, new_message, texts};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::faults::{Fault, Faults};
use crate::support::postgres::Database;

/// How long the store may try before it says that it cannot: less than a request may take.
const PATIENCE: Duration = Duration::from_secs(9);

/// How often a sender tries before the test has failed.
const TRIES: usize = 40;

/// A web server whose way to the table can fail, and one whose way does not.
async fn servers() -> (DynamoDb, Faults, Server, Server) {
    let dynamodb = DynamoDb::start().await;
    let sound = Server::new(dynamodb.table().await);
    let faults = Faults::before(&dynamodb).await;
    let failing = Server::new(Table::new(faults.client().await, TABLE));
    (dynamodb, faults, failing, sound)
}

/// Sends into a conversation under faults; answers with what is stored in the end.
async fn send_under(faults: &Faults, server: &Server, sound: &Server, talk: conversation::Id) -> Vec<u64> {
    server.send(&ben(), talk, "more").await;
    assert_eq!(faults.left(), 0, "every fault was met");
    sound.history(&ana(), talk).await.iter().map(|message| message.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_throttled_for_a_moment_is_tried_again() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let talk = sound.start(&ana(), &ben(), "hello").await;
    for operation in ["GetItem", "Query", "TransactWriteItems", "UpdateItem"] {
        faults.plan(operation, 1, Fault::throttled());
    }
    assert_eq!(send_under(&faults, &server, &sound, talk).await, [1, 2]);
    for who in [ana(), ben()] {
        let [row] = &sound.inbox(&who).await[..] else { panic!("not one row") };
        assert_eq!(row.seq, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_throttled_or_in_trouble_is_unavailable_before_the_request_ends() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let talk = sound.start(&ana(), &ben(), "hello").await;
    for (operation, fault) in [
        ("TransactWriteItems", Fault::throttled()),
        ("TransactWriteItems", Fault::trouble()),
        ("TransactWriteItems", Fault::cancelled(&["None", "None", "ThrottlingError"])),
        ("TransactWriteItems", Fault::cancelled(&["None", "None", "TransactionConflict"])),
        ("TransactWriteItems", Fault::in_progress()),
    ] {
        faults.plan(operation, usize::MAX, fault);
        let begun = Instant::now();
        let answer = server.try_send(&ben(), talk, new_message(), "more").await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        assert!(begun.elapsed() < PATIENCE, "after {:?}", begun.elapsed());
    }
    faults.plan("GetItem", usize::MAX, Fault::throttled());
    let answer = server.conversations.membership(ana().id, talk).await;
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    assert_eq!(texts(&sound.history(&ana(), talk).await), ["hello"], "nothing of it was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_collide_are_tried_again() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let talk = sound.start(&ana(), &ben(), "hello").await;
    faults.plan("TransactWriteItems", 3, Fault::cancelled(&["None", "None", "TransactionConflict"]));
    assert_eq!(send_under(&faults, &server, &sound, talk).await, [1, 2]);
    faults.plan("TransactWriteItems", 1, Fault::in_progress());
    assert_eq!(send_under(&faults, &server, &sound, talk).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_after_the_commit_does_not_store_a_message_twice() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let talk = sound.start(&ana(), &ben(), "hello").await;
    faults.plan("TransactWriteItems", 1, Fault::FailedAfterwards);
    assert_eq!(send_under(&faults, &server, &sound, talk).await, [1, 2]);

    // So often that the store gives up: then who sent it tries again, with the same id.
    let id = new_message();
    faults.plan("TransactWriteItems", usize::MAX, Fault::FailedAfterwards);
    let answer = server.try_send(&ben(), talk, id, "once").await;
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    faults.end();
    let sent = server.try_send(&ben(), talk, id, "once").await.expect("sent");
    assert_eq!((sent.id, sent.seq), (id, 3));
    assert_eq!(texts(&sound.history(&ana(), talk).await), ["hello", "more", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_after_the_commit_is_the_same_conversation_when_it_is_repeated() {
    let (_dynamodb, faults, server, sound) = servers().await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::FailedAfterwards);
    let id = new_message();
    let start = async |server: &Server| server.conversations.start(&ana(), &ben(), id, &body("hello")).await;
    assert!(matches!(start(&server).await, Err(Failure::Unavailable(_))));
    faults.end();
    let (talk, _) = start(&server).await.expect("started");
    assert_eq!(texts(&sound.history(&ben(), talk).await), ["hello"]);
    assert_eq!(sound.inbox(&ben()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_senders_on_a_table_that_throttles_now_and_then_lose_nothing() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let talk = sound.start(&ana(), &ben(), "0").await;
    faults.plan("TransactWriteItems", 12, Fault::throttled());
    faults.plan("GetItem", 6, Fault::trouble());
    let sends = (1..=16).map(|n| {
        let server = &server;
        async move {
            let (id, text) = (new_message(), body(&format!("{n}")));
            // As a page does: tries again until it is told yes. There are fewer faults than tries.
            for _ in 0..TRIES {
                let Ok(Some(right)) = server.conversations.membership(ben().id, talk).await else { continue };
                if server.messages.append(&right, &ben(), id, &text).await.is_ok() {
                    return;
                }
            }
            panic!("not sent in {TRIES} tries");
        }
    });
    join_all(sends).await;
    let seqs: Vec<_> = sound.history(&ana(), talk).await.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (1..=17).collect::<Vec<_>>());
}

/// Puts a conversation into Ana's list of which she has read three messages of five. It comes after more others than a
/// query of read cursors reads, so that its own is read in a batch.
async fn put_one_far_down(sound: &Server) -> conversation::Id {
    let talks: Vec<_> = (0..501).map(|n| conversation::Id(Uuid::from_u128(n))).collect();
    let cursor = |talk: &conversation::Id| {
        let mut item = Key::Read(ana().id, *talk).item();
        item.insert("seq".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N("3".to_owned()));
        item
    };
    let last = talks[500];
    let row = InboxRow {
        owner: ana().id,
        at: SortTime::from(OffsetDateTime::UNIX_EPOCH),
        conversation: last,
        with: ben(),
        body: "hello".to_owned(),
        seq: 5,
        last_author: Some(ben().id),
    };
    sound.put(talks.iter().map(cursor).chain([row.item()])).await;
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_left_unprocessed_are_asked_for_again() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let people = Database::fresh().await;
    let server = Server::with_users(server.table, Users::new(people.pool));
    let last = put_one_far_down(&sound).await;
    faults.plan("BatchGetItem", 2, Fault::LeftUnprocessed);
    let list = server.conversations.list(ana().id, None).await.expect("a list").items;
    assert_eq!(list.iter().map(|talk| (talk.id, talk.unread())).collect::<Vec<_>>(), [(last, 2)]);
    assert_eq!(faults.left(), 0, "the batch was asked for until it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_stay_unprocessed_or_throttled_are_unavailable_before_the_request_ends() {
    let (_dynamodb, faults, server, sound) = servers().await;
    let people = Database::fresh().await;
    let server = Server::with_users(server.table, Users::new(people.pool));
    put_one_far_down(&sound).await;
    for fault in [Fault::LeftUnprocessed, Fault::throttled()] {
        faults.plan("BatchGetItem", usize::MAX, fault);
        let begun = Instant::now();
        let answer = server.conversations.list(ana().id, None).await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        assert!(begun.elapsed() < PATIENCE, "after {:?}", begun.elapsed());
    }
}
