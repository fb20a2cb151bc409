//! What is written into old conversations, and what that heals.

use cruddur_messages::domain::message::Body;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::rows;
use cruddur_messages::server::store::dynamodb::table::{Key, MESSAGE_GROUP_UUID};
use futures::future::join_all;

use super::{Server, new_message, person, server, shown, written};
use crate::support::dynamodb::DynamoDb;
use crate::support::old_app::{Inbox, OldApp, OldTalk, SHAPE, Shape};

fn ana() -> User {
    person(0)
}

fn ben() -> User {
    person(1)
}

/// A conversation of Ana and Ben with a message at each of these times.
async fn with_keys(keys: &[&str]) -> (DynamoDb, Server, OldTalk) {
    let mut app = OldApp::new(1);
    let mut talk = app.talk(&ana(), &ben(), Shape { messages: 0, ..SHAPE });
    for key in keys {
        talk.messages.push(app.message(talk.id, &ben(), key));
    }
    let last = talk.messages.last().expect("a message");
    for (owner, with) in [(ana(), ben()), (ben(), ana())] {
        app.inbox_row(&owner, &with, talk.id, last.at.as_str(), &last.body);
    }
    let (dynamodb, server) = server(&app).await;
    (dynamodb, server, talk)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_comes_after_every_old_one_by_time_and_by_key() {
    for keys in [
        &["2026-11-21T09:26:28.207802"][..],
        &["2026-11-21T09:26:28", "2026-11-21T09:26:28+00:00", "2026-11-21T09:26:28.207802+00:00"],
        // A clock far in the west has just written; one far in the east shows tomorrow.
        &["2026-11-21T22:26:28.207802+13:00", "2026-11-20T22:26:28.207801-11:00"],
        &["2026-11-21T12:26:28+05:00", "2026-11-21T09:00:00-05:00"],
        // The old seeds reach an hour and a half into the future.
        &["2026-11-21T09:26:00+00:00", "2026-11-21T11:08:00.123456+00:00", "2026-11-21T11:08:00.123456"],
    ] {
        let (_dynamodb, server, talk) = with_keys(keys).await;
        for (n, text) in (1..).zip(["one", "two", "three"]) {
            let sent = server.send(&ana(), talk.id, text).await;
            assert_eq!(sent.seq, n, "{keys:?}");
            let stored = server.stored_messages(talk.id).await;
            let new = stored.iter().find(|row| row.id == sent.id).expect("stored");
            for other in stored.iter().filter(|row| row.seq < new.seq) {
                assert!(new.at.at() > other.at.at() && new.at.as_str() > other.at.as_str(), "{keys:?}: {other:?}");
            }
            server.assert_rows_at(&talk, text, n).await;
        }
        let history = server.history(ben().id, talk.id).await;
        let last: Vec<_> = history[keys.len()..].iter().map(|message| message.body.as_str()).collect();
        assert_eq!(last, ["one", "two", "three"], "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_written_from_now_on_is_unread() {
    let mut app = OldApp::new(2);
    let talk = app.talk(&ana(), &ben(), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let unread = async || (server.unread(ana().id, talk.id).await, server.unread(ben().id, talk.id).await);
    assert_eq!(unread().await, (0, 0));
    server.send(&ben(), talk.id, "one").await;
    server.send(&ben(), talk.id, "two").await;
    assert_eq!(unread().await, (2, 0));
    let right = server.membership(ana().id, talk.id).await.expect("a member");
    server.conversations.mark_read(&right, 1).await.expect("read");
    assert_eq!(unread().await, (1, 0));
    server.send(&ana(), talk.id, "three").await;
    assert_eq!(unread().await, (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_heals_what_is_wrong_in_the_lists() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        let mut app = OldApp::new(3);
        let talk = app.talk(&ana(), &ben(), Shape { inbox, ..SHAPE });
        let (_dynamodb, server) = server(&app).await;
        server.send(&ana(), talk.id, "here we are").await;
        server.assert_rows_at(&talk, "here we are", 1).await;
        for me in talk.members {
            assert_eq!(server.list(me).await.len(), 1, "{inbox:?}");
        }
    }
}

/// A conversation of Ana and Ben that Ben has lost. Another one of his stands where its row would.
pub(super) fn with_a_lost_row() -> (OldApp, OldTalk) {
    let mut app = OldApp::new(4);
    let talk = app.talk(&ana(), &ben(), Shape { inbox: Inbox::Lost, ..SHAPE });
    let in_the_way = talk.messages.last().expect("a message").at.in_form();
    let other = app.talk(&ben(), &person(2), Shape { messages: 0, ..SHAPE });
    app.inbox_row(&ben(), &person(2), other.id, in_the_way.as_str(), "in the way");
    (app, talk)
}

/// Asserts that Ben's list has that conversation, as Ana's has it.
pub(super) async fn assert_ben_has_it_again(server: &Server, talk: &OldTalk) {
    let listed = server.list(ben().id).await;
    let again = listed.iter().find(|it| it.id == talk.id).expect("listed");
    let last = talk.messages.last().expect("a message");
    assert_eq!((again.preview.as_str(), again.unread(), again.with.id), (last.body.as_str(), 0, ana().id));
    assert_eq!((again.with.display_name.as_str(), listed.len()), ("Ana of then", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_their_row_has_it_again_when_either_opens_the_conversation() {
    for opened_by in [ana(), ben()] {
        let (app, talk) = with_a_lost_row();
        let (_dynamodb, server) = server(&app).await;
        assert!(server.list(ben().id).await.iter().all(|it| it.id != talk.id));
        server.membership(opened_by.id, talk.id).await.expect("a member");
        assert_ben_has_it_again(&server, &talk).await;
    }
}

/// Three conversations of Ana and Ben, and which is the oldest.
fn three(seed: u64, inbox: [Inbox; 3]) -> (OldApp, Vec<OldTalk>, OldTalk) {
    let mut app = OldApp::new(seed);
    let talks: Vec<_> =
        inbox.into_iter().map(|inbox| app.talk(&ana(), &ben(), Shape { messages: 25, inbox, ..SHAPE })).collect();
    let oldest = talks.iter().min_by_key(|talk| talk.messages[0].at.at()).expect("three").clone();
    (app, talks, oldest)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_conversations_the_oldest_goes_on_whoever_starts_and_the_others_stay() {
    for (seed, inbox) in [
        (1, [Inbox::Whole, Inbox::Whole, Inbox::Whole]),
        (2, [Inbox::Lost, Inbox::Twice, Inbox::Lost]),
        (3, [Inbox::Behind, Inbox::Lost, Inbox::Whole]),
    ] {
        for (me, other) in [(ana(), ben()), (ben(), ana())] {
            let (app, talks, oldest) = three(seed, inbox);
            let (_dynamodb, server) = server(&app).await;
            // Opening another one by its address settles nothing.
            let another = talks.iter().find(|talk| talk.id != oldest.id).expect("another");
            server.membership(me.id, another.id).await.expect("a member");

            assert_eq!(server.conversations.find_with(me.id, other.id).await.expect("an answer"), Some(oldest.id));
            assert_eq!(server.start(&me, &other, "once more").await, oldest.id, "seed {seed}");
            assert_eq!(server.start(&other, &me, "and more").await, oldest.id, "seed {seed}");
            for talk in &talks {
                let before = server.history(other.id, talk.id).await;
                assert_eq!(shown(&before[..talk.messages.len()]), written(&talk.messages));
                server.send(&me, talk.id, "here too").await;
                assert_eq!(server.history(other.id, talk.id).await.len(), before.len() + 1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_meet_an_old_conversation_at_once_agree() {
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
        assert!(started.iter().all(|talk| *talk == oldest.id) && opened.iter().all(Option::is_some), "seed {seed}");
        let history = server.history(ana.id, oldest.id).await;
        let new: Vec<_> = history[oldest.messages.len()..].iter().map(|message| message.seq).collect();
        assert_eq!(new, [1, 2, 3, 4, 5, 6], "seed {seed}");
        let last = history.last().expect("a message");
        server.assert_rows_at(&oldest, &last.body, 6).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_never_talked_start_a_new_conversation_in_an_old_table() {
    let (app, talks, _) = three(1, [Inbox::Whole; 3]);
    let (_dynamodb, server) = server(&app).await;
    let new = server.start(&ana(), &person(2), "hello").await;
    assert!(talks.iter().all(|talk| talk.id != new));
    assert_eq!(server.start(&person(2), &ana(), "hello yourself").await, new);
    assert_eq!(server.list(ana().id).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_repeated_is_stored_once_in_an_old_conversation_too() {
    let mut app = OldApp::new(5);
    let talk = app.talk(&ana(), &ben(), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let (id, text) = (new_message(), Body::parse("once").expect("a body"));
    let (me, mut sent) = (ana(), Vec::new());
    for _ in 0..3 {
        let right = server.membership(me.id, talk.id).await.expect("a member");
        sent.push(server.messages.append(&right, &me, id, &text).await.expect("sent"));
    }
    assert!(sent.iter().all(|message| *message == sent[0]));
    assert_eq!(server.history(ben().id, talk.id).await.len(), talk.messages.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_is_known_to_hold_nothing_old() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    assert!(table.get(&Key::Adopted).await.expect("an answer").is_some());
    // A row that only a whole list would show is not looked for.
    let server = Server::on(table).await;
    let mut app = OldApp::new(6);
    let talk = app.talk(&ana(), &ben(), SHAPE);
    app.write_to(&server.table).await;
    let marked = server.table.transact(vec![server.table.put_if_absent(Key::Adopted.item()).expect("a part")]).await;
    assert!(marked.expect("an answer").is_ok());
    assert_eq!(server.conversations.find_with(ana().id, ben().id).await.expect("an answer"), None);
    assert!(server.may_open(ana().id, talk.id).await, "by its address it is found all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pair_of_old_people_is_stored_where_new_ones_have_theirs() {
    let (app, _, oldest) = three(3, [Inbox::Whole; 3]);
    let (_dynamodb, server) = server(&app).await;
    server.conversations.find_with(ana().id, ben().id).await.expect("an answer");
    let pair = server.table.get(&Key::Pair(ben().id, ana().id)).await.expect("an answer").expect("a pair");
    assert_eq!(rows::text(&pair, MESSAGE_GROUP_UUID), Some(oldest.id.to_string().as_str()));
}
