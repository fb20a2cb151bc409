//! Removal of the names of deleted users from the table, and of their inboxes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::server::accounts::purge::Purge;
use cruddur_messages::server::store::dynamodb::inbox::move_inbox_rows;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow, NamedUser};
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, PK, SK, SortTime, text};
use reqwest::StatusCode;
use tokio::time::timeout;
use uuid::Uuid;

use super::fixtures::{expire_claims, pass_days, purge, request};
use crate::support::app::{Browser, TestApp};
use crate::support::dynamodb::TABLE;

/// Handle, name and beginning of the address of the user who is deleted. It cannot be part of an id or a hash.
const NAME: &str = "quentin";

/// Returns all rows of the table.
async fn rows(app: &TestApp) -> Vec<Item> {
    let rows = app.dynamodb.client().scan().table_name(TABLE).into_paginator().items().send();
    rows.try_collect().await.expect("the table")
}

/// Returns the number of rows with the name, the handle or the address of the user.
async fn naming(app: &TestApp) -> usize {
    rows(app).await.iter().filter(|row| format!("{row:?}").to_lowercase().contains(NAME)).count()
}

/// Returns the sort keys in the partition of a user.
async fn own_keys(app: &TestApp, user: &User) -> Vec<String> {
    let partition = Key::inbox(user.id);
    let rows = rows(app).await;
    let own = rows.iter().filter(|row| text(row, PK) == Some(&partition));
    own.map(|row| text(row, SK).expect("a key").to_owned()).collect()
}

async fn user(app: &TestApp, handle: &str) -> User {
    let handle = Handle::parse(handle).expect("a handle");
    app.state.store.users.by_handle(&handle).await.expect("an answer").expect("the user")
}

/// Conversations of Quentin, of every kind.
struct Conversations {
    direct: String,
    group: String,
    /// Request that he has received.
    received: String,
    /// Request that he has received and deleted.
    deleted: String,
    /// Request that he has sent.
    sent: String,
    /// Conversation with a user who has blocked him.
    blocked: String,
}

/// Quentin, whose account is to be deleted, and the members of his conversations.
struct Setting {
    app: TestApp,
    quentin: User,
    ben: Browser,
    cy: Browser,
    all: Conversations,
}

impl Setting {
    async fn create(with_messages: bool) -> Self {
        let app = TestApp::start().await;
        let mut browser = app.sign_in("quentin").await;
        let (mut ben, mut cy, mut dee) = (app.sign_in("ben").await, app.sign_in("cy").await, app.sign_in("dee").await);
        let quentin = user(&app, "quentin").await;
        let direct = browser.start("ben", "hello ben").await;
        ben.say(&direct, "hello back").await;
        let group = conversation::Id(Uuid::now_v7());
        let others = [user(&app, "ben").await, user(&app, "cy").await];
        let (id, body) = (message::Id(Uuid::now_v7()), Body::parse("hello all").expect("a text"));
        let new = NewGroup { conversation: group, others: &others, message: id, body: &body };
        app.state.store.conversations.create_group(&quentin, &new).await.expect("a group");
        let sent = browser.request_conversation("cy", "a question").await;
        let received = dee.request_conversation("quentin", "hello stranger").await;
        let deleted = app.sign_in("eve").await.request_conversation("quentin", "hello again").await;
        let delete = browser.call("delete_request", &[("conversation", &deleted)]).await;
        assert_eq!(delete.status, StatusCode::OK);
        let mut gus = app.sign_in("gus").await;
        let blocked = gus.start("quentin", "goodbye").await;
        let his = [("user", &*quentin.id.to_string()), ("on", "true")];
        assert_eq!(gus.call("block_user", &his).await.status, StatusCode::OK);
        assert!(naming(&app).await >= 8);
        request(&mut browser, with_messages).await;
        pass_days(&app, 14.0).await;
        cy.get("/messages").await;
        let all = Conversations { direct, group: group.to_string(), received, deleted, sent, blocked };
        Self { app, quentin, ben, cy, all }
    }

