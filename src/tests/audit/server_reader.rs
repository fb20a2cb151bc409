//! Reads all messages and inboxes through a web server, as its pages do.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation::{self, Conversation, ConversationView};
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::page::{Cursor, Page};
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;
use uuid::Uuid;

use super::judge::{Reading, ShownMessage, ShownRow};
use super::ledger::text_of;
use super::requests::{http_client, post};
use super::table_reader::TableContents;
use super::users::AuditUser;

/// Number of concurrent requests.
pub const CONCURRENCY: usize = 16;

/// Maximum number of attempts per request. No faults are injected any more, but the machine can be busy.
pub const ATTEMPTS_MAX: usize = 5;

/// Delay between two attempts.
pub const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Number of conversations that a stranger tries to access.
pub const INTRUSION_ATTEMPTS: usize = 100;

/// Reader of one server.
pub struct ServerReader<'a> {
    users: &'a [AuditUser],
    address: SocketAddr,
    http: reqwest::Client,
}

impl<'a> ServerReader<'a> {
    /// Creates a reader of the server at `address`.
    pub fn new(users: &'a [AuditUser], address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { users, address, http: http_client()? })
    }

    /// Reads each conversation as one of its members, selected by `side`, and the inbox of every user.
    pub async fn read(&self, contents: &TableContents, side: usize) -> anyhow::Result<Reading> {
        let conversations = contents.members.iter().map(async |(conversation, members)| {
            let messages = self.messages(members[side % 2], *conversation).await?;
            anyhow::Ok((*conversation, messages))
        });
        let conversations = stream::iter(conversations).buffer_unordered(CONCURRENCY).try_collect().await?;
        let inboxes = (0_u16..).take(self.users.len()).map(|owner| self.inbox(owner));
        let inboxes: Vec<_> = stream::iter(inboxes).buffer_unordered(CONCURRENCY).try_collect().await?;
        let mut reading = Reading { conversations, ..Reading::default() };
        for (owner, conversation) in inboxes.into_iter().flatten() {
            let row = ShownRow { unread: Some(conversation.unread()), preview: conversation.preview, seq: None };
            reading.inboxes.entry((owner, conversation.id)).or_default().push(row);
        }
        reading.intrusions = self.count_intrusions(contents).await?;
        Ok(reading)
    }

    /// Reads a conversation page by page, from its end. Returns its messages, oldest first.
    async fn messages(&self, reader: u16, conversation: conversation::Id) -> anyhow::Result<Vec<ShownMessage>> {
        let conversation = conversation.to_string();
        let newest = Cursor::newest();
        let fields = [("conversation", &*conversation), ("cursor", &*newest.0)];
        let view: ConversationView = self.call(reader, "open_conversation", &fields).await?;
        let mut page = view.messages;
        let mut messages = Vec::new();
        loop {
            for message in page.items.into_iter().rev() {
                messages.push(shown_message(&message).with_context(|| format!("{message:?}"))?);
            }
            let Some(older) = page.older else { break };
            page = self.call(reader, "list_messages", &[("conversation", &conversation), ("cursor", &older.0)]).await?;
        }
        messages.reverse();
        Ok(messages)
    }

    /// Returns the conversations of a user.
    async fn inbox(&self, owner: u16) -> anyhow::Result<Vec<(u16, Conversation)>> {
        let mut page: Page<Conversation> = self.call(owner, "list_conversations", &[]).await?;
        let mut rows = Vec::new();
        loop {
            rows.extend(page.items.into_iter().map(|conversation| (owner, conversation)));
            let Some(older) = page.older else { return Ok(rows) };
            page = self.call(owner, "list_conversations", &[("cursor", &older.0)]).await?;
        }
    }

    /// Counts the requests of strangers with another response than Not Found.
    async fn count_intrusions(&self, contents: &TableContents) -> anyhow::Result<u64> {
        let mut intrusions = 0;
        for (number, (conversation, members)) in contents.members.iter().take(INTRUSION_ATTEMPTS).enumerate() {
            let stranger = stranger(self.users.len(), members, number)?;
            let (conversation, id) = (conversation.to_string(), message::Id(Uuid::now_v7()));
            let (key, body) = (id.to_string(), text_of(id));
            for (endpoint, fields) in [
                ("open_conversation", &[("conversation", &*conversation)][..]),
                ("send_message", &[("conversation", &*conversation), ("id", &*key), ("body", &*body)]),
                ("mark_read", &[("conversation", &*conversation), ("seq", "1")]),
            ] {
                let (status, _) = self.request(stranger, endpoint, fields).await?;
                intrusions += u64::from(status != StatusCode::NOT_FOUND);
            }
        }
        Ok(intrusions)
    }

    async fn call<T: DeserializeOwned>(&self, me: u16, endpoint: &str, fields: &[(&str, &str)]) -> anyhow::Result<T> {
        let (status, text) = self.request(me, endpoint, fields).await?;
        anyhow::ensure!(status == StatusCode::OK, "{endpoint}: {status} {text:.300}");
        serde_json::from_str(&text).with_context(|| format!("{endpoint}: {text:.300}"))
    }

    /// Calls a server function, and retries after connection and server errors.
    async fn request(&self, me: u16, endpoint: &str, fields: &[(&str, &str)]) -> anyhow::Result<(StatusCode, String)> {
        let path = format!("/rpc/{endpoint}");
        let mut last_error = anyhow::anyhow!("not attempted");
        for _ in 0..ATTEMPTS_MAX {
            let request = post(&self.http, self.address, &self.users[usize::from(me)], &path, fields);
            match request.send().await {
                Ok(response) if !response.status().is_server_error() => {
                    return Ok((response.status(), response.text().await?));
                }
                Ok(response) => last_error = anyhow::anyhow!("{} {:.300}", response.status(), response.text().await?),
                Err(error) => last_error = error.into(),
            }
            sleep(RETRY_DELAY).await;
        }
        Err(last_error.context(path))
    }
}

/// Returns a user who is not a member. Another `number` mostly selects another user.
pub fn stranger(users: usize, members: &[u16; 2], number: usize) -> anyhow::Result<u16> {
    let strangers = (0_u16..).take(users).cycle().skip(number * 7).take(users);
    let mut strangers = strangers.filter(|number| !members.contains(number));
    strangers.next().context("there is no user outside of this conversation")
}

fn shown_message(message: &Message) -> Option<ShownMessage> {
    let at = OffsetDateTime::parse(message.sent_at.as_str(), &Rfc3339).ok()?.unix_timestamp_nanos() / 1000;
    let is_faithful = message.body == text_of(message.id);
    let (id, author) = (message.id, message.author);
    Some(ShownMessage { id, author, seq: Some(message.seq.try_into().ok()?), at: at.try_into().ok()?, is_faithful })
}
