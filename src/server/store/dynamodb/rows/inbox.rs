//! Row of a conversation in the inbox of one member.

use serde::{Deserialize, Serialize};

use crate::domain::conversation::{self, Kind};
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::{MessageRow, codec};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// One member's row of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub owner: user::Id,
    /// Roughly the time of the newest message: some microseconds later if two conversations of the owner would collide.
    pub at: SortTime,
    pub conversation: conversation::Id,
    pub named: NamedUser,
    /// Text of the newest message.
    pub body: String,
    /// Sequence number of the newest message; 0 if the old app wrote the row.
    pub seq: u64,
    /// Author of the newest message; unknown if the old app wrote the row.
    pub last_author: Option<user::Id>,
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
            seq: newest.seq,
            last_author: Some(newest.author.id),
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

    /// Decodes a row; `None` if it is not an inbox row, or an attribute that an inbox row needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Inbox(owner, at) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        let user = codec::user(row.user_uuid, row.user_handle, row.user_display_name);
        Some(Self {
            owner,
            at,
            conversation: row.message_group_uuid,
            named: match row.kind.unwrap_or(Kind::Direct) {
                Kind::Direct => NamedUser::Peer(user),
                Kind::Group => NamedUser::Author(user),
            },
            body: row.message,
            seq: row.seq,
            last_author: row.last_user_uuid,
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
