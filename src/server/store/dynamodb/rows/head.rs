//! Row of a conversation: its head.

use serde::{Deserialize, Serialize};
use serde_dynamo::string_set::StringSet;

use crate::domain::conversation::{self, Kind, Members};
use crate::domain::user;
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Head of a conversation: its members and its newest message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    kind: Kind,
    members: Members,
    /// Sequence number of the newest message.
    pub seq: u64,
    /// Sort key of the newest message.
    pub last: SortTime,
}

#[derive(Deserialize)]
struct Attributes {
    /// The members, as a set or as a list.
    members: Vec<String>,
    kind: Option<Kind>,
    /// Sequence number of the newest message.
    seq: u64,
    /// Sort key of the newest message.
    last_sk: String,
}

#[derive(Serialize)]
struct NewAttributes<'a> {
    members: NewMembers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    seq: u64,
    last_sk: &'a str,
}

/// The members of a head that is written.
#[derive(Serialize)]
#[serde(untagged)]
enum NewMembers<'a> {
    Set(StringSet<&'a [user::Id]>),
    List(&'a [user::Id]),
}

impl Head {
    /// Creates the head of the direct conversation of two users. `None` if they are the same.
    pub fn direct(pair: [user::Id; 2], seq: u64, last: SortTime) -> Option<Self> {
        Self::new(Kind::Direct, Members::new(pair)?, seq, last)
    }

    /// Creates the head of a group.
    pub fn group(members: Members, seq: u64, last: SortTime) -> Self {
        Self { kind: Kind::Group, members, seq, last }
    }

    /// Creates a head. `None` if a direct conversation has other than two members.
    fn new(kind: Kind, members: Members, seq: u64, last: SortTime) -> Option<Self> {
        match (kind, members.ids()) {
            (Kind::Direct, [_, _]) | (Kind::Group, _) => Some(Self { kind, members, seq, last }),
            (Kind::Direct, _) => None,
        }
    }

    /// Returns the kind of the conversation.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the members.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Returns the two members of a direct conversation; `None` for a group.
    pub fn pair(&self) -> Option<[user::Id; 2]> {
        match self.kind {
            Kind::Direct => self.members.ids().try_into().ok(),
            Kind::Group => None,
        }
    }

    /// Decodes a row; `None` if it is not a head.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Attributes = codec::decode(item)?;
        let members = Members::new(row.members.iter().filter_map(|id| id.parse().ok()))?;
        // A head without a kind is direct: the version that wrote it knew no other.
        let kind = row.kind.unwrap_or(Kind::Direct);
        Self::new(kind, members, row.seq, SortTime::stored(&row.last_sk)?)
    }

    /// Encodes the row.
    pub fn item(&self, conversation: conversation::Id) -> Item {
        let ids = self.members.ids();
        let (members, kind) = match self.kind {
            // The form that the previous version reads: a set of two, without a kind. During a deployment both versions
            // run side by side, and the previous one answers "not found" for a head in any other form.
            Kind::Direct => (NewMembers::Set(StringSet(ids)), None),
            Kind::Group => (NewMembers::List(ids), Some(Kind::Group)),
        };
        let attributes = NewAttributes { members, kind, seq: self.seq, last_sk: self.last.as_str() };
        codec::encode(&Key::Head(conversation), attributes)
    }
}
