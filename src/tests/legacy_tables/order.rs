//! Order of legacy messages whose keys do not sort by time, and the cost of reading them.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::{Cursor, PAGE_SIZE};
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use time::Duration;

use super::fixtures::{NOW, Server, person, server, shown, written};
use super::reading::assert_listed;
use crate::support::admin_code::capacity::metered;
use crate::support::admin_code::legacy::migration::migrate;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::dynamodb::TABLE;
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

/// Creates a conversation with messages of the last `days`. Their keys are up to 26 hours away from their times.
fn unsorted(seed: u64, messages: usize, days: i64) -> (LegacyApp, LegacyConversation) {
    let (mut app, span) = (LegacyApp::new(seed), Duration::days(days));
    let shape = Shape { messages, from: NOW - span, span, clocks: Clocks::World, ..SHAPE };
    let conversation = app.add_conversation(&person(0), &person(1), shape);
    assert!(!conversation.messages.is_sorted_by_key(|message| message.at.as_str()), "keys do not sort by time");
    (app, conversation)
}

/// Returns all messages, requested as an open page does: each time those after its last one.
async fn catch_up(server: &Server, me: user::Id, conversation: conversation::Id) -> Vec<Message> {
    let membership = server.membership(me, conversation).await.expect("a member");
    let mut all: Vec<Message> = Vec::new();
    loop {
        let last = all.last().map(|last| SortTime::stored(last.sent_at.as_str()).expect("a time"));
        let page = server.messages.page_after(&membership, last.as_ref()).await.expect("newer messages");
        all.extend(page.items);
        if page.newer.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_shown_once_and_sorted_by_time_in_both_directions_and_when_catching_up() {
    for (seed, messages, days) in [(1, 500, 3), (2, 300, 60), (3, 25, 1)] {
        let (app, conversation) = unsorted(seed, messages, days);
        let (_dynamodb, server) = server(&app).await;
        let [ana, ben] = conversation.members;
        assert_eq!(shown(&server.history(ana, conversation.id).await), written(&conversation.messages), "seed {seed}");
        assert_eq!(
            shown(&catch_up(&server, ben, conversation.id).await),
            written(&conversation.messages),
            "seed {seed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_messages_follow_the_last_legacy_message() {
    let (app, conversation) = unsorted(4, 150, 2);
    let (_dynamodb, server) = server(&app).await;
    for n in 0..30 {
        server.send(&person(n % 2), conversation.id, "we go on").await;
    }
    let [ana, ben] = conversation.members;
    let history = server.history(ana, conversation.id).await;
    let (old, new) = history.split_at(conversation.messages.len());
    assert_eq!(shown(old), written(&conversation.messages));
    assert_eq!(new.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    assert_eq!(catch_up(&server, ben, conversation.id).await, history);
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_begin_after_the_legacy_messages() {
    let (app, conversation) = unsorted(7, 150, 2);
    let (_dynamodb, server) = server(&app).await;
    for _ in 0..250 {
        server.send(&person(0), conversation.id, "we go on").await;
    }
    let membership = server.membership(person(1).id, conversation.id).await.expect("a member");
    let seqs = |messages: &[Message]| messages.iter().map(|message| message.seq).collect::<Vec<_>>();

    let page = server.messages.opening_page(&membership, 0).await.expect("a page");
    let begin = page.items.iter().position(|message| message.seq > 0).expect("an unread message");
    let (old, new) = page.items.split_at(begin);
    assert!(old.len() >= 3 && written(&conversation.messages).ends_with(&shown(old)), "{} legacy messages", old.len());
    assert_eq!(seqs(new), (1..=101).collect::<Vec<_>>());

    let page = server.messages.opening_page(&membership, 40).await.expect("a page");
    // A milestone finds this place, and the page has fewer messages.
    assert_eq!(seqs(&page.items), (38..=81).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_at_a_time_returns_the_messages_before_and_after_it() {
    let (app, conversation) = unsorted(5, 300, 4);
    let (_dynamodb, server) = server(&app).await;
    let membership = server.membership(conversation.members[0], conversation.id).await.expect("a member");
    let all = &conversation.messages;
    for message in all[40..all.len() - 40].iter().step_by(10) {
        let at = message.at.at();
        let before = &all[..all.partition_point(|other| other.at.at() < at)];
        let after = &all[all.partition_point(|other| other.at.at() <= at)..];
        let page = async |cursor: Cursor| server.messages.page(&membership, Some(&cursor)).await.expect("a page").items;
        let older = page(Cursor::before(&message.at.sent_at())).await;
        let newer = page(Cursor::after(&message.at.sent_at())).await;
        assert!(older.len() >= PAGE_SIZE && written(before).ends_with(&shown(&older)), "before {at}");
        assert!(newer.len() >= PAGE_SIZE && written(after).starts_with(&shown(&newer)), "after {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_is_listed_once_and_sorted_by_time() {
    let mut app = LegacyApp::new(6);
    let (messages, inbox) = (2, [Inbox::Whole, Inbox::Twice]);
    for n in 1..=70 {
        let span = Duration::days(3);
        let shape = Shape { messages, from: NOW - span, span, clocks: Clocks::World, inbox: inbox[n % inbox.len()] };
        app.add_conversation(&person(0), &person(n as u128), shape);
    }
    let (_dynamodb, server) = server(&app).await;
    assert_listed(&server, person(0).id, &app.conversations, 6).await;
    for conversation in app.conversations.iter().step_by(7) {
        server.send(&person(0), conversation.id, "we go on").await;
    }
    let listed = server.list(person(0).id).await;
    assert_eq!(listed.len(), 70);
    assert!(listed.is_sorted_by(|one, next| one.last_sent_at >= next.last_sent_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_rows_that_are_not_migrated_cost_more_than_a_query() {
    let (app, old) = unsorted(6, 60, 3);
    let (_dynamodb, unmetered) = server(&app).await;
    let me = person(0);
    let ours = unmetered.start(&me, &person(2), "hello").await;
    for _ in 0..25 {
        unmetered.send(&me, ours, "more").await;
    }
    let (client, meter) = metered(unmetered.table.client());
    let server = Server::on(Table::new(client, TABLE)).await;
    let membership = server.membership(me.id, ours).await.expect("a member");
    let old = server.membership(me.id, old.id).await.expect("a member");
    meter.take();

    let newest = server.messages.page(&membership, None).await.expect("the newest page");
    let older = server.messages.page(&membership, newest.older.as_ref()).await.expect("an older page");
    server.messages.page(&membership, older.newer.as_ref()).await.expect("a newer page");
    let last = newest.items.last().map(|last| SortTime::stored(last.sent_at.as_str()).expect("a time"));
    let nothing = server.messages.page_after(&membership, last.as_ref()).await.expect("nothing new");
    assert_eq!((older.items.len(), nothing.items.len(), meter.take().calls), (6, 0, 4), "one query each");

    server.messages.page(&old, None).await.expect("a page");
    assert!(meter.take().calls > 1);
    migrate(&unmetered.table, Purpose::Change, &|_| {}).await.expect("a report");
    server.messages.page(&old, None).await.expect("a page");
    assert_eq!(meter.take().calls, 2, "it finds that the table has been migrated");
    server.messages.page(&old, None).await.expect("a page");
    assert_eq!(meter.take().calls, 1);
}
