//! Row of a conversation in the inbox of one member.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::domain::conversation::{self, Kind};
use crate::domain::message::TextVersion;
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::{MessageRow, codec};
use crate::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID, SEQ, SortTime, VERSION};

/// Maximum distance of a row's time from its message. A row is some microseconds later than its message if it would
/// have collided with rows of other conversations; a row further ahead belongs to a later message of the old app.
pub(in crate::server::store::dynamodb) const COLLISIONS_MAX: Duration = Duration::MILLISECOND;

/// One member's row of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxRow {
    pub owner: user::Id,
    /// Roughly the time of the newest message: some microseconds later if two conversations of the owner would collide.
    pub at: SortTime,
    pub conversation: conversation::Id,
    pub named: NamedUser,
    /// Text of the newest message; empty if it has been deleted.
    pub body: String,
    /// Version of that text.
    pub version: TextVersion,
    /// Sequence number of the newest message; 0 if the old app wrote the row.
    pub seq: u64,
    /// Author of the newest message; unknown if the old app wrote the row.
    pub last_author: Option<user::Id>,
    /// Attributes of the number and the version that hold another value than one of ours, and count as missing. The
    /// row is unchanged only if they are.
    pub unreadable: Item,
}

/// The user whom a row names, with their names at the time of writing. The old app shows this user's names beside the
/// conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedUser {
    /// The other member of a direct conversation.
    Peer(User),
    /// The author of the newest message in a group.
    Author(User),
}

impl NamedUser {
    /// Returns the user.
    pub fn user(&self) -> &User {
        match self {
            Self::Peer(user) | Self::Author(user) => user,
        }
    }

    /// Returns the same user as a deleted one, without names.
    pub fn deleted(&self) -> Self {
        match self {
            Self::Peer(user) => Self::Peer(User::deleted(user.id)),
            Self::Author(user) => Self::Author(User::deleted(user.id)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_group_uuid: conversation::Id,
    /// Text of the newest message.
    message: String,
    /// In a direct conversation the other member, in a group the author of the newest message.
    user_uuid: user::Id,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_handle: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_display_name: String,
    /// Sequence number of the newest message.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_zero")]
    seq: u64,
    /// Version of the newest message's text: its number of edits, or 4,294,967,295 if it has been deleted.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_zero")]
    version: TextVersion,
    /// Author of the newest message.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    last_user_uuid: Option<user::Id>,
    /// Only in the row of a group: the row of a direct conversation stays as versions before groups have written it.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
}

impl InboxRow {
    /// Creates a row at a message.
    pub(in crate::server::store::dynamodb) fn new(owner: user::Id, named: NamedUser, newest: &MessageRow) -> Self {
        Self {
            owner,
            at: newest.at.clone(),
            conversation: newest.conversation,
            named,
            body: newest.body.clone(),
            version: newest.version(),
            seq: newest.seq,
            last_author: Some(newest.author.id),
            unreadable: Item::new(),
        }
    }

    /// Returns the row moved to a newer message, with the current names of its author.
    pub(in crate::server::store::dynamodb) fn moved_to(&self, newest: &MessageRow) -> Self {
        let named = match &self.named {
            NamedUser::Peer(peer) if peer.id != newest.author.id => NamedUser::Peer(peer.clone()),
            NamedUser::Peer(_) => NamedUser::Peer(newest.author.clone()),
            NamedUser::Author(_) => NamedUser::Author(newest.author.clone()),
        };
        Self { at: self.at.next(newest.at.at()), seq: newest.seq.max(self.seq), ..Self::new(self.owner, named, newest) }
    }

    /// Reports whether this is the row's newest message. A message without a sequence number is compared by time: the
    /// row of a conversation with numbered ones keeps their number when it moves to a message that has not got one yet.
    pub(in crate::server::store::dynamodb) fn is_at(&self, message: &MessageRow) -> bool {
        if message.seq > 0 {
            return self.seq == message.seq;
        }
        let ahead = self.at.at() - message.at.at();
        let is_by_its_author = self.seq == 0 || self.last_author == Some(message.author.id);
        is_by_its_author && !ahead.is_negative() && ahead < COLLISIONS_MAX
    }

    /// Returns the row with a newer text of the message that it is at; `None` if the row is at another message, or has
    /// the text already.
    pub(in crate::server::store::dynamodb) fn with_text_of(&self, message: &MessageRow) -> Option<Self> {
        let is_newer = self.is_at(message) && self.version < message.version();
        is_newer.then(|| Self { body: message.body.clone(), version: message.version(), ..self.clone() })
    }

    /// Decodes a row; `None` if it is not an inbox row, or an attribute that an inbox row needs is missing. An id of a
    /// conversation that is not in the form of its keys leads to no messages, so it counts as missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Inbox(owner, at) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        let id = item.get(MESSAGE_GROUP_UUID)?.as_s().ok()?;
        if *id != row.message_group_uuid.to_string() {
            return None;
        }
        let user = codec::user(row.user_uuid, row.user_handle, row.user_display_name);
        let is_missing = [(SEQ, row.seq == 0), (VERSION, row.version == TextVersion::default())];
        let kept =
            |(name, is_missing): (&str, bool)| Some((name.to_owned(), item.get(name).filter(|_| is_missing)?.clone()));
        Some(Self {
            owner,
            at,
            conversation: row.message_group_uuid,
            named: match row.kind.unwrap_or(Kind::Direct) {
                Kind::Direct => NamedUser::Peer(user),
                Kind::Group => NamedUser::Author(user),
            },
            body: row.message,
            version: row.version,
            seq: row.seq,
            last_author: row.last_user_uuid,
            unreadable: is_missing.into_iter().filter_map(kept).collect(),
        })
    }

    /// Returns the kind of the conversation.
    pub fn kind(&self) -> Kind {
        match self.named {
            NamedUser::Peer(_) => Kind::Direct,
            NamedUser::Author(_) => Kind::Group,
        }
    }

    /// Returns the other member of a direct conversation; `None` for a group.
    pub fn peer(&self) -> Option<&User> {
        match &self.named {
            NamedUser::Peer(peer) => Some(peer),
            NamedUser::Author(_) => None,
        }
    }

    /// Returns the row's key.
    pub fn key(&self) -> Key {
        Key::Inbox(self.owner, self.at.clone())
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let (user, kind) = match &self.named {
            NamedUser::Peer(user) => (user, None),
            NamedUser::Author(user) => (user, Some(Kind::Group)),
        };
        let attributes = Attributes {
            message_group_uuid: self.conversation,
            message: self.body.clone(),
            version: self.version,
            user_uuid: user.id,
            user_handle: user.handle_text().to_owned(),
            user_display_name: user.display_name.to_string(),
            seq: self.seq,
            last_user_uuid: self.last_author,
            kind,
        };
        codec::encode(&self.key(), attributes)
    }
}
