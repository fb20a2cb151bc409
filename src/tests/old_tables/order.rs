//! The order in which old messages are shown whose keys do not sort by time, and what it costs.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::{Cursor, PAGE_SIZE};
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::capacity::metered;
use cruddur_messages::server::store::dynamodb::legacy::whole::{Purpose, adopt};
use cruddur_messages::server::store::dynamodb::table::SortTime;
use time::Duration;

use super::reading::assert_listed;
use super::{NOW, Server, person, server, shown, written};
use crate::support::dynamodb::TABLE;
use crate::support::old_app::{Clocks, Inbox, OldApp, OldTalk, SHAPE, Shape};

/// So many messages in so many days until now. By key, one is up to 26 hours from where it belongs.
fn muddled(seed: u64, messages: usize, days: i64) -> (OldApp, OldTalk) {
    let (mut app, span) = (OldApp::new(seed), Duration::days(days));
    let shape = Shape { messages, from: NOW - span, span, clocks: Clocks::World, ..SHAPE };
    let talk = app.talk(&person(0), &person(1), shape);
    assert!(!talk.messages.is_sorted_by_key(|message| message.at.as_str()), "by key they are in another order");
    (app, talk)
}

/// All messages, as a page asks for them that asks for what comes after the last one it has.
async fn caught_up(server: &Server, me: user::Id, talk: conversation::Id) -> Vec<Message> {
    let right = server.membership(me, talk).await.expect("a member");
    let mut all: Vec<Message> = Vec::new();
    loop {
        let last = all.last().map(|last| SortTime::stored(last.sent_at.as_str()).expect("a time"));
        let page = server.messages.after(&right, last.as_ref()).await.expect("what comes after");
        all.extend(page.items);
        if page.newer.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_shown_once_and_in_the_order_of_time_both_ways_and_when_catching_up() {
    for (seed, messages, days) in [(1, 500, 3), (2, 300, 60), (3, 25, 1)] {
        let (app, talk) = muddled(seed, messages, days);
        let (_dynamodb, server) = server(&app).await;
        let [ana, ben] = talk.members;
        assert_eq!(shown(&server.history(ana, talk.id).await), written(&talk.messages), "seed {seed}");
        assert_eq!(shown(&caught_up(&server, ben, talk.id).await), written(&talk.messages), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_next_follows_on_the_last_of_them() {
    let (app, talk) = muddled(4, 150, 2);
    let (_dynamodb, server) = server(&app).await;
    for n in 0..30 {
        server.send(&person(n % 2), talk.id, "we go on").await;
    }
    let [ana, ben] = talk.members;
    let history = server.history(ana, talk.id).await;
    let (old, new) = history.split_at(talk.messages.len());
    assert_eq!(shown(old), written(&talk.messages));
    assert_eq!(new.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    assert_eq!(caught_up(&server, ben, talk.id).await, history);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_are_unread_they_begin_after_what_is_old() {
    let (app, talk) = muddled(7, 150, 2);
    let (_dynamodb, server) = server(&app).await;
    for _ in 0..250 {
        server.send(&person(0), talk.id, "we go on").await;
    }
    let right = server.membership(person(1).id, talk.id).await.expect("a member");
    let seqs = |messages: &[Message]| messages.iter().map(|message| message.seq).collect::<Vec<_>>();

    let page = server.messages.opening(&right, 0).await.expect("a page");
    let begin = page.items.iter().position(|message| message.seq > 0).expect("an unread message");
    let (old, new) = page.items.split_at(begin);
    assert!(old.len() >= 3 && written(&talk.messages).ends_with(&shown(old)), "{} old ones", old.len());
    assert_eq!(seqs(new), (1..=101).collect::<Vec<_>>());

    let page = server.messages.opening(&right, 40).await.expect("a page");
    assert_eq!(seqs(&page.items), (38..=141).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_leads_to_what_was_written_before_and_after_it() {
    let (app, talk) = muddled(5, 300, 4);
    let (_dynamodb, server) = server(&app).await;
    let right = server.membership(talk.members[0], talk.id).await.expect("a member");
    let all = &talk.messages;
    for message in all[40..all.len() - 40].iter().step_by(10) {
        let at = message.at.at();
        let before = &all[..all.partition_point(|other| other.at.at() < at)];
        let after = &all[all.partition_point(|other| other.at.at() <= at)..];
        let page = async |cursor: Cursor| server.messages.page(&right, Some(&cursor)).await.expect("a page").items;
        let older = page(Cursor::before(&message.at.sent_at())).await;
        let newer = page(Cursor::after(&message.at.sent_at())).await;
        assert!(older.len() >= PAGE_SIZE && written(before).ends_with(&shown(&older)), "before {at}");
        assert!(newer.len() >= PAGE_SIZE && written(after).starts_with(&shown(&newer)), "after {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_is_listed_once_and_in_the_order_of_time() {
    let mut app = OldApp::new(6);
    let (messages, inbox) = (2, [Inbox::Whole, Inbox::Twice]);
    for n in 1..=70 {
        let span = Duration::days(3);
        let shape = Shape { messages, from: NOW - span, span, clocks: Clocks::World, inbox: inbox[n % inbox.len()] };
        app.talk(&person(0), &person(n as u128), shape);
    }
    let (_dynamodb, server) = server(&app).await;
    assert_listed(&server, person(0).id, &app.talks, 6).await;
    for talk in app.talks.iter().step_by(7) {
        server.send(&person(0), talk.id, "we go on").await;
    }
    let listed = server.list(person(0).id).await;
    assert_eq!(listed.len(), 70);
    assert!(listed.is_sorted_by(|one, next| one.last_sent_at >= next.last_sent_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_nobody_has_adopted_costs_more_than_a_query() {
    let (app, old) = muddled(6, 60, 3);
    let (_dynamodb, free) = server(&app).await;
    let me = person(0);
    let ours = free.start(&me, &person(2), "hello").await;
    for _ in 0..25 {
        free.send(&me, ours, "more").await;
    }
    let (client, meter) = metered(free.table.client());
    let server = Server::on(Table::new(client, TABLE)).await;
    let right = server.membership(me.id, ours).await.expect("a member");
    let old = server.membership(me.id, old.id).await.expect("a member");
    meter.take();

    let newest = server.messages.page(&right, None).await.expect("the newest page");
    let older = server.messages.page(&right, newest.older.as_ref()).await.expect("an older page");
    server.messages.page(&right, older.newer.as_ref()).await.expect("a newer page");
    let last = newest.items.last().map(|last| SortTime::stored(last.sent_at.as_str()).expect("a time"));
    let nothing = server.messages.after(&right, last.as_ref()).await.expect("nothing new");
    assert_eq!((older.items.len(), nothing.items.len(), meter.take().calls), (6, 0, 4), "a query each");

    server.messages.page(&old, None).await.expect("a page");
    assert!(meter.take().calls > 1);
    adopt(&free.table, Purpose::Change, &|_| {}).await.expect("a report");
    server.messages.page(&old, None).await.expect("a page");
    assert_eq!(meter.take().calls, 2, "it learns that the table has been adopted");
    server.messages.page(&old, None).await.expect("a page");
    assert_eq!(meter.take().calls, 1);
}
