//! Tables that the old app wrote: everything in them is shown, what is written next is right, and they can be brought up
//! to date.

mod adopting;
mod lagging;
mod order;
mod people;
mod reading;
mod router;
mod stream;
mod writing;

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
use cruddur_messages::server::store::postgres::users::Users;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::old_app::{Clocks, Inbox, OldApp, OldMessage, OldTalk, SHAPE, Shape};
use crate::support::postgres::Database;

/// When the tests are.
const NOW: OffsetDateTime = datetime!(2026-11-21 9:26:28.207802 UTC);

/// One web server's view of a table.
struct Server {
    table: Table,
    conversations: Conversations,
    messages: Messages,
}

impl Server {
    async fn on(table: Table) -> Self {
        // Nobody has an account: names are those of the rows.
        static NOBODY: OnceCell<String> = OnceCell::const_new();
        let url = NOBODY.get_or_init(async || Database::fresh().await.url).await;
        let users = Users::new(PgPool::connect_lazy(url).expect("the address is well formed"));
        Self { conversations: Conversations::new(table.clone(), users), messages: Messages::new(table.clone()), table }
    }

    /// Another server on the same table.
    async fn second(&self, dynamodb: &DynamoDb) -> Self {
        Self::on(Table::new(dynamodb.client(), TABLE).with_clock(Clock::new(|| NOW))).await
    }

    async fn membership(&self, me: user::Id, talk: conversation::Id) -> Option<Membership> {
        self.conversations.membership(me, talk).await.expect("an answer")
    }

    /// Who opens what is not theirs finds nothing.
    async fn may_open(&self, me: user::Id, talk: conversation::Id) -> bool {
        self.membership(me, talk).await.is_some()
    }

    async fn send(&self, me: &User, talk: conversation::Id, text: &str) -> Message {
        let right = self.membership(me.id, talk).await.expect("a member");
        self.messages.append(&right, me, new_message(), &body(text)).await.expect("a message is sent")
    }

    async fn start(&self, me: &User, other: &User, text: &str) -> conversation::Id {
        self.conversations.start(me, other, new_message(), &body(text)).await.expect("a conversation starts").0
    }

    /// All messages, page by page from the newest up to the first, and, to see that they are the same, down again.
    async fn history(&self, me: user::Id, talk: conversation::Id) -> Vec<Message> {
        let right = self.membership(me, talk).await.expect("a member");
        let mut page = self.messages.page(&right, None).await.expect("the newest page");
        let mut pages = vec![page.items.clone()];
        while let Some(older) = &page.older {
            page = self.messages.page(&right, Some(older)).await.expect("an older page");
            pages.push(page.items.clone());
        }
        let upwards: Vec<_> = pages.into_iter().rev().flatten().collect();
        let mut downwards = page.items.clone();
        while let Some(newer) = &page.newer {
            page = self.messages.page(&right, Some(newer)).await.expect("a newer page");
            downwards.extend(page.items.clone());
        }
        assert_eq!(ids(&downwards), ids(&upwards), "both ways");
        upwards
    }

    /// Somebody's whole list, page by page.
    async fn list(&self, me: user::Id) -> Vec<Conversation> {
        let mut page = self.conversations.list(me, None).await.expect("the first page");
        let mut all = page.items;
        while let Some(older) = page.older {
            page = self.conversations.list(me, Some(&older)).await.expect("another page");
            all.extend(page.items);
        }
        all
    }

    async fn unread(&self, me: user::Id, talk: conversation::Id) -> u64 {
        self.list(me).await.iter().find(|it| it.id == talk).expect("it is listed").unread()
    }

    /// Every row, by key.
    async fn rows(&self) -> Vec<Item> {
        let scan = self.table.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        let mut rows: Vec<Item> = scan.try_collect().await.expect("a scan");
        rows.sort_by_key(|row| [&row["pk"], &row["sk"]].map(|key| key.as_s().expect("text").clone()));
        rows
    }

    async fn inbox_rows(&self, talk: conversation::Id) -> HashMap<user::Id, Vec<InboxRow>> {
        let mut by_owner: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.rows().await.iter().filter_map(InboxRow::read).filter(|row| row.conversation == talk) {
            by_owner.entry(row.owner).or_default().push(row);
        }
        by_owner
    }

    async fn stored_messages(&self, talk: conversation::Id) -> Vec<MessageRow> {
        self.rows().await.iter().filter_map(MessageRow::read).filter(|row| row.conversation == talk).collect()
    }

    async fn head(&self, talk: conversation::Id) -> Option<Head> {
        self.table.get(&Key::Head(talk)).await.expect("an answer").as_ref().and_then(Head::read)
    }

    /// Asserts that each member has one row, at this message.
    async fn assert_rows_at(&self, talk: &OldTalk, text: &str, seq: u64) {
        let rows = self.inbox_rows(talk.id).await;
        for owner in talk.members {
            let [row] = &rows[&owner][..] else { panic!("{:?}", rows[&owner]) };
            assert_eq!((row.body.as_str(), row.seq), (text, seq));
            assert!(talk.members.contains(&row.with.id) && row.with.id != owner);
        }
    }
}

/// A table as the old app left it, and a server on it.
async fn server(app: &OldApp) -> (DynamoDb, Server) {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await.with_clock(Clock::new(|| NOW));
    app.write_to(&table).await;
    (dynamodb, Server::on(table).await)
}

/// Six people with conversations of every kind, some of them with several.
fn town(seed: u64, clocks: Clocks) -> OldApp {
    let mut app = OldApp::new(seed);
    let kinds = [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind];
    for one in 0..6 {
        for other in 0..one {
            let count = (one + other + seed as u128) % 3;
            for n in 0..count {
                let kind = (seed as usize + (one * 5 + other * 3 + n) as usize) % kinds.len();
                let messages = 1 + (one * other * 11 + n * 17) as usize;
                app.talk(&person(one), &person(other), Shape { messages, clocks, inbox: kinds[kind], ..SHAPE });
            }
        }
    }
    app.talk(&person(0), &person(1), Shape { messages: 3, inbox: Inbox::None, ..SHAPE });
    app.room("bayko", &person(3));
    app
}

/// Somebody: Ana, Ben, Cy …
fn person(n: u128) -> User {
    let names = ["Ana", "Ben", "Cy", "Dee", "Eli", "Fay", "Gil"];
    let name = names[n as usize % names.len()];
    User {
        id: user::Id(Uuid::from_u128(0xa_0000 + n)),
        handle: Handle::stored(format!("{}{n}", name.to_lowercase())),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

fn new_message() -> message::Id {
    message::Id(Uuid::now_v7())
}

fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}

fn ids(messages: &[Message]) -> Vec<message::Id> {
    messages.iter().map(|message| message.id).collect()
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all
}

/// What was written, as it should be shown.
fn written(messages: &[OldMessage]) -> Vec<(message::Id, user::Id, &str)> {
    messages.iter().map(|message| (message.id, message.author, message.body.as_str())).collect()
}

/// What is shown.
fn shown(messages: &[Message]) -> Vec<(message::Id, user::Id, &str)> {
    messages.iter().map(|message| (message.id, message.author, message.body.as_str())).collect()
}
