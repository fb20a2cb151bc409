//! The whole old system beside this program, on one table: its back end, its stream handler, its scripts, and its page,
//! which reads the JSON API. Before and after a migration, and with either of them as the first writer.

use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, text};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep};
use tokio_util::sync::DropGuard;

use super::old_back_end::{me, read_stream};
use crate::json_api::ApiClient;
use crate::support::admin_code::legacy::migration::migrate;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::app::{Browser, TestApp};
use crate::support::old_back_end::{OldBackEnd, Version};
use crate::support::old_stream_handler::OldStreamHandler;

/// Time for the programs to agree after a step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A step of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The table loses its mark, as a table of the old app.
    Unmark,
    Migrate,
    /// The old back end stores a message of Ana's.
    OldMessage,
    /// The page of the old app posts a message of Ben's to the JSON API.
    ApiMessage,
    /// Ana sends a message in this program.
    OurMessage,
    /// The old stream handler handles all records.
    Handler,
    /// The script of the old app that loads its sample data runs again.
    Seed,
}

/// The program, the old system, and Ana and Ben in both.
struct World {
    app: TestApp,
    table: Table,
    old: OldBackEnd,
    handler: OldStreamHandler,
    ana: Browser,
    /// Token of Ben in the page of the old app.
    page: ApiClient,
    /// The same for Ana.
    anas_page: ApiClient,
    users: [User; 2],
    conversation: conversation::Id,
    texts: Vec<String>,
    /// Other conversations of the two.
    others: Vec<conversation::Id>,
    _reading: DropGuard,
}

impl World {
    async fn start(version: Version, is_started_by_old: bool) -> Self {
        let app = TestApp::start().await;
        let reading = read_stream(&app);
        let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let users = [me(&mut ana).await, me(&mut ben).await];
        let table = app.dynamodb.table().await;
        let old = OldBackEnd::new(app.dynamodb.client(), version);
        let conversation = if is_started_by_old {
            old.create_message_group(&users[0], &users[1], "first").await
        } else {
            ana.start("ben", "first").await.parse().expect("an id")
        };
        Self {
            handler: OldStreamHandler::on(&app.dynamodb),
            page: ApiClient::with_token_of(&app, "ben").await,
            anas_page: ApiClient::with_token_of(&app, "ana").await,
            app,
            table,
            old,
            ana,
            users,
            conversation,
            texts: vec!["first".to_owned()],
            others: Vec::new(),
            _reading: reading,
        }
    }

    async fn take(&mut self, step: Step) {
        let body = format!("message {}", self.texts.len());
        match step {
            Step::Unmark => {
                let request = self.table.client().delete_item().table_name(self.table.name());
                request.set_key(Some(Key::Migrated.item())).send().await.expect("deleted");
            }
            Step::Migrate => drop(migrate(&self.table, Purpose::Change, &|_| {}).await.expect("a report")),
            Step::OldMessage => {
                self.old.create_message(self.conversation, &self.users[0], &body).await;
                self.texts.push(body);
            }
            Step::ApiMessage => {
                let message = json!({ "message": body, "message_group_uuid": self.conversation });
                let answer: Value = self.page.post(&message).await.json();
                for field in ["message_group_uuid", "uuid", "display_name", "handle", "message", "created_at"] {
                    assert!(answer[field].is_string(), "{field} in {answer}");
                }
                self.texts.push(body);
            }
            Step::OurMessage => {
                self.ana.say(&self.conversation.to_string(), &body).await;
                self.texts.push(body);
            }
            Step::Handler => self.handler.catch_up().await,
            Step::Seed => {
                let (seeded, _) = self.old.seed(&self.users[0], &self.users[1]).await;
                self.others.push(seeded);
            }
        }
    }

