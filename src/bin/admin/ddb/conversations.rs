//! `admin ddb list-conversations` and `get-conversation`: what a person sees, and what it costs to read.

use anyhow::{Context, bail};
use cruddur_messages::conversation::Conversation;
use cruddur_messages::message::Message;
use cruddur_messages::server::respond::Failure;
use cruddur_messages::server::store::capacity::{self, Meter};
use cruddur_messages::server::store::conversations::{Conversations, Membership};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::messages::Messages;
use cruddur_messages::server::store::users::Users;
use cruddur_messages::user::{Handle, User};
use serde_json::json;

use super::{Extent, Stores, Which, connect};
use crate::manner::{Manner, counted, one_line};

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
    let mut page = reading.conversations.list(me.id, None).await.map_err(Failure::into_cause)?;
    let mut conversations = std::mem::take(&mut page.items);
    while let Some(older) = page.older.take_if(|_| extent.all) {
        page = reading.conversations.list(me.id, Some(&older)).await.map_err(Failure::into_cause)?;
        conversations.append(&mut page.items);
    }
    let consumed = reading.meter.take();
    let more = page.older.is_some();
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
    let mut page = store.page(&membership, None).await.map_err(Failure::into_cause)?;
    let mut pages = vec![std::mem::take(&mut page.items)];
    while let Some(older) = page.older.take_if(|_| extent.all) {
        page = store.page(&membership, Some(&older)).await.map_err(Failure::into_cause)?;
        pages.push(std::mem::take(&mut page.items));
    }
    let consumed = reading.meter.take();
    let messages: Vec<Message> = pages.into_iter().rev().flatten().collect();
    let more = page.older.is_some();
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
