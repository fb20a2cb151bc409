//! Reads all messages and inboxes through the JSON API.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::Context;
use cruddur_messages::domain::message::{self, Reaction, SentAt};
use cruddur_messages::domain::{conversation, user};
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::header::{AUTHORIZATION, LINK};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::accounts::Accounts;
use super::requests::http_client;
use super::server_reader::{ATTEMPTS_MAX, CONCURRENCY, INTRUSION_ATTEMPTS, RETRY_DELAY, stranger};
use super::shown::{Reading, ShownMessage, ShownQuote, ShownRow, micros, preview, shown_body};
use super::table_reader::TableContents;
use super::users::AuditUser;

/// Reader of the JSON API of both servers, which alternate between conversations.
pub struct ApiReader<'a> {
    users: &'a [AuditUser],
    accounts: &'a Accounts,
    addresses: [SocketAddr; 2],
    http: reqwest::Client,
    authors: HashMap<&'a str, user::Id>,
}

/// Message or inbox row of a response.
#[derive(Deserialize)]
struct ApiItem {
    created_at: SentAt,
    handle: String,
    message: String,
    uuid: Uuid,
    deleted_at: Option<SentAt>,
    edited_at: Option<SentAt>,
    #[serde(default)]
    reactions: Vec<Reaction>,
    reply_to: Option<message::Id>,
}

/// Page of a list, and the path of the next page.
struct Page {
    items: Vec<ApiItem>,
    next: Option<String>,
}

impl<'a> ApiReader<'a> {
    /// Creates a reader of the servers at `addresses`.
    pub fn new(users: &'a [AuditUser], accounts: &'a Accounts, addresses: [SocketAddr; 2]) -> anyhow::Result<Self> {
        let authors = users.iter().map(|user| (user.user.handle_text(), user.user.id)).collect();
        Ok(Self { users, accounts, addresses, http: http_client()?, authors })
    }

    /// Reads each conversation as one of its members, and the inbox of every user.
    pub async fn read(&self, contents: &TableContents) -> anyhow::Result<Reading> {
        let conversations = contents.members.iter().enumerate().map(async |(number, (conversation, members))| {
            let messages = self.messages(number, members[number / 2 % 2], *conversation).await?;
            anyhow::Ok((*conversation, messages))
        });
        let conversations = stream::iter(conversations).buffer_unordered(CONCURRENCY).try_collect().await?;
        let inboxes = (0_u16..).take(self.users.len()).map(|owner| self.inbox(owner));
        let inboxes: Vec<_> = stream::iter(inboxes).buffer_unordered(CONCURRENCY).try_collect().await?;
        let mut reading = Reading { conversations, ..Reading::default() };
        for (owner, row) in inboxes.into_iter().flatten() {
            let shown = ShownRow { preview: preview(&row.message), seq: None, unread: None };
            reading.inboxes.entry((owner, conversation::Id(row.uuid))).or_default().push(shown);
        }
        reading.intrusions = self.count_intrusions(contents).await?;
        Ok(reading)
    }

    /// Reads a conversation page by page, from its end. Returns its messages, oldest first.
    async fn messages(
        &self,
        server: usize,
        reader: u16,
        conversation: conversation::Id,
    ) -> anyhow::Result<Vec<ShownMessage>> {
        let mut messages = Vec::new();
        for item in self.all(server, reader, format!("/api/messages/{conversation}"), true).await? {
            messages.push(self.shown_message(&item).with_context(|| format!("message {}", item.uuid))?);
        }
        messages.reverse();
        Ok(messages)
    }

    /// Returns the conversations of a user.
    async fn inbox(&self, owner: u16) -> anyhow::Result<Vec<(u16, ApiItem)>> {
        let rows = self.all(owner.into(), owner, "/api/message_groups".to_owned(), false).await?;
        Ok(rows.into_iter().map(|row| (owner, row)).collect())
    }

