//! Export of all that a user can read, as a ZIP file that is sent while it is written.
//!
//! The memory for an export does not depend on its size: one page of messages is read, written and sent before the
//! next. Each conversation is read twice, for the two files about it, because a ZIP file holds one after the other.

mod archive;

mod pages;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures::Stream;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::domain::conversation::{self, Conversation, Kind};
use crate::domain::error::AppError;
use crate::domain::message::{Message, Version};
use crate::domain::session::Session;
use crate::domain::settings::Settings;
use crate::domain::user::User;
use crate::server::accounts::sessions;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::{members, name_strangers};
use crate::server::messaging::export::archive::Archive;
use crate::server::messaging::export::pages::{IndexEntry, conversation_end, conversation_start, index, message_html};
use crate::server::messaging::{blocks, settings};
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::table::SortTime;

/// Number of parts that wait for a client to read them. Each has at most a page of messages.
const PARTS_WAITING: usize = 2;

/// Time after which an export is given up if its client reads nothing.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Part of a file.
type Part = Result<Vec<u8>, io::Error>;

/// Profile, settings, sessions and blocks of the user.
#[derive(Serialize)]
struct Profile<'a> {
    #[serde(flatten)]
    user: &'a User,
    email: Option<String>,
    settings: Settings,
    blocked: Vec<User>,
    sessions: Vec<Session>,
}

/// Beginning of the JSON of a conversation.
#[derive(Serialize)]
struct Head<'a> {
    id: conversation::Id,
    kind: Kind,
    members: &'a [User],
}

/// Message with the texts that it has had, the newest first, if it has been edited.
#[derive(Serialize)]
struct MessageWithHistory {
    #[serde(flatten)]
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<Version>,
}

/// Starts an export of the user's data, within the rate limit. Returns the parts of the ZIP file. If the client goes
/// away, the export stops. A failure ends the file early, so that no browser takes it for complete.
pub async fn start(state: &AppState, me: &CurrentUser) -> Result<impl Stream<Item = Part> + use<>, AppError> {
    state.rate_limits.check_shared(&state.store, Action::Export, &Caller::User(me.user.id)).await?;
    // Recorded before the first byte, since a download that is given up has sent data as well.
    state.audit.record(Entry::new(Event::Export, Outcome::Done, me.origin.clone()).of(me.user.id));
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    let (state, me) = (state.clone(), me.clone());
    tokio::spawn(async move {
        let closing = state.closing.clone();
        let export = Export { state, me, archive: Archive::new(), parts: sender.clone() };
        // A server that shuts down waits for no export.
        let result = closing.run_until_cancelled(export.write()).await.unwrap_or(Err(Stop::ClientGone));
        if let Err(Stop::Failed(failure)) = result {
            failure.into_public();
            let _ = sender.send_timeout(Err(io::Error::other("export failed")), CLIENT_TIMEOUT).await;
        }
    });
    Ok(futures::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))))
}

/// Export in progress.
struct Export {
    state: AppState,
    me: CurrentUser,
    archive: Archive,
    parts: mpsc::Sender<Part>,
}

/// Reason for the end of an export before its file is complete.
enum Stop {
    ClientGone,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Form of the messages in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Html,
}

impl Export {
    async fn write(mut self) -> Result<(), Stop> {
        let user = self.me.user.clone();
        let profile = Profile {
            user: &user,
            email: self.state.store.users.own_email(user.id).await?,
            settings: settings::load(&self.state, &self.me).await?,
            blocked: blocks::list(&self.state, &self.me).await?,
            sessions: sessions::list(&self.state, &self.me).await?,
        };
        self.archive.begin("profile.json")?;
        self.archive.write(&json(&profile)?)?;
        let entries = self.write_conversations().await?;
        self.archive.begin("index.html")?;
        self.archive.write(&index(&user, &entries))?;
        self.archive.finish()?;
        self.send().await
    }

