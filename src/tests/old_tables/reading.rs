//! What an old table shows before anybody has brought it up to date.

use std::collections::HashSet;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user;
use time::Duration;
use uuid::Uuid;

use super::{Server, body, new_message, person, server, shown, town, written};
use crate::support::old_app::{Clocks, Inbox, OldApp, OldTalk, SHAPE, Shape};

/// Asserts that somebody's list has each conversation that it should have, once, the newest first.
pub(super) async fn assert_listed(server: &Server, me: user::Id, talks: &[OldTalk], seed: u64) {
    let listed = server.list(me).await;
    let expected: HashSet<_> = talks.iter().filter(|talk| talk.listed_by.contains(&me)).map(|talk| talk.id).collect();
    assert_eq!(listed.iter().map(|it| it.id).collect::<HashSet<_>>(), expected, "seed {seed}");
    assert_eq!(listed.len(), expected.len(), "seed {seed}: each once");
    assert!(listed.is_sorted_by(|one, next| one.last_sent_at >= next.last_sent_at), "seed {seed}: in order");
    assert!(listed.iter().all(|it| it.unread() == 0), "seed {seed}: what is old is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_is_listed_and_every_message_shown_once_in_order_to_both_members_only() {
    for (seed, clocks) in [(1, Clocks::Containers), (2, Clocks::Containers), (1, Clocks::World), (2, Clocks::World)] {
        let app = town(seed, clocks);
        let (_dynamodb, server) = server(&app).await;
        for n in 0..6 {
            assert_listed(&server, person(n).id, &app.talks, seed).await;
        }
        for talk in &app.talks {
            for n in 0..6 {
                let me = person(n).id;
                if talk.members.contains(&me) && !talk.listed_by.is_empty() {
                    let history = server.history(me, talk.id).await;
                    assert_eq!(shown(&history), written(&talk.messages), "seed {seed}, {clocks:?}");
                } else {
                    assert!(!server.may_open(me, talk.id).await, "seed {seed}: a stranger, or nobody's conversation");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_messages_in_four_years_are_read_to_the_end_by_both() {
    let mut app = OldApp::new(4);
    let talk = app.talk(&person(0), &person(1), Shape { messages: 20_000, ..SHAPE });
    let years: HashSet<_> = talk.messages.iter().map(|message| message.at.at().year()).collect();
    assert!(talk.messages.len() > 20_000 && years.len() == 5, "with those of one instant, in parts of five years");
    let (_dynamodb, server) = server(&app).await;
    let [ana, ben] = talk.members.map(|me| server.history(me, talk.id));
    let (ana, ben) = tokio::join!(ana, ben);
    let written = written(&talk.messages);
    assert!(shown(&ana) == written && shown(&ben) == written);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_row_on_a_later_page_does_not_list_a_conversation_again() {
    let mut app = OldApp::new(5);
    for n in 1..=50 {
        let inbox = if n % 3 == 0 { Inbox::Twice } else { Inbox::Whole };
        app.talk(&person(0), &person(n), Shape { messages: 12, inbox, ..SHAPE });
    }
    let (_dynamodb, server) = server(&app).await;
    assert_listed(&server, person(0).id, &app.talks, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_wrote_is_shown_and_makes_nobody_a_member() {
    let mut app = OldApp::new(6);
    let talk = app.talk(&person(0), &person(1), SHAPE);
    let strange = app.message(talk.id, &person(2), "2026-11-20T09:26:28.207802");
    let (_dynamodb, server) = server(&app).await;
    assert!(!server.may_open(person(2).id, talk.id).await);
    let history = server.history(person(0).id, talk.id).await;
    assert_eq!(history.last().map(|message| (message.id, message.author)), Some((strange.id, person(2).id)));
    assert_eq!(history.len(), talk.messages.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_find_nothing_and_leave_nothing() {
    let mut app = OldApp::new(7);
    let talk = app.talk(&person(0), &person(1), SHAPE);
    let nobodys = app.talk(&person(0), &person(1), Shape { inbox: Inbox::None, ..SHAPE });
    let third = app.talk(&person(0), &person(1), SHAPE);
    app.inbox_row(&person(2), &person(0), third.id, "2026-11-20T09:26:28.207802", "three people?");
    app.room("bayko", &person(0));
    let (_dynamodb, server) = server(&app).await;
    let before = server.rows().await;
    for n in [2, 3] {
        assert!(!server.may_open(person(n).id, talk.id).await);
    }
    for n in 0..4 {
        assert!(!server.may_open(person(n).id, nobodys.id).await, "no row says whose it is");
        assert!(!server.may_open(person(n).id, third.id).await, "its rows contradict each other");
        assert!(!server.may_open(person(n).id, conversation::Id(Uuid::from_u128(n))).await, "it is not there");
    }
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_an_account_under_are_those_of_the_rows() {
    let mut app = OldApp::new(8);
    app.talk(&person(0), &person(1), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let listed = server.list(person(0).id).await;
    assert_eq!(listed[0].with.display_name.as_str(), "Ben of then");
    assert_eq!(listed[0].with.id, person(1).id);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_has_no_number_and_the_next_message_is_the_first_that_has() {
    let mut app = OldApp::new(9);
    let talk = app.talk(&person(0), &person(1), Shape { messages: 500, span: Duration::days(900), ..SHAPE });
    let (_dynamodb, server) = server(&app).await;
    assert!(server.head(talk.id).await.is_none());
    let right = server.membership(person(0).id, talk.id).await.expect("a member");
    let head = server.head(talk.id).await.expect("it has been made");
    assert_eq!((right.newest_seq(), head.seq), (0, 0), "what is old is not counted");
    server.messages.append(&right, &person(0), new_message(), &body("next")).await.expect("sent");
    assert_eq!(server.head(talk.id).await.map(|head| head.seq), Some(1));
}
