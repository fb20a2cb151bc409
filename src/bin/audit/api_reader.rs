//! Reads everything through the JSON API, as programs do.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::Context;
use cruddur_messages::domain::{conversation, message, user};
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::header::{AUTHORIZATION, LINK};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;
use uuid::Uuid;

use crate::accounts::Accounts;
use crate::judge::{Line, Reading, Row, preview};
use crate::ledger::text_of;
use crate::people::Person;
use crate::requests::browser;
use crate::server_reader::{AT_ONCE, INTRUSIONS, TRIES_MAX, TRY_AGAIN_AFTER, stranger};
use crate::table_reader::Found;

/// A reader of both servers: of one conversation by this one, of the next by the other.
pub struct ApiReader<'a> {
    people: &'a [Person],
    accounts: &'a Accounts,
    addresses: [SocketAddr; 2],
    http: reqwest::Client,
    authors: HashMap<&'a str, user::Id>,
}

/// A message, or a row of a list, as the API tells of it.
#[derive(Deserialize)]
struct Told {
    created_at: String,
    handle: String,
    message: String,
    uuid: Uuid,
}

/// A page of an answer, and where it goes on.
struct Page {
    items: Vec<Told>,
    next: Option<String>,
}

impl<'a> ApiReader<'a> {
    /// Reads at `addresses`.
    pub fn new(people: &'a [Person], accounts: &'a Accounts, addresses: [SocketAddr; 2]) -> anyhow::Result<Self> {
        let authors = people.iter().map(|person| (person.user.handle.as_str(), person.user.id)).collect();
        Ok(Self { people, accounts, addresses, http: browser()?, authors })
    }

    /// Everything: each conversation as one of its two people, and everybody's list.
    pub async fn read(&self, found: &Found) -> anyhow::Result<Reading> {
        let talks = found.members.iter().enumerate().map(async |(number, (conversation, members))| {
            let lines = self.talk(number, members[number / 2 % 2], *conversation).await?;
            anyhow::Ok((*conversation, lines))
        });
        let talks = stream::iter(talks).buffer_unordered(AT_ONCE).try_collect().await?;
        let lists = (0_u16..).take(self.people.len()).map(|owner| self.list(owner));
        let lists: Vec<_> = stream::iter(lists).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut reading = Reading { talks, ..Reading::default() };
        for (owner, row) in lists.into_iter().flatten() {
            let shown = Row { preview: preview(&row.message), seq: None, unread: None };
            reading.lists.entry((owner, conversation::Id(row.uuid))).or_default().push(shown);
        }
        reading.intrusions = self.intrude(found).await?;
        Ok(reading)
    }

    /// A conversation from its beginning, read back from its end a page at a time.
    async fn talk(&self, door: usize, reader: u16, conversation: conversation::Id) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for told in self.all(door, reader, format!("/api/messages/{conversation}"), true).await? {
            lines.push(self.line_of(&told).with_context(|| format!("message {}", told.uuid))?);
        }
        lines.reverse();
        Ok(lines)
    }

    /// Somebody's conversations.
    async fn list(&self, owner: u16) -> anyhow::Result<Vec<(u16, Told)>> {
        let rows = self.all(owner.into(), owner, "/api/message_groups".to_owned(), false).await?;
        Ok(rows.into_iter().map(|row| (owner, row)).collect())
    }

    /// All pages, newest first. `turned`: within a page, the oldest comes first.
    async fn all(&self, door: usize, me: u16, path: String, turned: bool) -> anyhow::Result<Vec<Told>> {
        let (mut all, mut next) = (Vec::new(), Some(path));
        while let Some(path) = next {
            let mut page = self.page(door, me, &path).await?;
            if turned {
                page.items.reverse();
            }
            all.append(&mut page.items);
            next = page.next;
        }
        Ok(all)
    }

    async fn page(&self, door: usize, me: u16, path: &str) -> anyhow::Result<Page> {
        let (status, next, text) = self.ask(door, me, Method::GET, path, None).await?;
        anyhow::ensure!(status == StatusCode::OK, "{path}: {status} {text:.300}");
        let items = serde_json::from_str(&text).with_context(|| format!("{path}: {text:.300}"))?;
        Ok(Page { items, next })
    }

    /// How often somebody who is not in a conversation gets another answer than that nothing is there.
    async fn intrude(&self, found: &Found) -> anyhow::Result<u64> {
        let mut heard = 0;
        for (number, (conversation, members)) in found.members.iter().take(INTRUSIONS).enumerate() {
            let stranger = stranger(self.people.len(), members, number)?;
            let message = json!({ "message": "Let me in.", "message_group_uuid": conversation }).to_string();
            let path = format!("/api/messages/{conversation}");
            for (method, path, body) in
                [(Method::GET, path.as_str(), None), (Method::POST, "/api/messages", Some(&*message))]
            {
                let (status, ..) = self.ask(number, stranger, method, path, body).await?;
                heard += u64::from(status != StatusCode::NOT_FOUND);
            }
        }
        Ok(heard)
    }

    /// Asks until there is an answer: its status, where it goes on, its text.
    async fn ask(
        &self,
        door: usize,
        me: u16,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> anyhow::Result<(StatusCode, Option<String>, String)> {
        let (url, person) = (format!("http://{}{path}", self.addresses[door % 2]), &self.people[usize::from(me)]);
        let ask_once = async || {
            let bearer = self.accounts.bearer(&person.email).await?;
            let request = self.http.request(method.clone(), &url).header(AUTHORIZATION, bearer);
            let request = request.header("x-forwarded-for", &person.address);
            let request = match body {
                Some(body) => request.header("content-type", "application/json").body(body.to_owned()),
                None => request,
            };
            answer(request).await
        };
        let mut last = anyhow::anyhow!("never tried");
        for _ in 0..TRIES_MAX {
            match ask_once().await {
                Ok((status, ..)) if status.is_server_error() => last = anyhow::anyhow!("{status}"),
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
            sleep(TRY_AGAIN_AFTER).await;
        }
        Err(last.context(url))
    }

    fn line_of(&self, told: &Told) -> Option<Line> {
        let id = message::Id(told.uuid);
        let at = OffsetDateTime::parse(&told.created_at, &Rfc3339).ok()?.unix_timestamp_nanos() / 1000;
        let author = *self.authors.get(told.handle.as_str())?;
        Some(Line { id, author, seq: None, at: at.try_into().ok()?, is_faithful: told.message == text_of(id) })
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<(StatusCode, Option<String>, String)> {
    let response = request.send().await?;
    let links = response.headers().get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    let next = links.filter_map(next_of).next();
    Ok((response.status(), next, response.text().await?))
}

/// `</path?cursor=…>; rel="next"`
fn next_of(link: &str) -> Option<String> {
    let (target, relation) = link.split_once(';')?;
    let path = target.trim().strip_prefix('<')?.strip_suffix('>')?;
    (relation.trim() == "rel=\"next\"").then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::next_of;

    #[test]
    fn only_the_way_on_to_what_is_older_is_followed() {
        assert_eq!(next_of("</api/x?cursor=a>; rel=\"next\"").as_deref(), Some("/api/x?cursor=a"));
        assert_eq!(next_of("</api/x?cursor=a>; rel=\"prev\""), None);
        assert_eq!(next_of("nothing"), None);
    }
}
