//! A person's list of conversations. Names come from PostgreSQL.

use std::collections::HashSet;

use cruddur_messages::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::page::{Cursor, PAGE_SIZE};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::InboxRow;
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::{Server, SetClock, ana, ben, cy, person};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

/// A server with a database of its own, in which nobody has an account yet.
async fn server() -> (DynamoDb, Server, SetClock, PgPool) {
    let dynamodb = DynamoDb::start().await;
    let clock = SetClock::at(datetime!(2026-11-21 9:26 UTC));
    let people = Database::fresh().await.pool;
    let table = dynamodb.table().await.with_clock(clock.clock());
    (dynamodb, Server::with_users(table, Users::new(people.clone())), clock, people)
}

async fn sign_up(people: &PgPool, user: &User) {
    sqlx::query("insert into users (uuid, display_name, handle, email, cognito_user_id) values ($1, $2, $3, $3, $3)")
        .bind(user.id.0)
        .bind(user.display_name.as_str())
        .bind(user.handle.as_str())
        .execute(people)
        .await
        .expect("an account");
}

async fn list(server: &Server, me: &User) -> Vec<Conversation> {
    server.conversations.list(me.id, None).await.expect("a list").items
}

async fn unread(server: &Server, me: &User) -> u64 {
    list(server, me).await[0].unread()
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_come_newest_first_a_page_at_a_time() {
    let (_dynamodb, server, clock, _people) = server().await;
    let mut started = Vec::new();
    for n in 0..45 {
        clock.set(datetime!(2023-12-31 9:26 UTC) + Duration::weeks(3) * n);
        started.push(server.start(&ana(), &person(100 + n as u128, "x", "X"), "hello").await);
    }
    let first = server.conversations.list(ana().id, None).await.expect("the first page");
    let second = server.conversations.list(ana().id, first.older.as_ref()).await.expect("the second page");
    let third = server.conversations.list(ana().id, second.older.as_ref()).await.expect("the third page");
    assert_eq!((first.items.len(), second.items.len(), third.items.len()), (PAGE_SIZE, PAGE_SIZE, 5));
    assert_eq!((third.older, first.newer, second.newer), (None, None, None));
    let listed: Vec<_> = [first.items, second.items, third.items].concat().iter().map(|talk| talk.id).collect();
    started.reverse();
    assert_eq!(listed, started);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_conversations_has_an_empty_list() {
    let (_dynamodb, server, _clock, _people) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    let page = server.conversations.list(cy().id, None).await.expect("a list");
    assert_eq!((page.items, page.older, page.newer), (vec![], None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_brings_its_conversation_to_the_top_of_both_lists() {
    let (_dynamodb, server, clock, _people) = server().await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&cy(), &ana(), "hi").await;
    clock.set(datetime!(2026-11-22 9:26 UTC));
    server.send(&ben(), with_ben, "hello yourself").await;
    let ids: Vec<_> = list(&server, &ana()).await.iter().map(|talk| talk.id).collect();
    assert_eq!(ids, [with_ben, with_cy]);
    let talk = list(&server, &ben()).await.remove(0);
    assert_eq!((talk.preview.as_str(), talk.last_author), ("hello yourself", Some(ben().id)));
    assert_eq!(talk.last_sent_at.as_str(), "2026-11-22T09:26:00.000000+00:00");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_since_is_unread_and_what_one_wrote_is_not() {
    let (_dynamodb, server, _clock, _people) = server().await;
    let talk = server.start(&ben(), &ana(), "1").await;
    server.send(&ben(), talk, "2").await;
    server.send(&ben(), talk, "3").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (3, 0));

    let right = server.membership(&ana(), talk).await;
    for (read, left) in [(2, 1), (1, 1), (3, 0)] {
        server.conversations.mark_read(&right, read).await.expect("read");
        assert_eq!(unread(&server, &ana()).await, left, "after reading up to {read}");
    }
    server.send(&ana(), talk, "4").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (0, 1));
    server.send(&ben(), talk, "5").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_is_read_by_who_wrote_it() {
    let (_dynamodb, server, _clock, _people) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (0, 1));
    server.send(&ben(), talk, "2").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_without_having_looked_has_read_what_was_there() {
    let (_dynamodb, server, _clock, _people) = server().await;
    let talk = server.start(&ben(), &ana(), "1").await;
    server.send(&ana(), talk, "2").await;
    server.send(&ben(), talk, "3").await;
    assert_eq!(unread(&server, &ana()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_read_what_is_not_written_yet() {
    let (_dynamodb, server, _clock, _people) = server().await;
    let talk = server.start(&ben(), &ana(), "1").await;
    let right = server.membership(&ana(), talk).await;
    server.conversations.mark_read(&right, u64::MAX).await.expect("read");
    server.send(&ben(), talk, "2").await;
    assert_eq!(unread(&server, &ana()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_cursors_are_found_among_very_many() {
    let (_dynamodb, server, _clock, _people) = server().await;
    let talks: Vec<_> = (0..30).map(|n| conversation::Id(Uuid::from_u128(u128::MAX - n))).collect();
    let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
    let rows = talks.iter().zip(0..).map(|(talk, n)| InboxRow {
        owner: ana().id,
        at: at.next(at.at() + Duration::minutes(n)),
        conversation: *talk,
        with: ben(),
        body: "hello".to_owned(),
        seq: 5,
        last_author: Some(ben().id),
    });
    server.put(rows.map(|row| row.item())).await;
    let others = (0..600).map(|n| conversation::Id(Uuid::from_u128(n)));
    server
        .put(talks.iter().copied().chain(others).map(|talk| {
            let mut item = Key::Read(ana().id, talk).item();
            item.insert("seq".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N("3".to_owned()));
            item
        }))
        .await;
    assert!(list(&server, &ana()).await.iter().all(|talk| talk.unread() == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_those_of_today_or_else_those_of_the_row() {
    let (_dynamodb, server, _clock, people) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    server.start(&ana(), &cy(), "hello").await;
    sign_up(&people, &person(2, "benny", "Benjamin")).await;
    let talks = list(&server, &ana()).await;
    let mut names: Vec<_> = talks.iter().map(|t| (t.with.handle.as_str(), t.with.display_name.as_str())).collect();
    names.sort_unstable();
    assert_eq!(names, [("benny", "Benjamin"), ("cy", "Cy")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_cut_between_characters() {
    let (_dynamodb, server, _clock, _people) = server().await;
    server.start(&ana(), &ben(), &"🎈".repeat(1024)).await;
    assert_eq!(list(&server, &ben()).await[0].preview, "🎈".repeat(PREVIEW_LEN_MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_two_rows_is_listed_once_and_the_page_is_full() {
    let (_dynamodb, server, clock, _people) = server().await;
    for n in 0..25 {
        clock.set(datetime!(2026-11-21 9:26 UTC) + Duration::minutes(n));
        server.start(&ana(), &person(100 + n as u128, "x", "X"), "hello").await;
    }
    let newest = server.inbox(&ana()).await.into_iter().max_by_key(|row| row.at.at()).expect("a row");
    let copies = (1..=10).map(|n| {
        let at = SortTime::from(newest.at.at() - Duration::seconds(n));
        let mut item = InboxRow { at, ..newest.clone() }.item();
        if n > 5 {
            item.remove("message");
        }
        item
    });
    server.put(copies).await;
    let page = server.conversations.list(ana().id, None).await.expect("a list");
    assert_eq!(page.items.iter().map(|talk| talk.id).collect::<HashSet<_>>().len(), PAGE_SIZE);
    let rest = server.conversations.list(ana().id, page.older.as_ref()).await.expect("the rest");
    assert_eq!(rest.items.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_or_another_direction_is_invalid() {
    let (_dynamodb, server, clock, _people) = server().await;
    for n in 0..21 {
        clock.set(datetime!(2026-11-21 9:26 UTC) + Duration::minutes(n));
        server.start(&ana(), &person(100 + n as u128, "x", "X"), "hello").await;
    }
    let older = server.conversations.list(ana().id, None).await.expect("a list").older.expect("an older page");
    for (me, cursor) in [(ben(), older.clone()), (ana(), Cursor("%%%".to_owned())), (ana(), Cursor(String::new()))] {
        let answer = server.conversations.list(me.id, Some(&cursor)).await;
        assert!(matches!(answer, Err(Failure::Answer(AppError::Invalid(_)))), "{answer:?}");
    }
}
