//! Numbers for messages that the old app writes beside this program.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::legacy::numbering::{Numbered, number};
use cruddur_messages::server::store::dynamodb::rows::{FirstSent, MessageRow, SendMarker};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::{batch, projections};
use futures::future::join_all;
use time::Duration;

use super::fixtures::{NOW, Server, new_server, person, server};
use crate::support::legacy_app::{Clocks, LegacyApp, SHAPE, Shape};
use crate::support::old_back_end::{OldBackEnd, Version};

fn ana() -> User {
    person(0)
}

fn ben() -> User {
    person(1)
}

fn old(server: &Server, version: Version) -> OldBackEnd {
    OldBackEnd::new(server.table.client().clone(), version)
}

/// Returns the messages without a number, oldest first.
async fn unnumbered(server: &Server, conversation: conversation::Id) -> Vec<MessageRow> {
    let mut rows = server.stored_messages(conversation).await;
    rows.retain(|row| row.seq == 0);
    rows.sort_by(|one, other| one.at.cmp(&other.at));
    rows
}

async fn try_number(server: &Server, message: &MessageRow) -> Option<Numbered> {
    number(&server.table, message).await.expect("a response")
}

/// Returns numbers and texts of a conversation as a member sees it, and asserts that times grow and that the head is at
/// the last number.
async fn shown(server: &Server, me: &User, conversation: conversation::Id) -> Vec<(u64, String)> {
    let history = server.history(me.id, conversation).await;
    assert!(history.is_sorted_by(|one, next| one.sent_at < next.sent_at), "{history:#?}");
    let head = server.head(conversation).await.expect("a head");
    assert_eq!(head.seq, history.iter().map(|message| message.seq).max().unwrap_or(0));
    history.into_iter().map(|message| (message.seq, message.body)).collect()
}

fn texts(of: &[(u64, &str)]) -> Vec<(u64, String)> {
    of.iter().map(|(seq, text)| (*seq, (*text).to_owned())).collect()
}

