//! Faults that the emulators do not produce by themselves: throttling, conflicts, and failures after a commit.

use std::time::{Duration, Instant};

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::TextVersion;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, NamedUser};
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use futures::future::join_all;
use time::OffsetDateTime;
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, body, new_message_id, texts};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::postgres::Database;

/// Maximum time of an operation that fails: shorter than the timeout of a request.
const DEADLINE: Duration = Duration::from_secs(9);

/// Maximum number of attempts of a sender in a test.
const ATTEMPTS: usize = 40;

/// Starts a server behind a proxy with faults, and one without.
async fn servers() -> (DynamoDb, FaultProxy, Server, Server) {
    let dynamodb = DynamoDb::start().await;
    let healthy = Server::new(dynamodb.table().await);
    let faults = FaultProxy::start(&dynamodb).await;
    let failing = Server::new(Table::new(faults.client().await, TABLE));
    (dynamodb, faults, failing, healthy)
}

/// Sends into a conversation while faults are planned. Returns the sequence numbers of all stored messages.
async fn send_during(
    faults: &FaultProxy,
    server: &Server,
    healthy: &Server,
    conversation: conversation::Id,
) -> Vec<u64> {
    server.send(&ben(), conversation, "more").await;
    assert_eq!(faults.remaining(), 0, "every fault has happened");
    healthy.history(&ana(), conversation).await.iter().map(|message| message.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn briefly_throttled_operations_are_retried() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    for operation in ["GetItem", "Query", "TransactWriteItems", "UpdateItem"] {
        faults.plan(operation, 1, Fault::throttled());
    }
    assert_eq!(send_during(&faults, &server, &healthy, conversation).await, [1, 2]);
    for user in [ana(), ben()] {
        let [row] = &healthy.inbox(&user).await[..] else { panic!("not one row") };
        assert_eq!(row.seq, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lasting_throttling_or_faults_are_unavailable_before_the_request_timeout() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    for (operation, fault) in [
        ("TransactWriteItems", Fault::throttled()),
        ("TransactWriteItems", Fault::trouble()),
        ("TransactWriteItems", Fault::cancelled(&["None", "None", "ThrottlingError"])),
        ("TransactWriteItems", Fault::cancelled(&["None", "None", "TransactionConflict"])),
        ("TransactWriteItems", Fault::in_progress()),
    ] {
        faults.plan(operation, usize::MAX, fault);
        let begun = Instant::now();
        let answer = server.try_send(&ben(), conversation, new_message_id(), "more").await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        assert!(begun.elapsed() < DEADLINE, "after {:?}", begun.elapsed());
    }
    faults.plan("GetItem", usize::MAX, Fault::throttled());
    let answer = server.conversations.membership(ana().id, conversation).await;
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    assert_eq!(texts(&healthy.history(&ana(), conversation).await), ["hello"], "nothing of it was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicting_transactions_are_retried() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    faults.plan("TransactWriteItems", 3, Fault::cancelled(&["None", "None", "TransactionConflict"]));
    assert_eq!(send_during(&faults, &server, &healthy, conversation).await, [1, 2]);
    faults.plan("TransactWriteItems", 1, Fault::in_progress());
    assert_eq!(send_during(&faults, &server, &healthy, conversation).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_after_the_commit_does_not_store_a_message_twice() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    faults.plan("TransactWriteItems", 1, Fault::FailedAfterwards);
    assert_eq!(send_during(&faults, &server, &healthy, conversation).await, [1, 2]);

    // With more faults than the store retries, the sender has to repeat the call, with the same id.
    let id = new_message_id();
    faults.plan("TransactWriteItems", usize::MAX, Fault::FailedAfterwards);
    let answer = server.try_send(&ben(), conversation, id, "once").await;
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    faults.clear();
    let sent = server.try_send(&ben(), conversation, id, "once").await.expect("sent");
    assert_eq!((sent.id, sent.seq), (id, 3));
    assert_eq!(texts(&healthy.history(&ana(), conversation).await), ["hello", "more", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_start_that_failed_after_the_commit_returns_the_same_conversation() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::FailedAfterwards);
    let id = new_message_id();
    let start = async |server: &Server| server.try_start(&ana(), &ben(), id, "hello").await;
    assert!(matches!(start(&server).await, Err(Failure::Unavailable(_))));
    faults.clear();
    let conversation = start(&server).await.expect("started").conversation;
    assert_eq!(texts(&healthy.history(&ben(), conversation).await), ["hello"]);
    assert_eq!(healthy.inbox(&ana()).await.len(), 1);
    assert!(healthy.accept(&ben(), conversation).await);
    assert_eq!(healthy.inbox(&ben()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_senders_on_a_sometimes_throttled_table_lose_no_message() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let conversation = healthy.start(&ana(), &ben(), "0").await;
    faults.plan("TransactWriteItems", 12, Fault::throttled());
    faults.plan("GetItem", 6, Fault::trouble());
    let sends = (1..=16).map(|n| {
        let server = &server;
        async move {
            let (id, text) = (new_message_id(), body(&format!("{n}")));
            // Like a page, it retries until the send succeeds. There are fewer faults than attempts.
            for _ in 0..ATTEMPTS {
                let Ok(Some(membership)) = server.conversations.membership(ben().id, conversation).await else {
                    continue;
                };
                let access = server.conversations.write_access(membership).await.expect("a member may write");
                if server.messages.append(&access, &ben(), id, &text, None).await.is_ok() {
                    return;
                }
            }
            panic!("not sent in {ATTEMPTS} attempts");
        }
    });
    join_all(sends).await;
    let seqs: Vec<_> = healthy.history(&ana(), conversation).await.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (1..=17).collect::<Vec<_>>());
}

/// Adds a conversation to Ana's inbox of which she has read three messages of five. Its cursor is beyond the limit of
/// the cursor query, so that it is read in a batch.
async fn put_conversation_beyond_query(healthy: &Server) -> conversation::Id {
    let conversations: Vec<_> = (0..501).map(|n| conversation::Id(Uuid::from_u128(n))).collect();
    let cursor = |conversation: &conversation::Id| {
        let mut item = Key::ReadCursor(ana().id, *conversation).item();
        item.insert("seq".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N("3".to_owned()));
        item
    };
    let last = conversations[500];
    let row = InboxRow {
        owner: ana().id,
        at: SortTime::from(OffsetDateTime::UNIX_EPOCH),
        conversation: last,
        named: NamedUser::Peer(ben()),
        body: "hello".to_owned(),
        version: TextVersion::default(),
        seq: 5,
        last_author: Some(ben().id),
        unreadable: Default::default(),
    };
    healthy.put(conversations.iter().map(cursor).chain([row.item()])).await;
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn unprocessed_keys_are_requested_again() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let database = Database::fresh().await;
    let server = Server::with_users(server.table, Users::new(database.pool));
    let last = put_conversation_beyond_query(&healthy).await;
    faults.plan("BatchGetItem", 2, Fault::LeftUnprocessed);
    let list = server.conversations.list(ana().id, None).await.expect("a list").items;
    assert_eq!(
        list.iter().map(|conversation| (conversation.id, conversation.unread())).collect::<Vec<_>>(),
        [(last, 2)]
    );
    assert_eq!(faults.remaining(), 0, "the batch was repeated until all rows were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn lasting_unprocessed_keys_or_throttling_are_unavailable_before_the_request_timeout() {
    let (_dynamodb, faults, server, healthy) = servers().await;
    let database = Database::fresh().await;
    let server = Server::with_users(server.table, Users::new(database.pool));
    put_conversation_beyond_query(&healthy).await;
    for fault in [Fault::LeftUnprocessed, Fault::throttled()] {
        faults.plan("BatchGetItem", usize::MAX, fault);
        let begun = Instant::now();
        let answer = server.conversations.list(ana().id, None).await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        assert!(begun.elapsed() < DEADLINE, "after {:?}", begun.elapsed());
    }
}
