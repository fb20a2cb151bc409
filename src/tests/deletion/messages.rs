//! Deletion of the messages of a user whose account is deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Body;
use cruddur_messages::domain::page::CATCH_UP_SIZE;
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::domain::{conversation, message};
use cruddur_messages::server::accounts::own_messages::{OwnMessages, Publish};
use cruddur_messages::server::accounts::purge::Purge;
use reqwest::StatusCode;
use uuid::Uuid;

use super::fixtures::{expire_claims, pass_days, purge, request};
use crate::live::Stream;
use crate::support::app::TestApp;

/// Appends messages of a user to a conversation without the rate limit.
async fn append(app: &TestApp, conversation: &str, handle: &str, count: usize) {
    let handle = Handle::parse(handle).expect("a handle");
    let me: User = app.state.store.users.by_handle(&handle).await.expect("an answer").expect("the user");
    let conversation: conversation::Id = conversation.parse().expect("an id");
    for number in 0..count {
        let membership = app.state.store.conversations.membership(me.id, conversation).await.expect("an answer");
        let access = app.state.store.conversations.write_access(membership.expect("a member")).await.expect("a right");
        let body = Body::parse(&format!("{number} of {}", me.handle_text())).expect("a text");
        let id = message::Id(Uuid::now_v7());
        app.state.store.messages.append(&access, &me, id, &body, None).await.expect("stored");
    }
}

/// Returns the number of rows in the table that contain a text.
async fn rows_with(app: &TestApp, text: &str) -> usize {
    let rows = app.dynamodb.client().scan().table_name(crate::support::dynamodb::TABLE).into_paginator().items().send();
    let rows = rows.try_collect().await.expect("the table");
    rows.iter().filter(|row| format!("{row:?}").contains(text)).count()
}

/// Returns the deletion of a server that dies after it has deleted this number of messages.
fn dying_after(app: &TestApp, count: usize) -> Purge {
    let deleted = AtomicUsize::new(0);
    let publish: Publish = Arc::new(move |_, _| {
        assert!(deleted.fetch_add(1, Ordering::Relaxed) + 1 < count, "the server dies");
    });
    let purge = Purge::of(&app.state);
    Purge { messages: OwnMessages { publish, ..purge.messages }, ..purge }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_texts_of_the_user_leave_all_rows_and_those_of_others_stay() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let with_ben = ana.start("ben", "secret one").await;
    let edited = ana.say(&with_ben, "secret two").await;
    let edit = [("edits", "0"), ("body", "secret three")];
    assert_eq!(ana.call_about("edit_message", (&with_ben, &edited), &edit).await.status, StatusCode::OK);
    ben.say(&with_ben, "an answer").await;
    let with_cy = cy.start("ana", "a question").await;
    ana.say(&with_cy, "secret four").await;
    let blocked = cy.id_of("ana").await;
    assert_eq!(cy.call("block_user", &[("user", &blocked), ("on", "true")]).await.status, StatusCode::OK);
    assert!(rows_with(&app, "secret").await > 4);
    request(&mut ana, true).await;
    pass_days(&app, 14.0).await;
    let mut stream = Stream::open(&ben).await;

    assert_eq!(purge(&app).await, 1);
    assert_eq!(rows_with(&app, "secret").await, 0);
    assert_eq!(ben.texts(&with_ben).await, ["", "", "an answer"]);
    assert_eq!(cy.texts(&with_cy).await, ["a question", ""]);
    let page = ben.get(&format!("/messages/{with_ben}")).await.text;
    assert!(page.contains("Deleted message") && page.contains("Deleted user"), "{page}");
    // The open page of the other member hears of it.
    let mut changes = 0;
    while let Some(event) = stream.next().await {
        match event {
            Event::MessageChanged { message, .. } => changes += usize::from(message.is_deleted()),
            Event::Resync => break,
            _ => {}
        }
    }
    assert_eq!(changes, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_wish_of_the_user_the_messages_stay() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "to stay").await;
    request(&mut ana, true).await;
    let (mut ana, _) = super::fixtures::sign_in(&app, "ana").await;
    // The second request is without the messages.
    request(&mut ana, false).await;
    pass_days(&app, 14.0).await;
    assert_eq!(purge(&app).await, 1);
    assert_eq!(ben.texts(&conversation).await, ["to stay"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_between_two_messages_leaves_the_rest_to_the_next_one() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, _cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (with_ben, with_cy) = (ana.start("ben", "0 of ana").await, ana.start("cy", "0 of ana").await);
    append(&app, &with_ben, "ana", CATCH_UP_SIZE).await;
    append(&app, &with_ben, "ben", 3).await;
    append(&app, &with_cy, "ana", 2).await;
    request(&mut ana, true).await;
    pass_days(&app, 14.0).await;
    // Within the first page, after it, and in the second conversation.
    let (mut left, mut cursors) = (CATCH_UP_SIZE + 4, Vec::new());
    for count in [2, CATCH_UP_SIZE, 1] {
        let dying = dying_after(&app, count);
        let died = tokio::spawn(async move { dying.run().await }).await;
        assert!(died.is_err_and(|error| error.is_panic()));
        left -= count;
        let undeleted = "select deletion_cursor from users where handle = 'ana'";
        let cursor: Option<String> = sqlx::query_scalar(undeleted).fetch_one(&app.database.pool).await.expect("a row");
        cursors.push(cursor);
        assert_eq!(purge(&app).await, 0, "still claimed");
        expire_claims(&app).await;
    }
    assert_eq!(left, 1, "one message of Ana is left");
    assert!(cursors[0].is_none() && cursors[1].is_some() && cursors[2].is_some(), "{cursors:?}");
    assert_eq!(purge(&app).await, 1);
    assert_eq!(rows_with(&app, "of ana").await, 0);
    let texts = ben.texts(&with_ben).await;
    assert_eq!(texts[texts.len() - 4..], ["", "0 of ben", "1 of ben", "2 of ben"]);
}