    /// Reads all pages, newest first. If `reversed`, the oldest item comes first within a page.
    async fn all(&self, server: usize, me: u16, path: String, reversed: bool) -> anyhow::Result<Vec<ApiItem>> {
        let (mut all, mut next) = (Vec::new(), Some(path));
        while let Some(path) = next {
            let mut page = self.page(server, me, &path).await?;
            if reversed {
                page.items.reverse();
            }
            all.append(&mut page.items);
            next = page.next;
        }
        Ok(all)
    }

    async fn page(&self, server: usize, me: u16, path: &str) -> anyhow::Result<Page> {
        let (status, next, text) = self.request(server, me, Method::GET, path, None).await?;
        anyhow::ensure!(status == StatusCode::OK, "{path}: {status} {text:.300}");
        let items = serde_json::from_str(&text).with_context(|| format!("{path}: {text:.300}"))?;
        Ok(Page { items, next })
    }

    /// Counts the requests of strangers with another response than Not Found.
    async fn count_intrusions(&self, contents: &TableContents) -> anyhow::Result<u64> {
        let mut intrusions = 0;
        for (number, (conversation, members)) in contents.members.iter().take(INTRUSION_ATTEMPTS).enumerate() {
            let stranger = stranger(self.users.len(), members, number)?;
            let message = json!({ "message": "Let me in.", "message_group_uuid": conversation }).to_string();
            let path = format!("/api/messages/{conversation}");
            for (method, path, body) in
                [(Method::GET, path.as_str(), None), (Method::POST, "/api/messages", Some(&*message))]
            {
                let (status, ..) = self.request(number, stranger, method, path, body).await?;
                intrusions += u64::from(status != StatusCode::NOT_FOUND);
            }
        }
        Ok(intrusions)
    }

    /// Sends a request, and retries after connection and server errors. Returns the status, the path of the next page,
    /// and the body.
    async fn request(
        &self,
        server: usize,
        me: u16,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> anyhow::Result<(StatusCode, Option<String>, String)> {
        let (url, user) = (format!("http://{}{path}", self.addresses[server % 2]), &self.users[usize::from(me)]);
        let attempt = async || {
            let bearer = self.accounts.bearer(&user.email).await?;
            let request = self.http.request(method.clone(), &url).header(AUTHORIZATION, bearer);
            let request = request.header("x-forwarded-for", &user.address);
            let request = match body {
                Some(body) => request.header("content-type", "application/json").body(body.to_owned()),
                None => request,
            };
            send(request).await
        };
        let mut last_error = anyhow::anyhow!("not attempted");
        for _ in 0..ATTEMPTS_MAX {
            match attempt().await {
                Ok((status, ..)) if status.is_server_error() => last_error = anyhow::anyhow!("{status}"),
                Ok(response) => return Ok(response),
                Err(error) => last_error = error,
            }
            sleep(RETRY_DELAY).await;
        }
        Err(last_error.context(url))
    }

    fn shown_message(&self, item: &ApiItem) -> Option<ShownMessage> {
        let (id, is_deleted) = (message::Id(item.uuid), item.deleted_at.is_some());
        Some(ShownMessage {
            id,
            author: *self.authors.get(item.handle.as_str())?,
            seq: None,
            at: micros(&item.created_at)?,
            text: shown_body(id, &item.message, is_deleted),
            edits: None,
            edited_at: item.edited_at.as_ref().and_then(micros),
            changed: None,
            reactions: item.reactions.clone(),
            quote: item.reply_to.map(|id| ShownQuote { id, text: None }),
        })
    }
}

async fn send(request: reqwest::RequestBuilder) -> anyhow::Result<(StatusCode, Option<String>, String)> {
    let response = request.send().await?;
    let links = response.headers().get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    let next = links.filter_map(next_of).next();
    Ok((response.status(), next, response.text().await?))
}

/// Parses a link such as `</path?cursor=…>; rel="next"`.
pub fn next_of(link: &str) -> Option<String> {
    let (target, relation) = link.split_once(';')?;
    let path = target.trim().strip_prefix('<')?.strip_suffix('>')?;
    (relation.trim() == "rel=\"next\"").then(|| path.to_owned())
}