    /// Asserts that no row names Quentin, and that the others read everything as before.
    async fn assert_nameless(&mut self) {
        assert_eq!(naming(&self.app).await, 0, "{:#?}", rows(&self.app).await);
        let left = own_keys(&self.app, &self.quentin).await;
        assert!(left.iter().all(|key| key.starts_with("BLOCK#")), "{left:?}");
        assert_eq!(left.len(), 1, "the block of Gus");
        assert_eq!(self.ben.texts(&self.all.direct).await.last().map(String::as_str), Some("hello back"));
        for path in ["/messages".to_owned(), format!("/messages/{}", self.all.direct)] {
            let page = self.ben.get(&path).await.text;
            assert!(page.contains("Deleted user") && !page.to_lowercase().contains(NAME), "{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_and_the_inbox_of_a_deleted_user_leave_all_rows_and_the_others_read_everything() {
    for with_messages in [false, true] {
        let mut setting = Setting::create(with_messages).await;
        assert_eq!(purge(&setting.app).await, 1);
        setting.assert_nameless().await;
        let expected = if with_messages { "" } else { "hello ben" };
        assert_eq!(setting.ben.texts(&setting.all.direct).await, [expected, "hello back"]);
        let sent = if with_messages { "" } else { "a question" };
        assert_eq!(setting.cy.texts(&setting.all.sent).await, [sent]);
        let (mut dee, mut eve, mut gus) = (
            super::fixtures::sign_in(&setting.app, "dee").await.0,
            super::fixtures::sign_in(&setting.app, "eve").await.0,
            super::fixtures::sign_in(&setting.app, "gus").await.0,
        );
        assert_eq!(dee.texts(&setting.all.received).await, ["hello stranger"]);
        assert_eq!(eve.texts(&setting.all.deleted).await, ["hello again"]);
        assert_eq!(gus.texts(&setting.all.blocked).await, ["goodbye"]);
        let his = setting.quentin.id.to_string();
        // The others can still remove their blocks.
        let unblocked = gus.call("block_user", &[("user", &his), ("on", "false")]).await;
        assert_eq!(unblocked.status, StatusCode::OK, "{}", unblocked.text);
        // The old app shows the name of the row.
        let named = rows(&setting.app).await;
        let of_him = named.iter().filter(|row| text(row, "user_uuid") == Some(&his));
        let names: Vec<_> = of_him.map(|row| (text(row, "user_handle"), text(row, "user_display_name"))).collect();
        let with_names = names.iter().filter(|names| **names == (Some(""), Some("Deleted user"))).count();
        assert!(with_names >= 6, "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_dies_at_any_moment_ends_without_names() {
    let mut setting = Setting::create(true).await;
    for millis in (0..).map(|n| n * 7) {
        let purge = Purge::of(&setting.app.state);
        if timeout(Duration::from_millis(millis), purge.run()).await.is_ok() {
            let left = "select count(*) from users where handle like 'quentin%'";
            if setting.app.database.number(left).await == 0 {
                break;
            }
        }
        expire_claims(&setting.app).await;
    }
    setting.assert_nameless().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_move_of_inbox_rows_brings_neither_the_name_nor_the_inbox_back() {
    let mut setting = Setting::create(false).await;
    let table = setting.app.state.store.table();
    let before: Vec<_> = rows(&setting.app).await.iter().filter_map(MessageRow::from_item).collect();
    let inbox: Vec<_> = rows(&setting.app).await.iter().filter_map(InboxRow::from_item).collect();
    assert_eq!(purge(&setting.app).await, 1);
    // Records of the stream that come late, with the names as they were.
    for message in &before {
        move_inbox_rows(&table, message).await.expect("moved");
    }
    setting.assert_nameless().await;
    // Rows that are lost are put again, and rows that the old app has left twice are merged.
    for row in rows(&setting.app).await.iter().filter_map(InboxRow::from_item) {
        let key = Some(row.key().item());
        table.client().delete_item().table_name(table.name()).set_key(key).send().await.expect("deleted");
    }
    for message in &before {
        move_inbox_rows(&table, message).await.expect("moved");
    }
    let his = setting.quentin.id;
    let nameless = |row: &InboxRow| row.owner != his && *row.named.user() == User::deleted(his);
    let stored: Vec<_> = rows(&setting.app).await.iter().filter_map(InboxRow::from_item).collect();
    assert!(stored.iter().any(nameless), "{stored:?}");
    for mut old in inbox.into_iter().filter(|row| row.owner != his && row.named.user().id == his) {
        // A leftover that the index may show.
        old.at = SortTime::from(old.at.at() - time::Duration::microseconds(50));
        old.named = NamedUser::Peer(setting.quentin.clone());
        let seq = old.seq;
        let put = table.client().put_item().table_name(table.name()).set_item(Some(old.item()));
        put.send().await.expect("put");
        let newest =
            before.iter().filter(|it| it.conversation == old.conversation && it.seq >= seq).max_by_key(|it| it.seq);
        move_inbox_rows(&table, newest.expect("a message")).await.expect("moved");
    }
    assert_eq!(naming(&setting.app).await, 0);
    let left = own_keys(&setting.app, &setting.quentin).await;
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_write_during_the_deletion_lose_nothing_and_get_no_name_back() {
    let mut setting = Setting::create(false).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = [setting.ben.clone(), setting.cy.clone()]
        .into_iter()
        .map(|mut browser| {
            let (group, is_over) = (setting.all.group.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut sent = 0;
                while sent < 12 && !is_over.load(Ordering::Relaxed) {
                    browser.say(&group, &format!("message {sent}")).await;
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    assert_eq!(purge(&setting.app).await, 1);
    is_over.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for writer in writers {
        sent += writer.await.expect("no panic");
    }
    setting.app.state.store.inbox_updates.finish(Duration::from_secs(10)).await;
    setting.cy.say(&setting.all.group, "the last one").await;
    setting.app.state.store.inbox_updates.finish(Duration::from_secs(10)).await;
    setting.assert_nameless().await;
    let texts = setting.ben.texts(&setting.all.group).await;
    assert_eq!(texts.last().map(String::as_str), Some("the last one"));
    assert!(texts.len() >= (sent + 2).min(20), "{sent}: {texts:?}");
    let rows: Vec<_> = rows(&setting.app).await.iter().filter_map(InboxRow::from_item).collect();
    let of_group = rows.iter().filter(|row| row.conversation.to_string() == setting.all.group);
    assert_eq!(of_group.map(|row| row.body.as_str()).collect::<Vec<_>>(), ["the last one"; 2]);
}
