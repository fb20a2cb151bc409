//! A user's inbox. Names come from PostgreSQL.

use std::collections::HashSet;

use cruddur_messages::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX, UNREAD_COUNT_MAX};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::TextVersion;
use cruddur_messages::domain::page::{Cursor, PAGE_SIZE};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, NamedUser};
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{ManualClock, Server, ana, ben, cy, new_user};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

/// Starts a server with its own database, without any users.
async fn server() -> (DynamoDb, Server, ManualClock, PgPool) {
    let dynamodb = DynamoDb::start().await;
    let clock = ManualClock::at(datetime!(2026-11-21 9:26 UTC));
    let database = Database::fresh().await.pool;
    let table = dynamodb.table().await.with_clock(clock.clock());
    (dynamodb, Server::with_users(table, Users::new(database.clone())), clock, database)
}

async fn sign_up(database: &PgPool, user: &User) {
    sqlx::query("insert into users (uuid, display_name, handle, email, cognito_user_id) values ($1, $2, $3, $3, $3)")
        .bind(user.id.0)
        .bind(user.display_name.as_str())
        .bind(user.handle_text())
        .execute(database)
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
async fn the_inbox_lists_conversations_newest_first_page_by_page() {
    let (_dynamodb, server, clock, _database) = server().await;
    let mut started = Vec::new();
    for n in 0..45 {
        clock.set(datetime!(2023-12-31 9:26 UTC) + Duration::weeks(3) * n);
        started.push(server.start(&ana(), &new_user(100 + n as u128, "x", "X"), "hello").await);
    }
    let first = server.conversations.list(ana().id, None).await.expect("the first page");
    let second = server.conversations.list(ana().id, first.older.as_ref()).await.expect("the second page");
    let third = server.conversations.list(ana().id, second.older.as_ref()).await.expect("the third page");
    assert_eq!((first.items.len(), second.items.len(), third.items.len()), (PAGE_SIZE, PAGE_SIZE, 5));
    assert_eq!((third.older, first.newer, second.newer), (None, None, None));
    let listed: Vec<_> =
        [first.items, second.items, third.items].concat().iter().map(|conversation| conversation.id).collect();
    started.reverse();
    assert_eq!(listed, started);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_conversations_has_an_empty_inbox() {
    let (_dynamodb, server, _clock, _database) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    let page = server.conversations.list(cy().id, None).await.expect("a list");
    assert_eq!((page.items, page.older, page.newer), (vec![], None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_moves_its_conversation_to_the_top_of_both_inboxes() {
    let (_dynamodb, server, clock, _database) = server().await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&cy(), &ana(), "hi").await;
    clock.set(datetime!(2026-11-22 9:26 UTC));
    server.send(&ben(), with_ben, "hello yourself").await;
    let ids: Vec<_> = list(&server, &ana()).await.iter().map(|conversation| conversation.id).collect();
    assert_eq!(ids, [with_ben, with_cy]);
    let conversation = list(&server, &ben()).await.remove(0);
    assert_eq!((conversation.preview.as_str(), conversation.last_author), ("hello yourself", Some(ben().id)));
    assert_eq!(conversation.last_sent_at.as_str(), "2026-11-22T09:26:00.000000+00:00");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_the_peer_are_unread_and_own_messages_are_read() {
    let (_dynamodb, server, _clock, _database) = server().await;
    let conversation = server.start(&ben(), &ana(), "1").await;
    server.send(&ben(), conversation, "2").await;
    server.send(&ben(), conversation, "3").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (3, 0));

    let membership = server.membership(&ana(), conversation).await;
    for (read, left) in [(2, 1), (1, 1), (3, 0)] {
        server.conversations.mark_read(&membership, read).await.expect("read");
        assert_eq!(unread(&server, &ana()).await, left, "after reading up to {read}");
    }
    server.send(&ana(), conversation, "4").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (0, 1));
    server.send(&ben(), conversation, "5").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_has_read_the_first_message() {
    let (_dynamodb, server, _clock, _database) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (0, 1));
    server.send(&ben(), conversation, "2").await;
    assert_eq!((unread(&server, &ana()).await, unread(&server, &ben()).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_marks_the_messages_before_it_as_read() {
    let (_dynamodb, server, _clock, _database) = server().await;
    let conversation = server.start(&ben(), &ana(), "1").await;
    server.send(&ana(), conversation, "2").await;
    server.send(&ben(), conversation, "3").await;
    assert_eq!(unread(&server, &ana()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_position_never_passes_the_newest_message() {
    let (_dynamodb, server, _clock, _database) = server().await;
    let conversation = server.start(&ben(), &ana(), "1").await;
    let membership = server.membership(&ana(), conversation).await;
    server.conversations.mark_read(&membership, u64::MAX).await.expect("read");
    server.send(&ben(), conversation, "2").await;
    assert_eq!(unread(&server, &ana()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_cursors_are_found_among_more_than_one_query_reads() {
    let (_dynamodb, server, _clock, _database) = server().await;
    let conversations: Vec<_> = (0..30).map(|n| conversation::Id(Uuid::from_u128(u128::MAX - n))).collect();
    let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
    let rows = conversations.iter().zip(0..).map(|(conversation, n)| InboxRow {
        owner: ana().id,
        at: at.next(at.at() + Duration::minutes(n)),
        conversation: *conversation,
        named: NamedUser::Peer(ben()),
        body: "hello".to_owned(),
        version: TextVersion::default(),
        seq: 5,
        last_author: Some(ben().id),
        unreadable: Default::default(),
    });
    server.put(rows.map(|row| row.item())).await;
    let others = (0..600).map(|n| conversation::Id(Uuid::from_u128(n)));
    server
        .put(conversations.iter().copied().chain(others).map(|conversation| {
            let mut item = Key::ReadCursor(ana().id, conversation).item();
            item.insert("seq".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N("3".to_owned()));
            item
        }))
        .await;
    assert!(list(&server, &ana()).await.iter().all(|conversation| conversation.unread() == 2));
}

#[tokio::test(flavor = "multi_thread")]
// F15: the row names a user who has been deleted.
async fn names_are_current_and_a_deleted_user_has_none() {
    let (_dynamodb, server, _clock, database) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    server.start(&ana(), &cy(), "hello").await;
    sign_up(&database, &new_user(2, "benny", "Benjamin")).await;
    let conversations = list(&server, &ana()).await;
    let peers = conversations.iter().filter_map(|conversation| conversation.peer(ana().id));
    let mut names: Vec<_> = peers.map(|peer| (peer.handle_text(), peer.display_name.as_str())).collect();
    names.sort_unstable();
    assert_eq!(names, [("", "Deleted user"), ("benny", "Benjamin")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_cut_between_characters() {
    let (_dynamodb, server, _clock, _database) = server().await;
    server.start(&ana(), &ben(), &"🎈".repeat(1024)).await;
    assert_eq!(list(&server, &ben()).await[0].preview, "🎈".repeat(PREVIEW_LEN_MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_two_rows_is_listed_once_and_the_page_is_full() {
    let (_dynamodb, server, clock, _database) = server().await;
    for n in 0..25 {
        clock.set(datetime!(2026-11-21 9:26 UTC) + Duration::minutes(n));
        server.start(&ana(), &new_user(100 + n as u128, "x", "X"), "hello").await;
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
    assert_eq!(page.items.iter().map(|conversation| conversation.id).collect::<HashSet<_>>().len(), PAGE_SIZE);
    let rest = server.conversations.list(ana().id, page.older.as_ref()).await.expect("the rest");
    assert_eq!(rest.items.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_inbox_or_a_damaged_cursor_is_invalid() {
    let (_dynamodb, server, clock, _database) = server().await;
    for n in 0..21 {
        clock.set(datetime!(2026-11-21 9:26 UTC) + Duration::minutes(n));
        server.start(&ana(), &new_user(100 + n as u128, "x", "X"), "hello").await;
    }
    let older = server.conversations.list(ana().id, None).await.expect("a list").older.expect("an older page");
    for (me, cursor) in [(ben(), older.clone()), (ana(), Cursor("%%%".to_owned())), (ana(), Cursor(String::new()))] {
        let answer = server.conversations.list(me.id, Some(&cursor)).await;
        assert!(matches!(answer, Err(Failure::Public(AppError::Invalid(_)))), "{answer:?}");
    }
}

// F46
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_unread_messages_is_that_of_the_whole_inbox_or_of_what_follows_a_page() {
    let (_dynamodb, server, clock, _database) = server().await;
    for n in 0..25_i32 {
        clock.set(datetime!(2026-11-21 9:26 UTC) + Duration::minutes(n.into()));
        let other = new_user(100 + n as u128, "x", "X");
        match n {
            // Own messages are read; a conversation may be marked as unread nevertheless.
            3 => {
                let conversation = server.start(&ana(), &other, "mine").await;
                let membership = server.membership(&ana(), conversation).await;
                server.conversations.mark_unread(&membership).await.expect("a mark");
            }
            4 => drop(server.start(&ana(), &other, "mine").await),
            _ => drop(server.start(&other, &ana(), "hello").await),
        }
    }
    let count =
        async |cursor: Option<&Cursor>| server.conversations.count_unread(ana().id, cursor).await.expect("a count");
    let first = server.conversations.list(ana().id, None).await.expect("the first page");
    assert_eq!(first.items.iter().map(Conversation::unread).sum::<u64>(), 20);
    assert_eq!((count(None).await, count(first.older.as_ref()).await), (24, 4));

    let (conversation, sender) = (first.items[0].id, new_user(124, "x", "X"));
    for _ in 0..UNREAD_COUNT_MAX {
        server.send(&sender, conversation, "and again").await;
    }
    assert_eq!(count(None).await, UNREAD_COUNT_MAX);
    let unknown = server.conversations.count_unread(cy().id, None).await.expect("a count");
    assert_eq!(unknown, 0);
}
