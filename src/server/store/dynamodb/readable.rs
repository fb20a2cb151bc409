//! All conversations that a user can read, whatever lists show them.

use std::collections::BTreeSet;

use crate::domain::conversation::{self, Conversation, Kind};
use crate::domain::message::TextVersion;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::legacy::pairs;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{InboxRow, NamedUser};
use crate::server::store::dynamodb::table::{Key, MESSAGE_GROUP_UUID, text};
use crate::server::store::dynamodb::{into_failure, read_cursors};

impl Conversations {
    /// Returns all conversations that a user can read, also those that no list shows: requests that they have deleted
    /// or that are further down, and those with users whom they have blocked.
    ///
    /// Reads the user's whole inbox: one read unit per dozen rows; and one for each block.
    pub async fn readable(&self, me: user::Id) -> Result<BTreeSet<conversation::Id>, Failure> {
        let mut all = BTreeSet::new();
        let mut rows = self.table.query_by_partition(Key::inbox(me)).into_paginator().items().send();
        while let Some(row) = rows.next().await {
            let row = row.map_err(into_failure("read an inbox"))?;
            all.extend(match Key::of(&row) {
                Some(Key::Inbox(..)) => text(&row, MESSAGE_GROUP_UUID).and_then(|id| id.parse().ok()),
                Some(Key::Request(_, conversation) | Key::ReadCursor(_, conversation)) => Some(conversation),
                Some(Key::Block(_, peer)) => pairs::get(&self.table, me, peer).await?,
                _ => None,
            });
        }
        Ok(all)
    }

    /// Returns the conversation of this right as a list would show it, without a preview.
    ///
    /// One query and two read units of DynamoDB, and one query of PostgreSQL.
    pub async fn unlisted(&self, membership: &Membership) -> Result<Option<Conversation>, Failure> {
        let (me, head) = (membership.me(), membership.head());
        let other = User::deleted(membership.others().first().copied().unwrap_or(me));
        let row = InboxRow {
            owner: me,
            at: head.last.clone(),
            conversation: membership.conversation(),
            named: match membership.kind() {
                Kind::Direct => NamedUser::Peer(other),
                Kind::Group => NamedUser::Author(other),
            },
            body: String::new(),
            version: TextVersion::default(),
            seq: head.seq,
            last_author: None,
            unreadable: Default::default(),
        };
        let cursors = read_cursors::for_list(&self.table, me, false).await?;
        Ok(self.to_conversations(me, vec![row], cursors).await?.pop())
    }
}
