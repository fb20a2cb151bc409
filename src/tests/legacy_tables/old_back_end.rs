//! The back end of the old app beside this program: its messages in open pages, and in lists.

use cruddur_messages::domain::conversation::{Conversation, ConversationView};
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::run;
use cruddur_messages::server::stream::projections;
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::fixtures::person;
use crate::live::Stream;
use crate::support::admin_code::legacy::migration::migrate;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::app::{Browser, TestApp};
use crate::support::fake_streams::client_of;
use crate::support::legacy_app::{LegacyApp, SHAPE};
use crate::support::old_back_end::{OldBackEnd, Version};
use crate::support::old_stream_handler::OldStreamHandler;
use crate::support::wait_until::wait_until;

/// Lets the server read its table's stream, as it does in production.
pub(super) fn read_stream(app: &TestApp) -> DropGuard {
    let (table, closing) = (app.state.store.table(), CancellationToken::new());
    let projections = projections::publishing(&table, run::publish(&app.state));
    let streams = client_of(app.dynamodb.endpoint());
    let reader = Reader::new(table.name(), streams, app.state.store.postgres(), projections);
    tokio::spawn(reader.run(closing.clone()));
    closing.drop_guard()
}

pub(super) async fn me(browser: &mut Browser) -> User {
    browser.call("current_user", &[]).await.json()
}

async fn list(browser: &mut Browser) -> Vec<Conversation> {
    browser.call("list_conversations", &[]).await.json::<Page<Conversation>>().items
}

/// Waits until the list shows this text first, as unread or not.
async fn wait_for_row(browser: &mut Browser, text: &str, unread: u64) {
    wait_until("the list shows the message", async || {
        let listed = list(browser).await;
        listed.first().is_some_and(|first| (first.preview.as_str(), first.unread()) == (text, unread))
    })
    .await;
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_old_app_appears_live_once_and_counts_as_unread() {
    for version in [Version::First, Version::Last] {
        let app = TestApp::start().await;
        let _reading = read_stream(&app);
        let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let is_ana = me(&mut ana).await;
        let conversation = ben.start("ana", "hello").await;
        let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
        let old = OldBackEnd::new(app.dynamodb.client(), version);
        for n in 1..=3_u64 {
            let text = format!("old {n}");
            old.create_message(conversation.parse().expect("an id"), &is_ana, &text).await;
            for stream in [&mut hers, &mut his] {
                let message = stream.next_message().await;
                assert_eq!((message.body.as_str(), message.author, message.seq), (&*text, is_ana.id, 2 * n));
            }
            wait_for_row(&mut ben, &text, 2 * n - 1).await;
            wait_for_row(&mut ana, &text, 0).await;
            // No message is published twice: the next event is a message of this program.
            let ours = ana.say(&conversation, &format!("ours {n}")).await;
            for stream in [&mut hers, &mut his] {
                assert_eq!(stream.next_message().await, ours);
            }
        }
        let view: ConversationView = ben.call("open_conversation", &[("conversation", &conversation)]).await.json();
        let shown: Vec<_> = view.messages.items.iter().map(|message| (message.seq, message.body.as_str())).collect();
        let expected =
            [(1, "hello"), (2, "old 1"), (3, "ours 1"), (4, "old 2"), (5, "ours 2"), (6, "old 3"), (7, "ours 3")];
        assert_eq!((shown, view.newest, view.read), (expected.to_vec(), 7, 1));
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn it_does_so_in_legacy_conversations_before_and_after_a_migration() {
    for is_migrated in [false, true] {
        let app = TestApp::start().await;
        let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let (is_ana, is_ben) = (me(&mut ana).await, me(&mut ben).await);
        let mut legacy = LegacyApp::new(1);
        let conversation = legacy.add_conversation(&is_ana, &is_ben, SHAPE);
        legacy.add_conversation(&is_ben, &person(3), SHAPE);
        let table = app.dynamodb.table().await;
        legacy.write_to(&table).await;
        if is_migrated {
            migrate(&table, Purpose::Change, &|_| {}).await.expect("a report");
        }
        let _reading = read_stream(&app);
        let mut his = Stream::open(&ben).await;
        OldBackEnd::new(app.dynamodb.client(), Version::Last).create_message(conversation.id, &is_ana, "new").await;
        let message = his.next_message().await;
        assert_eq!((message.body.as_str(), message.seq), ("new", 1), "migrated: {is_migrated}");
        wait_for_row(&mut ben, "new", 1).await;
        wait_for_row(&mut ana, "new", 0).await;
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_the_old_app_starts_appears_live() {
    let app = TestApp::start().await;
    let _reading = read_stream(&app);
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (is_ana, is_ben) = (me(&mut ana).await, me(&mut ben).await);
    let mut his = Stream::open(&ben).await;
    let old = OldBackEnd::new(app.dynamodb.client(), Version::Last);
    let conversation = old.create_message_group(&is_ana, &is_ben, "hello").await;
    assert_eq!(his.next_message().await.body, "hello");
    wait_for_row(&mut ben, "hello", 1).await;
    assert_eq!(ben.start("ana", "hello yourself").await, conversation.to_string());
    assert_eq!(list(&mut ana).await.len(), 1);
}

// F2, F20
#[tokio::test(flavor = "multi_thread")]
async fn the_old_stream_handler_and_this_program_work_on_the_same_stream() {
    let app = TestApp::start().await;
    let _reading = read_stream(&app);
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let is_ana = me(&mut ana).await;
    let conversation = ana.start("ben", "first").await;
    let old = OldBackEnd::new(app.dynamodb.client(), Version::Last);
    let mut handler = OldStreamHandler::on(&app.dynamodb);
    for n in 1..=4_u64 {
        let text = format!("message {n}");
        if n % 2 == 0 {
            ana.say(&conversation, &text).await;
        } else {
            old.create_message(conversation.parse().expect("an id"), &is_ana, &text).await;
        }
        handler.catch_up().await;
        wait_for_row(&mut ben, &text, n + 1).await;
        handler.catch_up().await;
        wait_for_row(&mut ben, &text, n + 1).await;
        wait_for_row(&mut ana, &text, 0).await;
    }
    assert_eq!(ben.start("ana", "found").await, conversation);
    handler.catch_up().await;
    wait_for_row(&mut ana, "found", 1).await;
    assert_eq!((list(&mut ana).await.len(), list(&mut ben).await.len()), (1, 1));
}
