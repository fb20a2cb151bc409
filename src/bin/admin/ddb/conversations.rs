//! `admin ddb list-conversations` and `get-conversation`: a user's conversations, and the capacity consumed by reading.

use anyhow::{Context, bail};
use cruddur_messages::domain::conversation::Conversation;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::{Cursor, Page};
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::server::audit::Event;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::json;
use sqlx::PgPool;

use super::capacity::{self, Meter};
use super::command::{ConversationRef, PageOptions, Stores};
use super::connect;
use crate::global_options::GlobalOptions;
use crate::output::{counted, one_line};
use crate::progress;
use crate::recorded::{act, record};

/// Stores read by a client that measures the consumed capacity.
struct MeteredStores {
    table: Table,
    users: Users,
    conversations: Conversations,
    database: PgPool,
    meter: Meter,
}

/// Runs `ddb list-conversations`.
pub async fn list(stores: &Stores, handle: &Handle, pages: &PageOptions, global: &GlobalOptions) -> anyhow::Result<()> {
    let stores = MeteredStores::connect(stores).await?;
    let me = stores.user(handle).await?;
    record(&stores.database, act(Event::AdminListConversations, "ddb list-conversations").of(me.id)).await?;
    let page = async |cursor: Option<&Cursor>| stores.conversations.list(me.id, cursor).await;
    let (pages, more) = read(pages, "conversations", page).await?;
    let consumed = stores.meter.take();
    let conversations: Vec<Conversation> = pages.into_iter().flatten().collect();
    let mut lines: Vec<_> = conversations.iter().map(|it| line_of_conversation(it, &me)).collect();
    lines.push(counted(conversations.len(), "conversation") + hint_of_more(more));
    lines.push(format!("consumed {consumed}"));
    global.print(
        json!({ "person": me, "conversations": conversations, "more": more, "consumed": consumed }),
        lines.join("\n"),
    )
}

/// Runs `ddb get-conversation`.
pub async fn show(
    stores: &Stores,
    handle: &Handle,
    conversation: &ConversationRef,
    pages: &PageOptions,
    global: &GlobalOptions,
) -> anyhow::Result<()> {
    let stores = MeteredStores::connect(stores).await?;
    let me = stores.user(handle).await?;
    let membership = stores.membership(&me, conversation).await?;
    let entry = act(Event::AdminReadConversation, "ddb get-conversation").of(me.id);
    record(&stores.database, entry.about(membership.conversation().0)).await?;
    let messages = Messages::new(stores.table.clone());
    let page = async |cursor: Option<&Cursor>| messages.page(&membership, cursor).await;
    let (pages, more) = read(pages, "messages", page).await?;
    let consumed = stores.meter.take();
    let messages: Vec<Message> = pages.into_iter().rev().flatten().collect();
    let others = stores.users.by_ids(&membership.others()).await.map_err(Failure::into_cause)?;
    let members: Vec<_> = [me].into_iter().chain(others).collect();
    let mut lines: Vec<_> = messages.iter().map(|message| line_of_message(message, &members)).collect();
    lines.push(counted(messages.len(), "message") + hint_of_more(more));
    lines.push(format!("consumed {consumed}"));
    let conversation = membership.conversation();
    global.print(
        json!({
            "conversation": conversation,
            "people": members,
            "messages": messages,
            "more": more,
            "consumed": consumed,
        }),
        lines.join("\n"),
    )
}

/// Reads the newest page or all pages, and shows the progress. Returns the pages, newest first, and `true` if there are
/// more.
async fn read<T>(
    options: &PageOptions,
    items: &'static str,
    page: impl AsyncFn(Option<&Cursor>) -> Result<Page<T>, Failure>,
) -> anyhow::Result<(Vec<Vec<T>>, bool)> {
    // Cleared when this returns, before the result is printed, possibly on the same terminal.
    let progress = progress::counter(items);
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let Page { items, older, .. } = page(cursor.as_ref()).await.map_err(Failure::into_cause)?;
        progress.inc(items.len() as u64);
        pages.push(items);
        if older.is_none() || !options.all {
            return Ok((pages, older.is_some()));
        }
        cursor = older;
    }
}

impl MeteredStores {
    async fn connect(stores: &Stores) -> anyhow::Result<Self> {
        let (client, _) = connect().await?;
        let (client, meter) = capacity::metered(&client);
        let table = Table::new(client, &stores.table.table);
        let database = stores.database.connect().await?;
        let users = Users::new(database.clone());
        Ok(Self { conversations: Conversations::new(table.clone(), users.clone()), table, users, database, meter })
    }

    async fn user(&self, handle: &Handle) -> anyhow::Result<User> {
        let found = self.users.by_handle(handle).await.map_err(Failure::into_cause)?;
        found.with_context(|| format!("there is no user @{}", one_line(handle.as_str())))
    }

    async fn membership(&self, me: &User, conversation: &ConversationRef) -> anyhow::Result<Membership> {
        let conversation = match conversation {
            ConversationRef::Id(id) => *id,
            ConversationRef::With(handle) => {
                let other = self.user(handle).await?;
                match self.conversations.find_direct(me.id, other.id).await.map_err(Failure::into_cause)? {
                    Some(conversation) => conversation,
                    None => bail!("@{} and @{} have no conversation", me.handle_text(), other.handle_text()),
                }
            }
        };
        let membership = self.conversations.membership(me.id, conversation).await.map_err(Failure::into_cause)?;
        membership.with_context(|| format!("@{} has no conversation {conversation}", me.handle_text()))
    }
}

fn line_of_conversation(conversation: &Conversation, me: &User) -> String {
    let Conversation { id, preview, last_sent_at, .. } = conversation;
    let unread = conversation.unread();
    let others: Vec<_> = conversation.others(me.id).map(label).collect();
    one_line(&format!("{} {} {unread} unread {id} {preview}", last_sent_at.as_str(), others.join(" ")))
}

/// Returns the handle of a user, or the id of a deleted one.
fn label(user: &User) -> String {
    user.handle.as_ref().map_or_else(|| user.id.to_string(), |handle| format!("@{handle}"))
}

fn line_of_message(message: &Message, members: &[User]) -> String {
    let author = members.iter().find(|member| member.id == message.author);
    let author = author.map_or_else(|| message.author.to_string(), label);
    one_line(&format!("{} {author} {}", message.sent_at.as_str(), message.body))
}

fn hint_of_more(more: bool) -> &'static str {
    if more { " (use --all to read older pages too)" } else { "" }
}
