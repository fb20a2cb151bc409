//! Legacy tables, and a server on them.

use std::collections::HashMap;

use cruddur_messages::domain::conversation::{self, Conversation};
use cruddur_messages::domain::message::{self, Body, Message};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::store::dynamodb::write_access::WriteAccess;
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, LegacyConversation, LegacyMessage, SHAPE, Shape};
use crate::support::postgres::Database;

/// Current time of the tests.
pub(super) const NOW: OffsetDateTime = datetime!(2026-11-21 9:26:28.207802 UTC);

/// One web server's view of a table.
pub(super) struct Server {
    pub(super) table: Table,
    pub(super) conversations: Conversations,
    pub(super) messages: Messages,
}

impl Server {
    pub(super) async fn on(table: Table) -> Self {
        // The database has no users, so names come from the rows.
        static NO_USERS: OnceCell<String> = OnceCell::const_new();
        let url = NO_USERS.get_or_init(async || Database::fresh().await.url).await;
        let users = Users::new(PgPool::connect_lazy(url).expect("the address is well formed"));
        Self { conversations: Conversations::new(table.clone(), users), messages: Messages::new(table.clone()), table }
    }

    /// Creates another server on the same table.
    pub(super) async fn second(&self, dynamodb: &DynamoDb) -> Self {
        Self::on(Table::new(dynamodb.client(), TABLE).with_clock(Clock::new(|| NOW))).await
    }

    pub(super) async fn membership(&self, me: user::Id, conversation: conversation::Id) -> Option<Membership> {
        self.conversations.membership(me, conversation).await.expect("a response")
    }

    pub(super) async fn write_access(&self, me: user::Id, conversation: conversation::Id) -> WriteAccess {
        let membership = self.membership(me, conversation).await.expect("a member");
        self.conversations.write_access(membership).await.expect("a member may write")
    }

    /// Returns `false` if the conversation is not found for this user.
    pub(super) async fn may_open(&self, me: user::Id, conversation: conversation::Id) -> bool {
        self.membership(me, conversation).await.is_some()
    }

    pub(super) async fn send(&self, me: &User, conversation: conversation::Id, text: &str) -> Message {
        let access = self.write_access(me.id, conversation).await;
        self.messages.append(&access, me, new_message(), &body(text), None).await.expect("a message is sent")
    }

    /// Starts a conversation, which remains a request, or continues the one of the two.
    pub(super) async fn request(&self, me: &User, other: &User, text: &str) -> conversation::Id {
        let access = self.conversations.direct_access(me, other).await.expect("a right");
        self.conversations.start(&access, new_message(), &body(text)).await.expect("a conversation starts").conversation
    }

    /// Starts a conversation, which the other user accepts, or continues the one of the two.
    pub(super) async fn start(&self, me: &User, other: &User, text: &str) -> conversation::Id {
        let conversation = self.request(me, other, text).await;
        let membership = self.membership(other.id, conversation).await.expect("a member");
        if membership.request().is_some() {
            self.conversations.accept_request(&membership).await.expect("accepted");
        }
        conversation
    }

    /// Returns all messages, page by page from the newest to the oldest, and asserts that the way back yields the same.
    pub(super) async fn history(&self, me: user::Id, conversation: conversation::Id) -> Vec<Message> {
        let membership = self.membership(me, conversation).await.expect("a member");
        let mut page = self.messages.page(&membership, None).await.expect("the newest page");
        let mut pages = vec![page.items.clone()];
        while let Some(older) = &page.older {
            page = self.messages.page(&membership, Some(older)).await.expect("an older page");
            pages.push(page.items.clone());
        }
        let backwards: Vec<_> = pages.into_iter().rev().flatten().collect();
        let mut forwards = page.items.clone();
        while let Some(newer) = &page.newer {
            page = self.messages.page(&membership, Some(newer)).await.expect("a newer page");
            forwards.extend(page.items.clone());
        }
        assert_eq!(ids(&forwards), ids(&backwards), "both directions");
        backwards
    }

    /// Returns all conversations of a user, page by page.
    pub(super) async fn list(&self, me: user::Id) -> Vec<Conversation> {
        let mut page = self.conversations.list(me, None).await.expect("the first page");
        let mut all = page.items;
        while let Some(older) = page.older {
            page = self.conversations.list(me, Some(&older)).await.expect("another page");
            all.extend(page.items);
        }
        all
    }

    pub(super) async fn unread(&self, me: user::Id, conversation: conversation::Id) -> u64 {
        self.list(me).await.iter().find(|it| it.id == conversation).expect("the conversation is listed").unread()
    }

