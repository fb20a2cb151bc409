//! The store's DynamoDB side, against one that speaks the protocol.

mod capacity;
mod cost;
mod faults;
mod inbox;
mod listing;
mod paging;
mod schema;
mod sending;
mod starting;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use cruddur_messages::domain::conversation;
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
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::dynamodb::{DynamoDb, TABLE};

/// One web server's view of the store.
struct Server {
    table: Table,
    conversations: Conversations,
    messages: Messages,
}

impl Server {
    fn new(table: Table) -> Self {
        // No test asks PostgreSQL unless it says so: the pool connects when it is first used.
        let nobody = PgPool::connect_lazy("postgres://nobody@127.0.0.1:9/none").expect("the address is well formed");
        Self::with_users(table, Users::new(nobody))
    }

    fn with_users(table: Table, users: Users) -> Self {
        Self { conversations: Conversations::new(table.clone(), users), messages: Messages::new(table.clone()), table }
    }

    /// Another server on the same table.
    fn second(&self, dynamodb: &DynamoDb) -> Self {
        Self::new(Table::new(dynamodb.client(), TABLE))
    }

    async fn start(&self, me: &User, other: &User, text: &str) -> conversation::Id {
        self.conversations.start(me, other, new_message(), &body(text)).await.expect("a conversation starts").0
    }

    async fn membership(&self, me: &User, talk: conversation::Id) -> Membership {
        self.conversations.membership(me.id, talk).await.expect("an answer").expect("a member")
    }

    async fn send(&self, me: &User, talk: conversation::Id, text: &str) -> Message {
        self.try_send(me, talk, new_message(), text).await.expect("a message is sent")
    }

    async fn try_send(
        &self,
        me: &User,
        talk: conversation::Id,
        id: message::Id,
        text: &str,
    ) -> Result<Message, Failure> {
        self.messages.append(&self.membership(me, talk).await, me, id, &body(text)).await
    }

    /// All messages, oldest first, read from the newest page to the oldest.
    async fn history(&self, me: &User, talk: conversation::Id) -> Vec<Message> {
        let right = self.membership(me, talk).await;
        let mut page = self.messages.page(&right, None).await.expect("the newest page");
        let mut all = page.items;
        while let Some(older) = page.older {
            page = self.messages.page(&right, Some(&older)).await.expect("an older page");
            all.splice(0..0, page.items);
        }
        all
    }

    /// Every inbox row of a person, as stored.
    async fn inbox(&self, owner: &User) -> Vec<InboxRow> {
        let rows = self.rows().await;
        rows.iter().filter_map(InboxRow::read).filter(|row| row.owner == owner.id).collect()
    }

    /// Every message that is stored.
    async fn stored_messages(&self) -> Vec<MessageRow> {
        self.rows().await.iter().filter_map(MessageRow::read).collect()
    }

    async fn rows(&self) -> Vec<Item> {
        let scan = self.table.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        scan.try_collect().await.expect("a scan")
    }

    /// Writes rows as they are, past all rules.
    async fn put(&self, rows: impl IntoIterator<Item = Item>) {
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

async fn server() -> (DynamoDb, Server) {
    let dynamodb = DynamoDb::start().await;
    let server = Server::new(dynamodb.table().await);
    (dynamodb, server)
}

/// A clock that shows what it is set to.
#[derive(Clone)]
struct SetClock(Arc<AtomicI64>);

impl SetClock {
    fn at(time: OffsetDateTime) -> Self {
        let clock = Self(Arc::default());
        clock.set(time);
        clock
    }

    fn set(&self, time: OffsetDateTime) {
        self.0.store((time - OffsetDateTime::UNIX_EPOCH).whole_microseconds() as i64, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.0);
        Clock::new(move || OffsetDateTime::UNIX_EPOCH + Duration::microseconds(micros.load(Ordering::SeqCst)))
    }
}

async fn server_at(time: OffsetDateTime) -> (DynamoDb, Server, SetClock) {
    let dynamodb = DynamoDb::start().await;
    let clock = SetClock::at(time);
    let server = Server::new(dynamodb.table().await.with_clock(clock.clock()));
    (dynamodb, server, clock)
}

fn ana() -> User {
    person(1, "ana", "Ana")
}

fn ben() -> User {
    person(2, "ben", "Ben")
}

fn cy() -> User {
    person(3, "cy", "Cy")
}

fn person(n: u128, handle: &str, name: &str) -> User {
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Handle::stored(handle.to_owned()),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

fn new_message() -> message::Id {
    message::Id(Uuid::now_v7())
}

fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

/// Counts how often each value is there.
fn counted<T: std::hash::Hash + Eq>(values: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}
