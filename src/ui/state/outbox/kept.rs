//! JSON in which the browser keeps an entry of the outbox. Pages of other versions read it, too, so that fields are
//! only ever added. Written out instead of flattened enums: the code that serde derives for those is large.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::emoji::Emoji;
use crate::domain::message::{self, MessageRef};
use crate::domain::{conversation, user};
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::unsent::{Content, Unsent};
use crate::ui::state::refusal::Refusal;

/// An entry. Of the two targets it has one, and of the four contents. The fields with a default are missing in messages
/// that an earlier version has kept. An earlier version knows only `body`, and leaves entries with others alone.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: message::Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<conversation::Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<user::Id>,
    #[serde(default)]
    peer: Option<user::Id>,
    #[serde(default)]
    to: String,
    #[serde(default)]
    order: u64,
    #[serde(default)]
    written_at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edit: Option<Edit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delete: Option<MessageRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    react: Option<React>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageRef>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replaced: Vec<String>,
    refused: Option<Refusal>,
}

#[derive(Serialize, Deserialize)]
struct Edit {
    message: MessageRef,
    edits: u32,
    body: String,
}

#[derive(Serialize, Deserialize)]
struct React {
    message: MessageRef,
    emoji: Emoji,
    on: bool,
}

impl Serialize for Unsent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Kept::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Unsent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Kept::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl From<Unsent> for Kept {
    fn from(item: Unsent) -> Self {
        let Unsent { id, target, peer, to, order, written_at_ms, content, reply_to, replaced, refused } = item;
        let (conversation, person) = match target {
            Target::Conversation(id) => (Some(id), None),
            Target::Person(id) => (None, Some(id)),
        };
        let (mut body, mut edit, mut delete, mut react) = (None, None, None, None);
        match content {
            Content::Body(text) => body = Some(text),
            Content::Edit { message, edits, body } => edit = Some(Edit { message, edits, body }),
            Content::Delete(message) => delete = Some(message),
            Content::React { message, emoji, on } => react = Some(React { message, emoji, on }),
        }
        Self {
            id,
            conversation,
            person,
            peer,
            to,
            order,
            written_at_ms,
            body,
            edit,
            delete,
            react,
            reply_to,
            replaced,
            refused,
        }
    }
}

impl TryFrom<Kept> for Unsent {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, &'static str> {
        let Kept { id, peer, to, order, written_at_ms, reply_to, replaced, refused, .. } = kept;
        let target = kept.conversation.map(Target::Conversation).or(kept.person.map(Target::Person));
        let content = match (kept.body, kept.edit, kept.delete, kept.react) {
            (Some(body), ..) => Content::Body(body),
            (_, Some(Edit { message, edits, body }), ..) => Content::Edit { message, edits, body },
            (_, _, Some(message), _) => Content::Delete(message),
            (_, _, _, Some(React { message, emoji, on })) => Content::React { message, emoji, on },
            (None, None, None, None) => return Err("no content"),
        };
        let target = target.ok_or("no target")?;
        Ok(Self { id, target, peer, to, order, written_at_ms, content, reply_to, replaced, refused })
    }
}
