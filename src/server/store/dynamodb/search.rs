//! Search in the conversations of a user.

use std::collections::{HashMap, HashSet};

use crate::domain::conversation::{Conversation, SEARCHED_MAX};
use crate::domain::page::{PAGE_SIZE, Page};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::{Conversations, cut_previews, others};
use crate::server::store::dynamodb::rows::InboxRow;
use crate::server::store::dynamodb::{heads, read_cursors};

impl Conversations {
    /// Returns the newest conversations of a user with another member who has words in their handle or name that begin
    /// with the words of `text`: at most [`PAGE_SIZE`] of the newest [`SEARCHED_MAX`]. Previews are cut as in
    /// [`Conversations::list`].
    ///
    /// One query of DynamoDB, which costs one read unit per dozen conversations, one read unit per group, and the reads
    /// of a page; three queries of PostgreSQL.
    pub async fn search(&self, me: user::Id, text: &str) -> Result<Page<Conversation>, Failure> {
        let mut rows = self.rows(me, None, SEARCHED_MAX).await?.rows;
        let mut members = HashMap::new();
        for some in rows.chunks(100) {
            members.extend(heads::members_of(&self.table, some).await?);
        }
        let peers = others(members.values().flatten().copied(), me);
        let found: HashSet<_> = self.users.matching(&peers, text).await?.into_iter().collect();
        let is_found =
            |row: &InboxRow| members.get(&row.conversation).is_some_and(|it| it.iter().any(|id| found.contains(id)));
        rows.retain(is_found);
        rows.truncate(PAGE_SIZE);
        let mut page = Page { items: Vec::new(), older: None, newer: None, rev: 0 };
        if !rows.is_empty() {
            let cursors = read_cursors::for_list(&self.table, me, false).await?;
            page.items = self.to_conversations(me, rows, cursors).await?;
        }
        cut_previews(&mut page);
        Ok(page)
    }
}
