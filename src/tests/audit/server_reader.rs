//! Reads all messages and inboxes through a web server, as its pages do.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::changes::Changes;
use cruddur_messages::domain::conversation::{self, Conversation, ConversationView, MessageView};
use cruddur_messages::domain::message::{self, Message, MessageRef};
use cruddur_messages::domain::page::{Cursor, Page};
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use uuid::Uuid;

use super::ledger::EMOJI;
use super::requests::{http_client, post};
use super::shown::{CatchUp, Reading, ShownHistory, ShownMessage, ShownRow, micros, shown_body};
use super::table_reader::TableContents;
use super::texts::{FIRST_TEXT, text_of};
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

/// Page of a conversation that a member has opened.
#[derive(Clone, Copy)]
struct PageOfMember {
    reader: u16,
    conversation: conversation::Id,
    /// Number of the server, which selects the part of what is not read through both.
    side: usize,
}

/// Everything that a server shows of a conversation.
struct ReadConversation {
    messages: Vec<ShownMessage>,
    histories: Vec<ShownHistory>,
    catch_up: Option<CatchUp>,
}

impl<'a> ServerReader<'a> {
    /// Creates a reader of the server at `address`.
    pub fn new(users: &'a [AuditUser], address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { users, address, http: http_client()? })
    }

    /// Reads each conversation as one of its members, selected by `side`, and the inbox of every user. Catches up with
    /// the changes of each conversation, and asks for the histories of half of the edited and deleted messages.
    pub async fn read(&self, contents: &TableContents, side: usize) -> anyhow::Result<Reading> {
        let conversations = contents.members.iter().map(|(conversation, members)| {
            let page = PageOfMember { reader: members[side % 2], conversation: *conversation, side };
            self.conversation(page)
        });
        let conversations: Vec<_> = stream::iter(conversations).buffer_unordered(CONCURRENCY).try_collect().await?;
        let inboxes = (0_u16..).take(self.users.len()).map(|owner| self.inbox(owner));
        let inboxes: Vec<_> = stream::iter(inboxes).buffer_unordered(CONCURRENCY).try_collect().await?;
        let mut reading = Reading { catch_ups: Some(HashMap::new()), ..Reading::default() };
        for (conversation, ReadConversation { messages, histories, catch_up }) in conversations {
            reading.conversations.insert(conversation, messages);
            reading.histories.extend(histories);
            reading.catch_ups.get_or_insert_default().extend(catch_up.map(|catch_up| (conversation, catch_up)));
        }
        for (owner, conversation) in inboxes.into_iter().flatten() {
            let row = ShownRow { unread: Some(conversation.unread()), preview: conversation.preview, seq: None };
            reading.inboxes.entry((owner, conversation.id)).or_default().push(row);
        }
        reading.intrusions = self.count_intrusions(contents).await?;
        Ok(reading)
    }

    async fn conversation(&self, page: PageOfMember) -> anyhow::Result<(conversation::Id, ReadConversation)> {
        let (messages, rev) = self.messages(page).await?;
        let mut histories = Vec::new();
        let is_changed = |message: &&Message| message.edits > 0 || message.is_deleted();
        for message in messages.iter().filter(is_changed).skip(page.side % 2).step_by(2) {
            histories.push(self.history(page, message.reference()).await?);
        }
        let catch_up = if rev > 0 { Some(self.catch_up(page, rev * page.side as u64 / 2).await?) } else { None };
        let messages = shown(&messages)?;
        Ok((page.conversation, ReadConversation { messages, histories, catch_up }))
    }

    /// Reads a message as its own page does.
    async fn history(&self, page: PageOfMember, message: MessageRef) -> anyhow::Result<ShownHistory> {
        let (conversation, id) = (page.conversation.to_string(), message.id.to_string());
        let fields = [("conversation", &*conversation), ("message", &*id), ("sent_at", message.sent_at.as_str())];
        let view: MessageView = self.call(page.reader, "find_message", &fields).await?;
        let mut versions = Vec::new();
        for version in view.versions.iter().rev() {
            let written_at = micros(&version.written_at).context("the time of a version")?;
            versions.push((shown_body(message.id, &version.body, false), written_at));
        }
        Ok(ShownHistory { message: ShownMessage::of(&view.message).context("a message")?, versions })
    }

