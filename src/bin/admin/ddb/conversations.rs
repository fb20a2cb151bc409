//! `admin ddb list-conversations` and `get-conversation`: what a person sees, and what it costs to read.

use anyhow::{Context, bail};
use cruddur_messages::domain::conversation::Conversation;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::{Cursor, Page};
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::capacity::{self, Meter};
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::json;

use super::{Extent, Stores, Which, connect};
use crate::manner::{Manner, counted, one_line};
use crate::progress;

/// Where messages are read, by a client with a meter.
struct Reading {
    table: Table,
    users: Users,
    conversations: Conversations,
    meter: Meter,
}

/// `ddb list-conversations`.
pub async fn list(stores: &Stores, handle: &Handle, extent: &Extent, manner: &Manner) -> anyhow::Result<()> {
    let reading = Reading::of(stores).await?;
    let me = reading.person(handle).await?;
    let page = async |cursor: Option<&Cursor>| reading.conversations.list(me.id, cursor).await;
    let (pages, more) = read(extent, "conversations", page).await?;
    let consumed = reading.meter.take();
    let conversations: Vec<Conversation> = pages.into_iter().flatten().collect();
    let mut lines: Vec<_> = conversations.iter().map(line_of_conversation).collect();
    lines.push(counted(conversations.len(), "conversation") + hint_of_more(more));
    lines.push(format!("consumed {consumed}"));
    manner.answer(
        json!({ "person": me, "conversations": conversations, "more": more, "consumed": consumed }),
        lines.join("\n"),
    )
}

/// `ddb get-conversation`.
pub async fn show(
    stores: &Stores,
    handle: &Handle,
    which: &Which,
    extent: &Extent,
    manner: &Manner,
) -> anyhow::Result<()> {
    let reading = Reading::of(stores).await?;
    let me = reading.person(handle).await?;
    let membership = reading.membership(&me, which).await?;
    let store = Messages::new(reading.table.clone());
    let page = async |cursor: Option<&Cursor>| store.page(&membership, cursor).await;
    let (pages, more) = read(extent, "messages", page).await?;
    let consumed = reading.meter.take();
    let messages: Vec<Message> = pages.into_iter().rev().flatten().collect();
    let other = reading.users.by_ids(&[membership.other()]).await.map_err(Failure::into_cause)?;
    let people: Vec<_> = [me].into_iter().chain(other).collect();
    let mut lines: Vec<_> = messages.iter().map(|message| line_of_message(message, &people)).collect();
    lines.push(counted(messages.len(), "message") + hint_of_more(more));
    lines.push(format!("consumed {consumed}"));
    let conversation = membership.conversation();
    manner.answer(
        json!({
            "conversation": conversation,
            "people": people,
            "messages": messages,
            "more": more,
            "consumed": consumed,
        }),
        lines.join("\n"),
    )
}

/// Reads the newest page, or all of them, and shows meanwhile how far it is. Answers with the pages, the newest first,
/// and whether there are more.
async fn read<T>(
    extent: &Extent,
    what: &'static str,
    page: impl AsyncFn(Option<&Cursor>) -> Result<Page<T>, Failure>,
) -> anyhow::Result<(Vec<Vec<T>>, bool)> {
    // Gone when this returns: the answer follows, maybe on the same terminal.
    let progress = progress::counting(what);
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let Page { items, older, .. } = page(cursor.as_ref()).await.map_err(Failure::into_cause)?;
        progress.inc(items.len() as u64);
        pages.push(items);
        if older.is_none() || !extent.all {
            return Ok((pages, older.is_some()));
        }
        cursor = older;
    }
}

impl Reading {
    async fn of(stores: &Stores) -> anyhow::Result<Self> {
        let (client, _) = connect().await?;
        let (client, meter) = capacity::metered(&client);
        let table = Table::new(client, &stores.table.table);
        let users = stores.database.users().await?;
        Ok(Self { conversations: Conversations::new(table.clone(), users.clone()), table, users, meter })
    }

    async fn person(&self, handle: &Handle) -> anyhow::Result<User> {
        let found = self.users.by_handle(handle).await.map_err(Failure::into_cause)?;
        found.with_context(|| format!("nobody is @{}", one_line(handle.as_str())))
    }

    async fn membership(&self, me: &User, which: &Which) -> anyhow::Result<Membership> {
        let conversation = match which {
            Which::Conversation(conversation) => *conversation,
            Which::With(other) => {
                let other = self.person(other).await?;
                match self.conversations.find_with(me.id, other.id).await.map_err(Failure::into_cause)? {
                    Some(conversation) => conversation,
                    None => bail!("@{} and @{} have no conversation", me.handle, other.handle),
                }
            }
        };
        let membership = self.conversations.membership(me.id, conversation).await.map_err(Failure::into_cause)?;
        membership.with_context(|| format!("@{} has no conversation {conversation}", me.handle))
    }
}

fn line_of_conversation(conversation: &Conversation) -> String {
    let Conversation { id, with, preview, last_sent_at, .. } = conversation;
    let unread = conversation.unread();
    one_line(&format!("{} @{} {unread} unread {id} {preview}", last_sent_at.as_str(), with.handle))
}

fn line_of_message(message: &Message, people: &[User]) -> String {
    let author = people.iter().find(|person| person.id == message.author);
    let author = author.map_or_else(|| message.author.to_string(), |author| format!("@{}", author.handle));
    one_line(&format!("{} {author} {}", message.sent_at.as_str(), message.body))
}

fn hint_of_more(more: bool) -> &'static str {
    if more { ", and older ones: --all shows them too" } else { "" }
}