/// Applies the records of these rows as a server does that reads the stream.
async fn apply(server: &Server, rows: Vec<Item>) {
    let record = |(number, row)| Change::new(SequenceNumber(format!("{number}")), None, Some(row));
    let records: Vec<_> = rows.into_iter().enumerate().map(record).collect();
    batch::apply(&projections::all(&server.table), &records).await.expect("done");
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_old_app_gets_the_next_number_and_keeps_its_time() {
    for version in [Version::First, Version::Last] {
        let (_dynamodb, server) = new_server().await;
        let conversation = server.start(&ana(), &ben(), "hello").await;
        let at = NOW + Duration::SECOND;
        old(&server, version).create_message_at(conversation, &ben(), "from the old app", at).await;
        let [message] = &unnumbered(&server, conversation).await[..] else { panic!("not one message") };
        let numbered = try_number(&server, message).await.expect("numbered");
        assert_eq!((numbered.message.seq, numbered.message.at.at(), numbered.message.id), (2, at, message.id));
        assert!(numbered.message.at.is_canonical());
        assert_eq!(shown(&server, &ana(), conversation).await, texts(&[(1, "hello"), (2, "from the old app")]));
        let marker = server.table.get(&Key::SendMarker(conversation, message.id)).await.expect("a response");
        let first_sent = Some(FirstSent::new(&numbered.message));
        let expected = Some(SendMarker { at: numbered.message.at.clone(), first_sent });
        assert_eq!(marker.as_ref().and_then(SendMarker::from_item), expected);
        server.send(&ana(), conversation, "next").await;
        assert_eq!(shown(&server, &ben(), conversation).await[2], (3, "next".to_owned()));
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_numbered_once_however_often_and_in_whatever_order_it_is_seen() {
    for seed in 0..8 {
        let (dynamodb, server) = new_server().await;
        let conversation = server.start(&ana(), &ben(), "hello").await;
        for n in 0..6_i64 {
            // Half of them are earlier than the next message of this program.
            let version = if n % 2 == 0 { Version::First } else { Version::Last };
            let at = NOW + Duration::milliseconds(1 + n * 3);
            old(&server, version).create_message_at(conversation, &ben(), &format!("old {n}"), at).await;
            if n == 2 {
                server.send(&ana(), conversation, "ours").await;
            }
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let mut seen = [unnumbered(&server, conversation).await, unnumbered(&server, conversation).await].concat();
        assert_eq!(seen.len(), 12);
        random.shuffle(&mut seen);
        let second = server.second(&dynamodb).await;
        let all = join_all(seen.iter().enumerate().map(async |(n, message)| {
            let on = if n % 2 == 0 { &server } else { &second };
            try_number(on, message).await
        }));
        // Seen once more, all of them have the numbers that they were given.
        let first = all.await;
        for (message, numbered) in seen.iter().zip(&first) {
            let again = try_number(&server, message).await.expect("numbered");
            let numbered = numbered.as_ref().expect("numbered");
            assert_eq!(again.message, numbered.message, "seed {seed}");
        }
        let shown = shown(&server, &ana(), conversation).await;
        assert!(shown.iter().map(|(seq, _)| *seq).eq(1..=8), "seed {seed}: {shown:?}");
        assert_eq!(server.stored_messages(conversation).await.len(), 8, "seed {seed}");
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn members_have_not_read_a_message_of_the_old_app_and_its_author_has() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    old(&server, Version::Last).create_message_at(conversation, &ana(), "more", NOW + Duration::SECOND).await;
    let before = server.rows().await;
    apply(&server, before.clone()).await;
    let new = server.rows().await.into_iter().filter(|row| !before.contains(row)).collect();
    apply(&server, new).await;
    assert_eq!((server.unread(ana().id, conversation).await, server.unread(ben().id, conversation).await), (0, 2));
    let rows = server.inbox_rows(conversation).await;
    let rows: Vec<_> = rows.values().flatten().map(|row| (row.seq, row.body.as_str(), row.last_author)).collect();
    assert_eq!(rows, [(2, "more", Some(ana().id)); 2]);
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_message_under_the_time_of_another_one_gets_the_next_time() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let at = NOW + Duration::SECOND;
    old(&server, Version::Last).create_message_at(conversation, &ben(), "without an offset", at).await;
    old(&server, Version::First).create_message_at(conversation, &ana(), "with an offset", at).await;
    let [one, other] = &unnumbered(&server, conversation).await[..] else { panic!("not two messages") };
    assert_eq!(one.body, "without an offset");
    assert_eq!(try_number(&server, one).await.map(|it| it.message.seq), Some(2));
    assert_eq!(try_number(&server, other).await.map(|it| it.message.seq), Some(3));
    let all = [(1, "hello"), (2, "without an offset"), (3, "with an offset")];
    assert_eq!(shown(&server, &ana(), conversation).await, texts(&all));
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn legacy_messages_get_no_number_when_the_stream_shows_them() {
    for opened in [false, true] {
        let mut app = LegacyApp::new(7);
        let conversation = app.add_conversation(&ana(), &ben(), Shape { clocks: Clocks::World, ..SHAPE });
        let (_dynamodb, server) = server(&app).await;
        if opened {
            server.send(&ana(), conversation.id, "ours").await;
        }
        let before = server.rows().await;
        apply(&server, before.clone()).await;
        assert_eq!(server.rows().await, before, "opened: {opened}");
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_new_message_in_a_legacy_conversation_is_the_first_with_a_number() {
    for opened in [false, true] {
        let mut app = LegacyApp::new(8);
        let conversation = app.add_conversation(&ana(), &ben(), SHAPE);
        // Sample data reaches into the future.
        let future = app.message(conversation.id, &ben(), "2026-11-21T11:08:00.123456");
        let (_dynamodb, server) = server(&app).await;
        if opened {
            server.membership(ana().id, conversation.id).await.expect("a member");
        }
        old(&server, Version::Last).create_message_at(conversation.id, &ben(), "new", NOW).await;
        let stored = unnumbered(&server, conversation.id).await;
        let new = stored.iter().find(|row| row.body == "new").expect("stored");
        let numbered = try_number(&server, new).await.expect("numbered");
        assert_eq!((numbered.message.seq, numbered.head.pair()), (1, Some(conversation.members)), "opened: {opened}");
        assert_eq!(numbered.message.at > future.at, opened, "a known conversation continues after its last message");
        assert_eq!(unnumbered(&server, conversation.id).await.len(), stored.len() - 1);
        let membership = server.membership(ana().id, conversation.id).await.expect("a member");
        let page = server.messages.opening_page(&membership, 0).await.expect("a page");
        assert!(page.items.iter().any(|message| message.id == new.id), "it opens at the first unread message");
        // The next one is new, too, although there are messages in the future.
        old(&server, Version::Last).create_message_at(conversation.id, &ana(), "next", NOW + Duration::SECOND).await;
        let stored = unnumbered(&server, conversation.id).await;
        let next = stored.iter().find(|row| row.body == "next").expect("stored");
        assert_eq!(try_number(&server, next).await.map(|it| it.message.seq), Some(2), "opened: {opened}");
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_never_comes_before_the_message_that_its_author_has_seen() {
    let (_dynamodb, server) = new_server().await;
    let conversation = old(&server, Version::Last).create_message_group_at(&ana(), &ben(), "seen", NOW).await;
    // Ben opens the conversation before the stream has shown the message. A further message comes after that.
    server.membership(ben().id, conversation).await.expect("a member");
    let unseen = NOW + Duration::milliseconds(5);
    old(&server, Version::Last).create_message_at(conversation, &ana(), "unseen", unseen).await;
    let server = Server::on(server.table.clone().with_clock(Clock::new(|| NOW + Duration::SECOND))).await;
    server.send(&ben(), conversation, "answer").await;
    for message in unnumbered(&server, conversation).await {
        try_number(&server, &message).await;
    }
    let expected = [(0, "seen"), (1, "answer"), (2, "unseen")];
    assert_eq!(shown(&server, &ana(), conversation).await, texts(&expected));
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_the_old_app_starts_becomes_one_of_ours() {
    let (_dynamodb, server) = new_server().await;
    let conversation = old(&server, Version::Last).create_message_group_at(&ana(), &ben(), "hello", NOW).await;
    apply(&server, server.rows().await).await;
    apply(&server, server.rows().await).await;
    assert_eq!(shown(&server, &ben(), conversation).await, texts(&[(1, "hello")]));
    assert_eq!((server.unread(ana().id, conversation).await, server.unread(ben().id, conversation).await), (0, 1));
    assert_eq!(server.start(&ben(), &ana(), "hello yourself").await, conversation);
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_does_not_make_a_conversation_known() {
    let mut app = LegacyApp::new(9);
    let conversation = app.add_conversation(&ana(), &ben(), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    old(&server, Version::Last).create_message_at(conversation.id, &person(2), "let me in", NOW).await;
    let before = server.rows().await;
    let stored = unnumbered(&server, conversation.id).await;
    let strangers = stored.iter().find(|row| row.author.id == person(2).id).expect("stored");
    assert_eq!(try_number(&server, strangers).await, None);
    assert_eq!(server.rows().await, before);
    // In a known conversation the members see it, and have not read it.
    server.membership(ana().id, conversation.id).await.expect("a member");
    let numbered = try_number(&server, strangers).await.expect("numbered");
    assert!(!numbered.head.members().contains(person(2).id));
}

// F20: the sample data of both versions of the old app, loaded while a server reads the stream.
#[tokio::test(flavor = "multi_thread")]
async fn sample_data_of_the_old_app_keeps_its_order() {
    for version in [Version::First, Version::Last] {
        for batch_len in [1, 7, 200] {
            let (_dynamodb, server) = new_server().await;
            let server = Server::on(server.table.clone().with_clock(Default::default())).await;
            let (conversation, texts) = old(&server, version).seed(&ana(), &ben()).await;
            for some in server.rows().await.chunks(batch_len) {
                apply(&server, some.to_vec()).await;
            }
            let history = server.history(ana().id, conversation).await;
            let shown: Vec<_> = history.iter().map(|message| message.body.clone()).collect();
            assert_eq!(shown, texts, "{version:?}, {batch_len}");
            assert!(history.is_sorted_by(|one, next| one.seq < next.seq || next.seq == 0), "{version:?}");
            let members = server.inbox_rows(conversation).await;
            assert!(members.values().all(|rows| rows.len() == 1), "{members:#?}");
        }
    }
}

// F20
#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_id_is_taken_stays_without_a_number_and_holds_up_nothing() {
    let (_dynamodb, server) = new_server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let sent = server.send(&ana(), conversation, "ours").await;
    let stored = server.stored_messages(conversation).await;
    let row = stored.iter().find(|row| row.id == sent.id).expect("stored");
    let copy = MessageRow { at: row.at.next(NOW + Duration::SECOND), seq: 0, body: "a copy".to_owned(), ..row.clone() };
    let put = server.table.put_if_absent(copy.item()).expect("a part");
    assert!(server.table.transact(vec![put]).await.expect("a response").is_ok());
    assert_eq!(try_number(&server, &copy).await, None);
    assert_eq!(server.head(conversation).await.expect("a head").seq, 2);
}
