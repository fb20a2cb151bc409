//! Writing into legacy conversations, and the repairs that it makes.

use cruddur_messages::domain::message::Body;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::rows::Pair;
use cruddur_messages::server::store::dynamodb::table::Key;
use futures::future::join_all;

use super::fixtures::{Server, new_message, person, server, shown, written};
use crate::support::dynamodb::DynamoDb;
use crate::support::legacy_app::{Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

fn ana() -> User {
    person(0)
}

fn ben() -> User {
    person(1)
}

/// Creates a conversation of Ana and Ben with a message under each of these keys.
async fn with_keys(keys: &[&str]) -> (DynamoDb, Server, LegacyConversation) {
    let mut app = LegacyApp::new(1);
    let mut conversation = app.add_conversation(&ana(), &ben(), Shape { messages: 0, ..SHAPE });
    for key in keys {
        conversation.messages.push(app.message(conversation.id, &ben(), key));
    }
    let last = conversation.messages.last().expect("a message");
    for (owner, with) in [(ana(), ben()), (ben(), ana())] {
        app.inbox_row(&owner, &with, conversation.id, last.at.as_str(), &last.body);
    }
    let (dynamodb, server) = server(&app).await;
    (dynamodb, server, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_follows_every_legacy_message_by_time_and_by_key() {
    for keys in [
        &["2026-11-21T09:26:28.207802"][..],
        &["2026-11-21T09:26:28", "2026-11-21T09:26:28+00:00", "2026-11-21T09:26:28.207802+00:00"],
        // A clock in the far west has just written; a clock in the far east is already a day ahead.
        &["2026-11-21T22:26:28.207802+13:00", "2026-11-20T22:26:28.207801-11:00"],
        &["2026-11-21T12:26:28+05:00", "2026-11-21T09:00:00-05:00"],
        // The seed data of the old app reaches an hour and a half into the future.
        &["2026-11-21T09:26:00+00:00", "2026-11-21T11:08:00.123456+00:00", "2026-11-21T11:08:00.123456"],
    ] {
        let (_dynamodb, server, conversation) = with_keys(keys).await;
        for (n, text) in (1..).zip(["one", "two", "three"]) {
            let sent = server.send(&ana(), conversation.id, text).await;
            assert_eq!(sent.seq, n, "{keys:?}");
            let stored = server.stored_messages(conversation.id).await;
            let new = stored.iter().find(|row| row.id == sent.id).expect("stored");
            for other in stored.iter().filter(|row| row.seq < new.seq) {
                assert!(new.at.at() > other.at.at() && new.at.as_str() > other.at.as_str(), "{keys:?}: {other:?}");
            }
            server.assert_rows_at(&conversation, text, n).await;
        }
        let history = server.history(ben().id, conversation.id).await;
        let last: Vec<_> = history[keys.len()..].iter().map(|message| message.body.as_str()).collect();
        assert_eq!(last, ["one", "two", "three"], "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_messages_of_the_new_app_can_be_unread() {
    let mut app = LegacyApp::new(2);
    let conversation = app.add_conversation(&ana(), &ben(), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let unread =
        async || (server.unread(ana().id, conversation.id).await, server.unread(ben().id, conversation.id).await);
    assert_eq!(unread().await, (0, 0));
    server.send(&ben(), conversation.id, "one").await;
    server.send(&ben(), conversation.id, "two").await;
    assert_eq!(unread().await, (2, 0));
    let membership = server.membership(ana().id, conversation.id).await.expect("a member");
    server.conversations.mark_read(&membership, 1).await.expect("read");
    assert_eq!(unread().await, (1, 0));
    server.send(&ana(), conversation.id, "three").await;
    assert_eq!(unread().await, (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_repairs_the_inbox_rows() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        let mut app = LegacyApp::new(3);
        let conversation = app.add_conversation(&ana(), &ben(), Shape { inbox, ..SHAPE });
        let (_dynamodb, server) = server(&app).await;
        server.send(&ana(), conversation.id, "here we are").await;
        server.assert_rows_at(&conversation, "here we are", 1).await;
        for me in conversation.members {
            assert_eq!(server.list(me).await.len(), 1, "{inbox:?}");
        }
    }
}

/// Creates a conversation of Ana and Ben whose inbox row Ben lacks. A row of another conversation occupies its key.
pub(super) fn with_a_missing_row() -> (LegacyApp, LegacyConversation) {
    let mut app = LegacyApp::new(4);
    let conversation = app.add_conversation(&ana(), &ben(), Shape { inbox: Inbox::Lost, ..SHAPE });
    let occupied = conversation.messages.last().expect("a message").at.canonical();
    let other = app.add_conversation(&ben(), &person(2), Shape { messages: 0, ..SHAPE });
    app.inbox_row(&ben(), &person(2), other.id, occupied.as_str(), "under the same key");
    (app, conversation)
}

/// Asserts that Ben's list shows the conversation with its last message.
pub(super) async fn assert_listed_for_ben(server: &Server, conversation: &LegacyConversation) {
    let listed = server.list(ben().id).await;
    let row = listed.iter().find(|it| it.id == conversation.id).expect("listed");
    let last = conversation.messages.last().expect("a message");
    let peer = row.peer(ben().id).expect("the old app had no groups");
    assert_eq!((row.preview.as_str(), row.unread(), peer.id), (last.body.as_str(), 0, ana().id));
    assert_eq!((peer.display_name.as_str(), listed.len()), ("Deleted user", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_inbox_row_is_recreated_when_either_member_opens_the_conversation() {
    for opened_by in [ana(), ben()] {
        let (app, conversation) = with_a_missing_row();
        let (_dynamodb, server) = server(&app).await;
        assert!(server.list(ben().id).await.iter().all(|it| it.id != conversation.id));
        server.membership(opened_by.id, conversation.id).await.expect("a member");
        assert_listed_for_ben(&server, &conversation).await;
    }
}

/// Creates three conversations of Ana and Ben. Returns them, and the oldest of them.
fn three(seed: u64, inbox: [Inbox; 3]) -> (LegacyApp, Vec<LegacyConversation>, LegacyConversation) {
    let mut app = LegacyApp::new(seed);
    let conversations: Vec<_> = inbox
        .into_iter()
        .map(|inbox| app.add_conversation(&ana(), &ben(), Shape { messages: 25, inbox, ..SHAPE }))
        .collect();
    let oldest =
        conversations.iter().min_by_key(|conversation| conversation.messages[0].at.at()).expect("three").clone();
    (app, conversations, oldest)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_conversations_the_oldest_is_continued_and_the_others_stay_usable() {
    for (seed, inbox) in [
        (1, [Inbox::Whole, Inbox::Whole, Inbox::Whole]),
        (2, [Inbox::Lost, Inbox::Twice, Inbox::Lost]),
        (3, [Inbox::Behind, Inbox::Lost, Inbox::Whole]),
    ] {
        for (me, other) in [(ana(), ben()), (ben(), ana())] {
            let (app, conversations, oldest) = three(seed, inbox);
            let (_dynamodb, server) = server(&app).await;
            // Opening another one by its address does not store a pair.
            let another = conversations.iter().find(|conversation| conversation.id != oldest.id).expect("another");
            server.membership(me.id, another.id).await.expect("a member");

            assert_eq!(server.conversations.find_direct(me.id, other.id).await.expect("a response"), Some(oldest.id));
            assert_eq!(server.start(&me, &other, "once more").await, oldest.id, "seed {seed}");
            assert_eq!(server.start(&other, &me, "and more").await, oldest.id, "seed {seed}");
            for conversation in &conversations {
                let before = server.history(other.id, conversation.id).await;
                assert_eq!(shown(&before[..conversation.messages.len()]), written(&conversation.messages));
                server.send(&me, conversation.id, "here too").await;
                assert_eq!(server.history(other.id, conversation.id).await.len(), before.len() + 1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_migrate_a_conversation_concurrently_agree() {
    for seed in 1..=3 {
        let (app, _, oldest) = three(seed, [Inbox::Lost, Inbox::Lost, Inbox::Twice]);
        let (dynamodb, server) = server(&app).await;
        let servers = join_all((0..6).map(|_| server.second(&dynamodb))).await;
        let (ana, ben) = (ana(), ben());
        let started = join_all(servers.iter().enumerate().map(async |(n, server)| {
            let (me, other) = if n % 2 == 0 { (&ana, &ben) } else { (&ben, &ana) };
            server.start(me, other, &format!("{n}")).await
        }));
        let opened = join_all(servers.iter().map(|server| server.membership(ben.id, oldest.id)));
        let (started, opened) = tokio::join!(started, opened);
        assert!(
            started.iter().all(|conversation| *conversation == oldest.id) && opened.iter().all(Option::is_some),
            "seed {seed}"
        );
        let history = server.history(ana.id, oldest.id).await;
        let new: Vec<_> = history[oldest.messages.len()..].iter().map(|message| message.seq).collect();
        assert_eq!(new, [1, 2, 3, 4, 5, 6], "seed {seed}");
        let last = history.last().expect("a message");
        server.assert_rows_at(&oldest, &last.body, 6).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_a_conversation_start_a_new_one_in_a_legacy_table() {
    let (app, conversations, _) = three(1, [Inbox::Whole; 3]);
    let (_dynamodb, server) = server(&app).await;
    let new = server.start(&ana(), &person(2), "hello").await;
    assert!(conversations.iter().all(|conversation| conversation.id != new));
    assert_eq!(server.start(&person(2), &ana(), "hello yourself").await, new);
    assert_eq!(server.list(ana().id).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_send_is_stored_once_in_a_legacy_conversation_too() {
    let mut app = LegacyApp::new(5);
    let conversation = app.add_conversation(&ana(), &ben(), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let (id, text) = (new_message(), Body::parse("once").expect("a body"));
    let (me, mut sent) = (ana(), Vec::new());
    for _ in 0..3 {
        let access = server.write_access(me.id, conversation.id).await;
        sent.push(server.messages.append(&access, &me, id, &text, None).await.expect("sent"));
    }
    assert!(sent.iter().all(|message| *message == sent[0]));
    assert_eq!(server.history(ben().id, conversation.id).await.len(), conversation.messages.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_is_marked_as_free_of_legacy_rows() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    assert!(table.get(&Key::Migrated).await.expect("a response").is_some());
    // Marked as migrated, but the old app still writes.
    let server = Server::on(table).await;
    let mut app = LegacyApp::new(6);
    let conversation = app.add_conversation(&ana(), &ben(), SHAPE);
    app.write_to(&server.table).await;
    let marked = server.table.transact(vec![server.table.put_if_absent(Key::Migrated.item()).expect("a part")]).await;
    assert!(marked.expect("a response").is_ok());
    let found = server.conversations.find_direct(ana().id, ben().id).await.expect("a response");
    assert_eq!(found, Some(conversation.id), "its pair row is missing, but both inboxes list it");
    assert!(server.may_open(ana().id, conversation.id).await, "opening it by its address still works");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pair_of_a_legacy_conversation_is_stored_under_the_usual_key() {
    let (app, _, oldest) = three(3, [Inbox::Whole; 3]);
    let (_dynamodb, server) = server(&app).await;
    server.conversations.find_direct(ana().id, ben().id).await.expect("a response");
    let pair = server.table.get(&Key::Pair(ben().id, ana().id)).await.expect("a response").expect("a pair");
    assert_eq!(Pair::from_item(&pair), Some(Pair { conversation: oldest.id }));
}
