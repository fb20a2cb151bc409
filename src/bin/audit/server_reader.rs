//! Reads everything through a web server, as its pages do.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation::{self, Conversation, Thread};
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::page::{Cursor, Page};
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;
use uuid::Uuid;

use crate::judge::{Line, Reading, Row};
use crate::ledger::text_of;
use crate::people::Person;
use crate::requests::{browser, post};
use crate::table_reader::Found;

/// How many requests are under way.
pub const AT_ONCE: usize = 16;

/// How often one is tried: nothing is made to go wrong any more, but a machine can be busy.
pub const TRIES_MAX: usize = 5;

/// How long a reader waits before it tries again.
pub const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// In how many conversations a stranger tries their luck.
pub const INTRUSIONS: usize = 100;

/// A reader of one server.
pub struct ServerReader<'a> {
    people: &'a [Person],
    address: SocketAddr,
    http: reqwest::Client,
}

impl<'a> ServerReader<'a> {
    /// Reads at `address`.
    pub fn new(people: &'a [Person], address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { people, address, http: browser()? })
    }

    /// Everything: each conversation as one of its two people, by `side`, and everybody's list.
    pub async fn read(&self, found: &Found, side: usize) -> anyhow::Result<Reading> {
        let talks = found.members.iter().map(async |(conversation, members)| {
            let lines = self.talk(members[side % 2], *conversation).await?;
            anyhow::Ok((*conversation, lines))
        });
        let talks = stream::iter(talks).buffer_unordered(AT_ONCE).try_collect().await?;
        let lists = (0_u16..).take(self.people.len()).map(|owner| self.list(owner));
        let lists: Vec<_> = stream::iter(lists).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut reading = Reading { talks, ..Reading::default() };
        for (owner, conversation) in lists.into_iter().flatten() {
            let row = Row { unread: Some(conversation.unread()), preview: conversation.preview, seq: None };
            reading.lists.entry((owner, conversation.id)).or_default().push(row);
        }
        reading.intrusions = self.intrude(found).await?;
        Ok(reading)
    }

    /// A conversation from its beginning, read back from its end a page at a time.
    async fn talk(&self, reader: u16, conversation: conversation::Id) -> anyhow::Result<Vec<Line>> {
        let talk = conversation.to_string();
        let newest = Cursor::newest();
        let place = [("conversation", &*talk), ("cursor", &*newest.0)];
        let thread: Thread = self.call(reader, "open_conversation", &place).await?;
        let mut page = thread.messages;
        let mut lines = Vec::new();
        loop {
            for message in page.items.into_iter().rev() {
                lines.push(line_of(&message).with_context(|| format!("{message:?}"))?);
            }
            let Some(older) = page.older else { break };
            page = self.call(reader, "list_messages", &[("conversation", &talk), ("cursor", &older.0)]).await?;
        }
        lines.reverse();
        Ok(lines)
    }

    /// Somebody's conversations.
    async fn list(&self, owner: u16) -> anyhow::Result<Vec<(u16, Conversation)>> {
        let mut page: Page<Conversation> = self.call(owner, "list_conversations", &[]).await?;
        let mut rows = Vec::new();
        loop {
            rows.extend(page.items.into_iter().map(|conversation| (owner, conversation)));
            let Some(older) = page.older else { return Ok(rows) };
            page = self.call(owner, "list_conversations", &[("cursor", &older.0)]).await?;
        }
    }

    /// How often somebody who is not in a conversation gets another answer than that nothing is there.
    async fn intrude(&self, found: &Found) -> anyhow::Result<u64> {
        let mut heard = 0;
        for (number, (conversation, members)) in found.members.iter().take(INTRUSIONS).enumerate() {
            let stranger = stranger(self.people.len(), members, number)?;
            let (talk, id) = (conversation.to_string(), message::Id(Uuid::now_v7()));
            let (key, body) = (id.to_string(), text_of(id));
            for (endpoint, fields) in [
                ("open_conversation", &[("conversation", &*talk)][..]),
                ("send_message", &[("conversation", &*talk), ("id", &*key), ("body", &*body)]),
                ("mark_read", &[("conversation", &*talk), ("seq", "1")]),
            ] {
                let (status, _) = self.ask(stranger, endpoint, fields).await?;
                heard += u64::from(status != StatusCode::NOT_FOUND);
            }
        }
        Ok(heard)
    }

    async fn call<T: DeserializeOwned>(&self, me: u16, endpoint: &str, fields: &[(&str, &str)]) -> anyhow::Result<T> {
        let (status, text) = self.ask(me, endpoint, fields).await?;
        anyhow::ensure!(status == StatusCode::OK, "{endpoint}: {status} {text:.300}");
        serde_json::from_str(&text).with_context(|| format!("{endpoint}: {text:.300}"))
    }

    /// Calls a server function until there is an answer.
    async fn ask(&self, me: u16, endpoint: &str, fields: &[(&str, &str)]) -> anyhow::Result<(StatusCode, String)> {
        let path = format!("/rpc/{endpoint}");
        let mut last = anyhow::anyhow!("never tried");
        for _ in 0..TRIES_MAX {
            let request = post(&self.http, self.address, &self.people[usize::from(me)], &path, fields);
            match request.send().await {
                Ok(response) if !response.status().is_server_error() => {
                    return Ok((response.status(), response.text().await?));
                }
                Ok(response) => last = anyhow::anyhow!("{} {:.300}", response.status(), response.text().await?),
                Err(error) => last = error.into(),
            }
            sleep(TRY_AGAIN_AFTER).await;
        }
        Err(last.context(path))
    }
}

/// Somebody who is in no conversation of these two; for another `number`, mostly somebody else.
pub fn stranger(people: usize, members: &[u16; 2], number: usize) -> anyhow::Result<u16> {
    let strangers = (0_u16..).take(people).cycle().skip(number * 7).take(people);
    let mut strangers = strangers.filter(|number| !members.contains(number));
    strangers.next().context("everybody is in this conversation")
}

fn line_of(message: &Message) -> Option<Line> {
    let at = OffsetDateTime::parse(message.sent_at.as_str(), &Rfc3339).ok()?.unix_timestamp_nanos() / 1000;
    let is_faithful = message.body == text_of(message.id);
    let (id, author) = (message.id, message.author);
    Some(Line { id, author, seq: Some(message.seq.try_into().ok()?), at: at.try_into().ok()?, is_faithful })
}
