//! Row of a conversation: its head.

use serde::{Deserialize, Serialize};
use serde_dynamo::string_set::StringSet;

use crate::domain::conversation::{self, Kind, Members};
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::{NamesAtBlock, codec};
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
    /// Revision: the number of changes of its messages.
    pub rev: u64,
    /// The members who have blocked the other one, sorted. Empty for a group.
    blocked_by: Vec<user::Id>,
    /// Names of the members when the first of these blocks began.
    names_at_block: NamesAtBlock,
    /// The member who has started a direct conversation, until the other one accepts it.
    requested_by: Option<user::Id>,
    /// The members whose accounts have been deleted. They have no inbox row, and no row names them.
    deleted_members: Vec<user::Id>,
    /// Time up to which messages without a number are legacy messages. Later ones are new messages of the old app.
    legacy_until: Option<SortTime>,
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
    #[serde(default, deserialize_with = "codec::or_default")]
    rev: u64,
    #[serde(default, deserialize_with = "codec::or_default")]
    blocked_by: Vec<user::Id>,
    #[serde(default, deserialize_with = "codec::or_default")]
    names_at_block: NamesAtBlock,
    #[serde(default, deserialize_with = "codec::or_default")]
    requested_by: Option<user::Id>,
    #[serde(default, deserialize_with = "codec::or_default")]
    deleted_members: Vec<user::Id>,
    #[serde(default, deserialize_with = "codec::or_default")]
    legacy_until: Option<String>,
}

#[derive(Serialize)]
struct NewAttributes<'a> {
    members: NewMembers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    seq: u64,
    last_sk: &'a str,
    #[serde(skip_serializing_if = "codec::is_zero")]
    rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_by: Option<StringSet<&'a [user::Id]>>,
    #[serde(skip_serializing_if = "NamesAtBlock::is_empty")]
    names_at_block: &'a NamesAtBlock,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_by: Option<user::Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_members: Option<StringSet<&'a [user::Id]>>,
    /// Only in the head of a legacy conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    legacy_until: Option<&'a str>,
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
        Self::unblocked(Kind::Group, members, seq, last)
    }

    /// Creates a head. `None` if a direct conversation has other than two members.
    fn new(kind: Kind, members: Members, seq: u64, last: SortTime) -> Option<Self> {
        match (kind, members.ids()) {
            (Kind::Direct, [_, _]) | (Kind::Group, _) => Some(Self::unblocked(kind, members, seq, last)),
            (Kind::Direct, _) => None,
        }
    }

    fn unblocked(kind: Kind, members: Members, seq: u64, last: SortTime) -> Self {
        Self {
            kind,
            members,
            seq,
            last,
            rev: 0,
            blocked_by: Vec::new(),
            names_at_block: NamesAtBlock::default(),
            requested_by: None,
            deleted_members: Vec::new(),
            legacy_until: None,
        }
    }

    /// Marks the messages without a number up to this time as legacy messages.
    pub fn after_legacy_messages(self, until: SortTime) -> Self {
        Self { legacy_until: Some(until), ..self }
    }

    /// Returns the time up to which messages without a number are legacy messages; `None` for a conversation of this
    /// program, and if an earlier version wrote the head.
    pub fn legacy_until(&self) -> Option<&SortTime> {
        self.legacy_until.as_ref()
    }

    /// Adds the members who have blocked the other one, and the names of both when the first block began.
    pub fn blocked_by(self, blocked_by: Vec<user::Id>, names_at_block: NamesAtBlock) -> Self {
        Self { blocked_by, names_at_block, ..self }
    }

    /// Returns a member with their names at the beginning of the block; `None` without a block, and if the names are
    /// unknown. A version that knows no names leaves them when it removes a block.
    pub fn at_block(&self, member: user::Id) -> Option<User> {
        self.names_at_block.user(member).filter(|_| self.is_blocked())
    }

    /// Reports whether this member has blocked the other one.
    pub fn is_blocked_by(&self, member: user::Id) -> bool {
        self.blocked_by.contains(&member)
    }

    /// Reports whether a member has blocked the other one, so that nothing may be written.
    pub fn is_blocked(&self) -> bool {
        !self.blocked_by.is_empty()
    }

    /// Makes the conversation a request of this member.
    pub fn requested_by(self, sender: user::Id) -> Self {
        Self { requested_by: Some(sender), ..self }
    }

    /// Returns the member whose request the other one has not accepted yet; `None` if the conversation is no request.
    /// One that has been accepted never becomes a request again.
    pub fn requester(&self) -> Option<user::Id> {
        self.requested_by
    }

    /// Returns the member who has not accepted the request yet; `None` if the conversation is no request.
    pub fn request_recipient(&self) -> Option<user::Id> {
        self.members.others(self.requested_by?).first().copied()
    }

    /// Reports whether messages, receipts and presence pass between the members: there is no block, and the
    /// conversation is no request.
    pub fn is_open(&self) -> bool {
        !self.is_blocked() && self.requested_by.is_none()
    }

    /// Marks a member whose account has been deleted.
    pub fn without(self, member: user::Id) -> Self {
        Self { deleted_members: [self.deleted_members, vec![member]].concat(), ..self }
    }

    /// Reports whether the account of this member has been deleted.
    pub fn is_deleted(&self, member: user::Id) -> bool {
        self.deleted_members.contains(&member)
    }

    /// Returns the members whose accounts have been deleted, sorted.
    pub fn deleted_members(&self) -> &[user::Id] {
        &self.deleted_members
    }

    /// Returns a user as rows may name them: the names of a deleted one must not come back from another row.
    pub fn nameable(&self, user: User) -> User {
        if self.is_deleted(user.id) { User::deleted(user.id) } else { user }
    }

    /// Returns the head after this author has sent the next message. An answer accepts a request.
    pub fn advanced(self, author: user::Id, seq: u64, last: SortTime) -> Self {
        let requested_by = self.requested_by.filter(|sender| *sender == author);
        Self { seq, last, requested_by, ..self }
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
        let head = Self::new(kind, members, row.seq, SortTime::stored(&row.last_sk)?)?;
        let legacy_until = row.legacy_until.as_deref().and_then(SortTime::stored);
        let mut blocked_by = row.blocked_by;
        blocked_by.sort_unstable();
        let mut deleted_members = row.deleted_members;
        deleted_members.sort_unstable();
        let requested_by = row.requested_by.filter(|sender| head.pair().is_some_and(|pair| pair.contains(sender)));
        let names_at_block = row.names_at_block;
        Some(Self { rev: row.rev, blocked_by, names_at_block, requested_by, deleted_members, legacy_until, ..head })
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
        let legacy_until = self.legacy_until.as_ref().map(SortTime::as_str);
        // DynamoDB knows no empty set.
        let blocked_by = self.is_blocked().then_some(StringSet(self.blocked_by.as_slice()));
        let deleted = self.deleted_members.as_slice();
        let attributes = NewAttributes {
            members,
            kind,
            seq: self.seq,
            last_sk: self.last.as_str(),
            rev: self.rev,
            blocked_by,
            names_at_block: &self.names_at_block,
            requested_by: self.requested_by,
            deleted_members: (!deleted.is_empty()).then_some(StringSet(deleted)),
            legacy_until,
        };
        codec::encode(&Key::Head(conversation), attributes)
    }
}
