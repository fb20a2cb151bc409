//! Fixtures of the store tests: a server's view of the store, a settable clock, and users.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use cruddur_messages::domain::conversation::{self, SentMessage};
use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::message::{self, Body, Message};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::Item;
use cruddur_messages::server::store::dynamodb::write_access::WriteAccess;
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::in_memory_dynamodb::Connection;
use crate::support::items;

/// One web server's view of the store.
pub(super) struct Server {
    pub(super) table: Table,
    pub(super) conversations: Conversations,
    pub(super) messages: Messages,
}

impl Server {
    pub(super) fn new(table: Table) -> Self {
        // The pool connects on first use, and these tests do not use PostgreSQL unless they pass their own users.
        let unused_pool =
            PgPool::connect_lazy("postgres://nobody@127.0.0.1:9/none").expect("the address is well formed");
        Self::with_users(table, Users::new(unused_pool))
    }

    /// Creates a server on a database in memory, whose pauses before repeats are over at once.
    pub(super) fn without_waiting(connection: &Connection) -> Self {
        let clock = Clock::new(OffsetDateTime::now_utc).without_waiting();
        Self::new(Table::new(connection.client(), TABLE).with_clock(clock))
    }

    pub(super) fn with_users(table: Table, users: Users) -> Self {
        Self { conversations: Conversations::new(table.clone(), users), messages: Messages::new(table.clone()), table }
    }

    /// Creates another server on the same table.
    pub(super) fn second_server(&self, dynamodb: &DynamoDb) -> Self {
        Self::new(Table::new(dynamodb.client(), TABLE))
    }

    /// Starts a conversation, which the peer accepts.
    pub(super) async fn start(&self, me: &User, peer: &User, text: &str) -> conversation::Id {
        let conversation = self.request(me, peer, text).await;
        self.accept(peer, conversation).await;
        conversation
    }

    /// Starts a conversation, which remains a request.
    pub(super) async fn request(&self, me: &User, peer: &User, text: &str) -> conversation::Id {
        self.try_start(me, peer, new_message_id(), text).await.expect("a conversation starts").conversation
    }

    /// Accepts a request. Returns whether there was one.
    pub(super) async fn accept(&self, me: &User, conversation: conversation::Id) -> bool {
        let membership = self.membership(me, conversation).await;
        self.conversations.accept_request(&membership).await.expect("an answer")
    }

    pub(super) async fn try_start(
        &self,
        me: &User,
        peer: &User,
        id: message::Id,
        text: &str,
    ) -> Result<SentMessage, Failure> {
        let access = self.conversations.direct_access(me, peer).await?;
        self.conversations.start(&access, id, &body(text)).await
    }

    pub(super) async fn membership(&self, me: &User, conversation: conversation::Id) -> Membership {
        self.conversations.membership(me.id, conversation).await.expect("an answer").expect("a member")
    }

    pub(super) async fn send(&self, me: &User, conversation: conversation::Id, text: &str) -> Message {
        self.try_send(me, conversation, new_message_id(), text).await.expect("a message is sent")
    }

    pub(super) async fn try_send(
        &self,
        me: &User,
        conversation: conversation::Id,
        id: message::Id,
        text: &str,
    ) -> Result<Message, Failure> {
        self.messages.append(&self.write_access(me, conversation).await, me, id, &body(text), None).await
    }

    pub(super) async fn write_access(&self, me: &User, conversation: conversation::Id) -> WriteAccess {
        let membership = self.membership(me, conversation).await;
        self.conversations.write_access(membership).await.expect("a member may write")
    }

    pub(super) async fn edit(&self, me: &User, message: (conversation::Id, &Message), text: &str) -> Message {
        let edits = message.1.edits;
        self.try_edit(me, message, edits, text).await.expect("the message is edited")
    }

    /// Edits a message of which the member has seen `edits` edits.
    pub(super) async fn try_edit(
        &self,
        me: &User,
        (conversation, message): (conversation::Id, &Message),
        edits: u32,
        text: &str,
    ) -> Result<Message, Failure> {
        let access = self.write_access(me, conversation).await;
        self.messages.edit(&access, &message.reference(), edits, &body(text)).await
    }

    pub(super) async fn delete(&self, me: &User, message: (conversation::Id, &Message)) -> Message {
        self.try_delete(me, message).await.expect("the message is deleted")
    }

    pub(super) async fn try_delete(
        &self,
        me: &User,
        (conversation, message): (conversation::Id, &Message),
    ) -> Result<Message, Failure> {
        let membership = self.membership(me, conversation).await;
        self.messages.delete(&membership, &message.reference()).await
    }

    pub(super) async fn react(
        &self,
        me: &User,
        message: (conversation::Id, &Message),
        emoji: &str,
        on: bool,
    ) -> Message {
        self.try_react(me, message, emoji, on).await.expect("a reaction")
    }