    /// Writes all conversations that the user can read: first those of the list, in its order, and then those that it
    /// lacks, such as requests.
    async fn write_conversations(&mut self) -> Result<Vec<IndexEntry>, Stop> {
        let (me, conversations) = (self.me.user.id, self.state.store.conversations.clone());
        let (mut seen, mut entries, mut cursor) = (BTreeSet::new(), Vec::new(), None);
        loop {
            let page = conversations.list(me, cursor.as_ref()).await?;
            for conversation in page.items {
                // A conversation that moves up while the list is read appears twice.
                if seen.insert(conversation.id)
                    && let Some(membership) = conversations.membership(me, conversation.id).await?
                {
                    entries.push(self.write_conversation(&conversation, &membership).await?);
                }
            }
            cursor = page.older;
            if cursor.is_none() {
                break;
            }
        }
        for id in conversations.readable(me).await?.difference(&seen) {
            let Some(membership) = conversations.membership(me, *id).await? else { continue };
            if let Some(conversation) = conversations.unlisted(&membership).await? {
                entries.push(self.write_conversation(&conversation, &membership).await?);
            }
        }
        Ok(entries)
    }

    /// Writes the files of a conversation.
    async fn write_conversation(
        &mut self,
        conversation: &Conversation,
        membership: &Membership,
    ) -> Result<IndexEntry, Stop> {
        let members = members(&self.state, &self.me, membership).await?;
        self.write_json(membership, &members).await?;
        self.archive.begin(&format!("conversations/{}.html", conversation.id))?;
        self.archive.write(&conversation_start(&conversation.title(self.me.user.id)))?;
        self.write_messages(membership, &members, Form::Html).await?;
        self.archive.write(conversation_end())?;
        self.send().await?;
        Ok(IndexEntry::new(conversation, self.me.user.id))
    }

    async fn write_json(&mut self, membership: &Membership, members: &[User]) -> Result<(), Stop> {
        let head = Head { id: membership.conversation(), kind: membership.kind(), members };
        self.archive.begin(&format!("conversations/{}.json", head.id))?;
        // The messages are one more field of the object, written piece by piece.
        self.archive.write(json(&head)?.trim_end_matches('}'))?;
        self.archive.write(",\"messages\":[\n")?;
        self.write_messages(membership, members, Form::Json).await?;
        self.archive.write("]}\n")?;
        self.send().await
    }

    /// Writes all messages of a conversation page by page, the oldest first, and sends each page.
    async fn write_messages(&mut self, membership: &Membership, members: &[User], form: Form) -> Result<(), Stop> {
        let (mut after, mut is_first) = (None, true);
        loop {
            let mut page = self.state.store.messages.page_after(membership, after.as_ref()).await?;
            name_strangers(&self.state, membership, &mut page.items).await?;
            after = page.items.last().and_then(|message| SortTime::stored(message.sent_at.as_str()));
            for message in page.items {
                let message = self.with_history(membership, message).await?;
                let text = match form {
                    Form::Json => format!("{}{}\n", if is_first { "" } else { "," }, message_json(&message)?),
                    Form::Html => message_html(&message.message, &message.versions, members),
                };
                self.archive.write(&text)?;
                is_first = false;
            }
            self.send().await?;
            if page.newer.is_none() || after.is_none() {
                return Ok(());
            }
        }
    }

    /// Adds the earlier texts of an edited message: the same that its page shows.
    async fn with_history(&self, membership: &Membership, message: Message) -> Result<MessageWithHistory, Failure> {
        let versions = match message.edits {
            0 => Vec::new(),
            _ => self.state.store.messages.versions(membership, &message.reference()).await?,
        };
        Ok(MessageWithHistory { message, versions })
    }

    /// Sends what has been written, and waits until the client has room for it.
    async fn send(&mut self) -> Result<(), Stop> {
        let part = self.archive.take();
        if part.is_empty() {
            return Ok(());
        }
        self.parts.send_timeout(Ok(part), CLIENT_TIMEOUT).await.map_err(|_| Stop::ClientGone)
    }
}

/// Returns the JSON of a message. A quote has no version there: only pages compare them.
fn message_json(message: &MessageWithHistory) -> Result<String, Failure> {
    let mut value = serde_json::to_value(message).map_err(|error| Failure::Unexpected(error.into()))?;
    if let Some(quote) = value.get_mut("quote").and_then(Value::as_object_mut) {
        quote.remove("version");
    }
    json(&value)
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Unexpected(error.into()))
}