    /// Catches up as a page does that shows all changes up to the revision `after`.
    async fn catch_up(&self, page: PageOfMember, after: u64) -> anyhow::Result<CatchUp> {
        let conversation = page.conversation.to_string();
        let mut known = HashMap::new();
        let mut rev = after;
        loop {
            let fields = [("conversation", &*conversation), ("rev", &*rev.to_string())];
            let changes: Changes = self.call(page.reader, "changes_after", &fields).await?;
            for message in shown(&changes.messages)? {
                known.insert(message.at, message);
            }
            anyhow::ensure!(!changes.has_more || changes.rev > rev, "{conversation} has more than revision {rev}");
            rev = changes.rev;
            if !changes.has_more {
                let messages = known.into_values().collect();
                return Ok(CatchUp { after, rev, is_trimmed: changes.is_trimmed, messages });
            }
        }
    }

    /// Reads a conversation page by page, from its end. Returns its messages, oldest first, and its revision.
    async fn messages(&self, page: PageOfMember) -> anyhow::Result<(Vec<Message>, u64)> {
        let PageOfMember { reader, conversation, .. } = page;
        let conversation = conversation.to_string();
        let newest = Cursor::newest();
        let fields = [("conversation", &*conversation), ("cursor", &*newest.0)];
        let view: ConversationView = self.call(reader, "open_conversation", &fields).await?;
        let mut page = view.messages;
        let rev = page.rev;
        let mut messages = Vec::new();
        loop {
            messages.extend(page.items.into_iter().rev());
            let Some(older) = page.older else { break };
            page = self.call(reader, "list_messages", &[("conversation", &conversation), ("cursor", &older.0)]).await?;
        }
        messages.reverse();
        Ok((messages, rev))
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

    /// Counts the requests of strangers with another response than Not Found, and those of a member who changes the
    /// message of the other.
    async fn count_intrusions(&self, contents: &TableContents) -> anyhow::Result<u64> {
        let attempts = contents.members.iter().take(INTRUSION_ATTEMPTS).enumerate().map(|(number, conversation)| {
            let first = contents.reading.conversations.get(conversation.0).and_then(|messages| messages.first());
            self.intrusions_into(number, conversation, first)
        });
        let intrusions: Vec<u64> = stream::iter(attempts).buffer_unordered(CONCURRENCY).try_collect().await?;
        Ok(intrusions.iter().sum())
    }

    async fn intrusions_into(
        &self,
        number: usize,
        (conversation, members): (&conversation::Id, &[u16; 2]),
        first: Option<&ShownMessage>,
    ) -> anyhow::Result<u64> {
        let first = first.context("a conversation without messages")?;
        let stranger = stranger(self.users.len(), members, number)?;
        let is_reader = |member: &&u16| self.users[usize::from(**member)].user.id != first.author;
        let reader = *members.iter().find(is_reader).context("a member who has not written the message")?;
        let (conversation, new) = (conversation.to_string(), message::Id(Uuid::now_v7()));
        let (key, body) = (new.to_string(), text_of(new, FIRST_TEXT));
        let (id, sent_at) = (first.id.to_string(), first.sent_at()?);
        let in_conversation = [("conversation", &*conversation)];
        let of_message = [in_conversation[0], ("message", &*id), ("sent_at", sent_at.as_str())];
        let edit = [&of_message[..], &[("edits", "0"), ("body", "Not mine.")]].concat();
        let react = [&of_message[..], &[("emoji", EMOJI[0]), ("on", "true")]].concat();
        let mut intrusions = 0;
        for (user, endpoint, fields) in [
            (stranger, "open_conversation", &in_conversation[..]),
            (stranger, "send_message", &[in_conversation[0], ("id", &*key), ("body", &*body)]),
            (stranger, "mark_read", &[in_conversation[0], ("seq", "1")]),
            (stranger, "changes_after", &[in_conversation[0], ("rev", "0")]),
            (stranger, "find_message", &of_message),
            (stranger, "react", &react),
            (stranger, "edit_message", &edit),
            (stranger, "delete_message", &of_message),
            (reader, "edit_message", &edit),
            (reader, "delete_message", &of_message),
        ] {
            let (status, _) = self.request(user, endpoint, fields).await?;
            intrusions += u64::from(status != StatusCode::NOT_FOUND);
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

fn shown(messages: &[Message]) -> anyhow::Result<Vec<ShownMessage>> {
    messages.iter().map(|message| ShownMessage::of(message).with_context(|| format!("{message:?}"))).collect()
}