    pub(super) async fn try_react(
        &self,
        me: &User,
        (conversation, message): (conversation::Id, &Message),
        emoji: &str,
        on: bool,
    ) -> Result<Message, Failure> {
        let access = self.write_access(me, conversation).await;
        self.messages.react(&access, &message.reference(), &Emoji::stored(emoji.to_owned()), on).await
    }

    /// Sends an answer to a message.
    pub(super) async fn reply(&self, me: &User, message: (conversation::Id, &Message), text: &str) -> Message {
        self.try_reply(me, message, new_message_id(), text).await.expect("an answer is sent")
    }

    pub(super) async fn try_reply(
        &self,
        me: &User,
        (conversation, message): (conversation::Id, &Message),
        id: message::Id,
        text: &str,
    ) -> Result<Message, Failure> {
        let access = self.write_access(me, conversation).await;
        self.messages.append(&access, me, id, &body(text), Some(message.reference().into())).await
    }

    /// Asserts that no row contains any of these texts.
    pub(super) async fn assert_nowhere(&self, texts: &[&str]) {
        for row in self.rows().await {
            let json = items::json(&row).to_string();
            for text in texts {
                assert!(!json.contains(text), "{text} in {json}");
            }
        }
    }

    /// Returns all messages, oldest first, read from the newest page to the oldest.
    pub(super) async fn history(&self, me: &User, conversation: conversation::Id) -> Vec<Message> {
        let membership = self.membership(me, conversation).await;
        let mut page = self.messages.page(&membership, None).await.expect("the newest page");
        let mut all = page.items;
        while let Some(older) = page.older {
            page = self.messages.page(&membership, Some(&older)).await.expect("an older page");
            all.splice(0..0, page.items);
        }
        all
    }

    /// Returns all inbox rows of a user, as stored.
    pub(super) async fn inbox(&self, owner: &User) -> Vec<InboxRow> {
        let rows = self.rows().await;
        rows.iter().filter_map(InboxRow::from_item).filter(|row| row.owner == owner.id).collect()
    }

    /// Returns all stored messages.
    pub(super) async fn stored_messages(&self) -> Vec<MessageRow> {
        self.rows().await.iter().filter_map(MessageRow::from_item).collect()
    }

    pub(super) async fn rows(&self) -> Vec<Item> {
        let scan = self.table.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        scan.try_collect().await.expect("a scan")
    }

    /// Writes rows directly, without the store's checks.
    pub(super) async fn put(&self, rows: impl IntoIterator<Item = Item>) {
        let puts = rows.into_iter().map(|row| {
            let put = PutRequest::builder().set_item(Some(row)).build().expect("a row");
            WriteRequest::builder().put_request(put).build()
        });
        for some in puts.collect::<Vec<_>>().chunks(25) {
            let request = self.table.client().batch_write_item().request_items(TABLE, some.to_vec());
            let left = request.send().await.expect("rows are written").unprocessed_items;
            assert!(left.unwrap_or_default().is_empty());
        }
    }
}

pub(super) async fn server() -> (DynamoDb, Server) {
    let dynamodb = DynamoDb::start().await;
    let server = Server::new(dynamodb.table().await);
    (dynamodb, server)
}

/// A clock with a settable time.
#[derive(Clone)]
pub(super) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(super) fn at(time: OffsetDateTime) -> Self {
        let clock = Self(Arc::default());
        clock.set(time);
        clock
    }

    pub(super) fn set(&self, time: OffsetDateTime) {
        self.0.store((time - OffsetDateTime::UNIX_EPOCH).whole_microseconds() as i64, Ordering::SeqCst);
    }

    pub(super) fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.0);
        Clock::new(move || OffsetDateTime::UNIX_EPOCH + Duration::microseconds(micros.load(Ordering::SeqCst)))
    }
}

pub(super) async fn server_with_clock(time: OffsetDateTime) -> (DynamoDb, Server, ManualClock) {
    let dynamodb = DynamoDb::start().await;
    let clock = ManualClock::at(time);
    let server = Server::new(dynamodb.table().await.with_clock(clock.clock()));
    (dynamodb, server, clock)
}

pub(super) fn ana() -> User {
    new_user(1, "ana", "Ana")
}

pub(super) fn ben() -> User {
    new_user(2, "ben", "Ben")
}

pub(super) fn cy() -> User {
    new_user(3, "cy", "Cy")
}

pub(super) fn new_user(n: u128, handle: &str, name: &str) -> User {
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Some(Handle::stored(handle.to_owned())),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

pub(super) fn new_message_id() -> message::Id {
    message::Id(Uuid::now_v7())
}

pub(super) fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}

pub(super) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

/// Counts the occurrences of each value.
pub(super) fn counts<T: std::hash::Hash + Eq>(values: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}