    /// Waits until every program shows all messages, in order, and the conversation once, at the newest one.
    async fn check(&self, after: &str) {
        let newest = self.texts.last().expect("a text").clone();
        let in_list = (1 + self.others.len(), vec![newest.clone()]);
        let of_api = (self.texts.clone(), [in_list.clone(), in_list]);
        let old_texts = self.texts[self.texts.len().saturating_sub(20)..].to_vec();
        let lists = ["ben", "ana"].map(|peer| (1 + self.others.len(), vec![format!("{newest} with {peer}")]));
        let expected = (of_api, (old_texts, lists));
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let shown = (self.shown_by_api().await, self.shown_by_old_back_end().await);
            if shown == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{after}: {shown:#?}, not {expected:#?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Returns the texts of the conversation, and for Ben and Ana the number of their groups and the texts of those
    /// that are this conversation.
    async fn shown_by_api(&self) -> (Vec<String>, [(usize, Vec<String>); 2]) {
        let rows: Vec<Value> = self.page.get(&format!("/api/messages/{}", self.conversation)).await.json();
        rows.iter().for_each(assert_readable_by_the_old_page);
        let text = |row: &Value| row["message"].as_str().unwrap_or_default().to_owned();
        let mut lists = Vec::new();
        for page in [&self.page, &self.anas_page] {
            let rows: Vec<Value> = page.get("/api/message_groups").await.json();
            rows.iter().for_each(assert_readable_by_the_old_page);
            let ours = rows.iter().filter(|row| row["uuid"] == json!(self.conversation));
            lists.push((rows.len(), ours.map(text).collect()));
        }
        (rows.iter().map(text).collect(), lists.try_into().expect("two lists"))
    }

    /// The same for the old back end, with the handle of the other user after the text of a group. Ana's list is first.
    async fn shown_by_old_back_end(&self) -> (Vec<String>, [(usize, Vec<String>); 2]) {
        let rows = self.old.list_messages(self.conversation).await;
        let mut lists = Vec::new();
        for user in &self.users {
            let groups = self.old.list_message_groups(user).await;
            let id = self.conversation.to_string();
            let ours = groups.iter().filter(|row| attribute(row, "message_group_uuid") == id);
            let text = |row| format!("{} with {}", attribute(row, "message"), attribute(row, "user_handle"));
            lists.push((groups.len(), ours.map(text).collect()));
        }
        let texts = rows.iter().map(|row| attribute(row, "message").to_owned()).collect();
        (texts, lists.try_into().expect("two lists"))
    }

    /// Asserts that every row of the table has what the old app reads of its kind.
    async fn check_rows(&self) {
        let scan = self.table.client().scan().table_name(self.table.name()).consistent_read(true).into_paginator();
        let rows: Vec<Item> = scan.items().send().try_collect().await.expect("a scan");
        for row in &rows {
            let needed: &[&str] = match Key::of(row) {
                Some(Key::Message(..)) => &["message_uuid", "message", "user_uuid", "user_display_name", "user_handle"],
                Some(Key::Inbox(..)) => {
                    &["message_group_uuid", "message", "user_uuid", "user_display_name", "user_handle"]
                }
                _ => &[],
            };
            assert!(needed.iter().all(|name| text(row, name).is_some()), "{row:?}");
        }
    }
}

fn attribute<'a>(row: &'a Item, name: &str) -> &'a str {
    text(row, name).unwrap_or_default()
}

/// Asserts what the components of the old page read of a message and of a group.
fn assert_readable_by_the_old_page(row: &Value) {
    for field in ["uuid", "display_name", "handle", "message", "created_at"] {
        assert!(row[field].is_string(), "{field} in {row}");
    }
    let at = row["created_at"].as_str().unwrap_or_default();
    assert!(OffsetDateTime::parse(at, &Rfc3339).is_ok(), "a time in ISO 8601: {at}");
}

const HISTORIES: [&[Step]; 5] = {
    use Step::{ApiMessage, Handler, Migrate, OldMessage, OurMessage, Seed, Unmark};
    [
        &[Unmark, OldMessage, Handler, Migrate, OurMessage, Handler, OldMessage, ApiMessage, Handler],
        &[Unmark, OurMessage, OldMessage, Handler, ApiMessage, Migrate, OldMessage, Handler, Migrate, OurMessage],
        &[OldMessage, OldMessage, Handler, OurMessage, Handler, Migrate, ApiMessage, OldMessage],
        &[Migrate, Seed, OldMessage, Handler, ApiMessage, Seed, Unmark, OurMessage, OldMessage],
        &[Unmark, Seed, OurMessage, Migrate, Handler, OldMessage, Handler, Unmark, ApiMessage],
    ]
};

async fn after_every_step_all_programs_show_the_same(version: Version, is_started_by_old: bool) {
    for history in HISTORIES {
        let mut world = World::start(version, is_started_by_old).await;
        // Ben has written, so that a restored row of Ana's names him: the store knows names from messages only.
        world.take(Step::ApiMessage).await;
        world.check("at the beginning").await;
        for (number, step) in history.iter().enumerate() {
            world.take(*step).await;
            world.check(&format!("{version:?}, {history:?}, after step {number}")).await;
        }
        world.check_rows().await;
        let found: conversation::Id = world.ana.start("ben", "found").await.parse().expect("an id");
        let known = [&[world.conversation], &world.others[..]].concat();
        assert!(known.contains(&found), "{history:?}: the two get no further conversation");
        drop(world.app.stop().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_system_and_this_program_show_the_same_in_conversations_of_the_old_app() {
    for version in [Version::First, Version::Last] {
        after_every_step_all_programs_show_the_same(version, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_system_and_this_program_show_the_same_in_conversations_of_this_program() {
    for version in [Version::First, Version::Last] {
        after_every_step_all_programs_show_the_same(version, false).await;
    }
}