    /// Returns every row of the table, sorted by key.
    pub(super) async fn rows(&self) -> Vec<Item> {
        let scan = self.table.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        let mut rows: Vec<Item> = scan.try_collect().await.expect("a scan");
        rows.sort_by_key(|row| [&row["pk"], &row["sk"]].map(|key| key.as_s().expect("text").clone()));
        rows
    }

    pub(super) async fn inbox_rows(&self, conversation: conversation::Id) -> HashMap<user::Id, Vec<InboxRow>> {
        let mut by_owner: HashMap<_, Vec<_>> = HashMap::new();
        for row in
            self.rows().await.iter().filter_map(InboxRow::from_item).filter(|row| row.conversation == conversation)
        {
            by_owner.entry(row.owner).or_default().push(row);
        }
        by_owner
    }

    pub(super) async fn stored_messages(&self, conversation: conversation::Id) -> Vec<MessageRow> {
        self.rows()
            .await
            .iter()
            .filter_map(MessageRow::from_item)
            .filter(|row| row.conversation == conversation)
            .collect()
    }

    pub(super) async fn head(&self, conversation: conversation::Id) -> Option<Head> {
        self.table.get(&Key::Head(conversation)).await.expect("a response").as_ref().and_then(Head::from_item)
    }

    /// Asserts that each member has exactly one inbox row, at this message.
    pub(super) async fn assert_rows_at(&self, conversation: &LegacyConversation, text: &str, seq: u64) {
        let rows = self.inbox_rows(conversation.id).await;
        for owner in conversation.members {
            let [row] = &rows[&owner][..] else { panic!("{:?}", rows[&owner]) };
            assert_eq!((row.body.as_str(), row.seq), (text, seq));
            let peer = row.peer().expect("the old app had no groups").id;
            assert!(conversation.members.contains(&peer) && peer != owner);
        }
    }
}

/// Creates a table with the rows of the old app, and a server on it.
pub(super) async fn server(app: &LegacyApp) -> (DynamoDb, Server) {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await.with_clock(Clock::new(|| NOW));
    app.write_to(&table).await;
    (dynamodb, Server::on(table).await)
}

/// Creates a table without legacy rows, and a server on it.
pub(super) async fn new_server() -> (DynamoDb, Server) {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await.with_clock(Clock::new(|| NOW));
    (dynamodb, Server::on(table).await)
}

/// Six users with conversations of every kind. Some pairs have several conversations.
pub(super) fn app_with_every_kind(seed: u64, clocks: Clocks) -> LegacyApp {
    let mut app = LegacyApp::new(seed);
    let kinds = [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind];
    for one in 0..6 {
        for other in 0..one {
            let count = (one + other + seed as u128) % 3;
            for n in 0..count {
                let kind = (seed as usize + (one * 5 + other * 3 + n) as usize) % kinds.len();
                let messages = 1 + (one * other * 11 + n * 17) as usize;
                app.add_conversation(
                    &person(one),
                    &person(other),
                    Shape { messages, clocks, inbox: kinds[kind], ..SHAPE },
                );
            }
        }
    }
    app.add_conversation(&person(0), &person(1), Shape { messages: 3, inbox: Inbox::None, ..SHAPE });
    app.room("bayko", &person(3));
    app
}

/// Returns a user: Ana, Ben, Cy …
pub(super) fn person(n: u128) -> User {
    let names = ["Ana", "Ben", "Cy", "Dee", "Eli", "Fay", "Gil"];
    let name = names[n as usize % names.len()];
    User {
        id: user::Id(Uuid::from_u128(0xa_0000 + n)),
        handle: Some(Handle::stored(format!("{}{n}", name.to_lowercase()))),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

pub(super) fn new_message() -> message::Id {
    message::Id(Uuid::now_v7())
}

pub(super) fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}

pub(super) fn ids(messages: &[Message]) -> Vec<message::Id> {
    messages.iter().map(|message| message.id).collect()
}

pub(super) fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all
}

/// Messages of the old app, in a form comparable with [`shown`].
pub(super) fn written(messages: &[LegacyMessage]) -> Vec<(message::Id, user::Id, &str)> {
    messages.iter().map(|message| (message.id, message.author, message.body.as_str())).collect()
}

/// Messages of the new app, in a form comparable with [`written`].
pub(super) fn shown(messages: &[Message]) -> Vec<(message::Id, user::Id, &str)> {
    messages.iter().map(|message| (message.id, message.author, message.body.as_str())).collect()
}
