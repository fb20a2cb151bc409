//! Search in the conversations of a user.

use std::collections::{HashMap, HashSet};

use crate::domain::conversation::{Conversation, SEARCHED_MAX};
use crate::domain::page::{PAGE_SIZE, Page};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::{Conversations, cut_previews, others};
use crate::server::store::dynamodb::rows::InboxRow;
use crate::server::store::dynamodb::{heads, read_cursors};
use crate::server::store::postgres::users::Users;

impl Conversations {
    /// Returns the newest conversations of a user with another member who has words in their handle or name that begin
    /// with the words of `text`: at most [`PAGE_SIZE`] of the newest [`SEARCHED_MAX`]. Previews are cut as in
    /// [`Conversations::list`].
    ///
    /// One query of DynamoDB, which costs one read unit per dozen conversations, one read unit per group, and the reads
    /// of a page; three queries of PostgreSQL. The other member of a conversation with a block is found by the names at
    /// its beginning.
    pub async fn search(&self, me: user::Id, text: &str) -> Result<Page<Conversation>, Failure> {
        let cursors = read_cursors::for_list(&self.table, me, false);
        let (slice, cursors) = tokio::try_join!(self.rows(me, None, SEARCHED_MAX), cursors)?;
        let mut rows = slice.rows;
        let peers_at_block = cursors.peers_at_block();
        let mut members = HashMap::new();
        for some in rows.chunks(100) {
            members.extend(heads::members_of(&self.table, some).await?);
        }
        let peers = others(members.values().flatten().copied(), me);
        let found: HashSet<_> = self.users.matching(&peers, text).await?.into_iter().collect();
        let found_at_block: Vec<_> =
            peers_at_block.values().filter(|peer| Users::is_found(peer, text)).map(|peer| peer.id).collect();
        // A deleted user is not found by a name.
        let found_at_block = self.users.by_ids(&found_at_block).await?;
        let is_found = |row: &InboxRow| match row.peer().filter(|peer| peers_at_block.contains_key(&peer.id)) {
            Some(peer) => found_at_block.iter().any(|found| found.id == peer.id),
            None => members.get(&row.conversation).is_some_and(|it| it.iter().any(|id| found.contains(id))),
        };
        rows.retain(is_found);
        rows.truncate(PAGE_SIZE);
        let mut page = Page { items: Vec::new(), older: None, newer: None, rev: 0 };
        if !rows.is_empty() {
            page.items = self.to_conversations(me, rows, cursors).await?;
        }
        cut_previews(&mut page);
        Ok(page)
    }
}
