//! Waits until the inbox rows have reached the newest messages and their texts, and the earlier texts of deleted
//! messages are gone.
//!
//! A server that is killed after a commit leaves inbox rows at an older message or text, and the earlier texts of a
//! message whose deletion it has not acknowledged. The servers' own reader of the table's stream must do the rest; the
//! audit does not help.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::server::store::dynamodb::Table;
use tokio::time::{Instant, sleep, sleep_until};

use super::table_reader::{self, TableContents};
use super::users::AuditUser;

/// Time that the stream's reader may take after the last fault, plus the additional time per thousand operations: since
/// it was killed again and again, it may be minutes behind.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(120);
const SETTLE_TIMEOUT_PER_THOUSAND: Duration = Duration::from_secs(1);

/// Time after which no operation started during the faults is still running: a delayed request, or the retries of a
/// server whose client has given up.
const QUIET_AFTER: Duration = Duration::from_secs(6);

/// Inbox rows that the stream's reader still had to move when the faults stopped.
pub struct Settled {
    /// Contents of the table after all writes.
    pub contents: TableContents,
    /// Number of conversations with stale inbox rows when the faults stopped.
    pub stale: usize,
    /// Number of conversations whose inbox rows are still stale.
    pub still_stale: usize,
    /// Number of deleted messages of which earlier texts were left when the faults stopped.
    pub left_over: usize,
    /// Number of deleted messages of which earlier texts are still left.
    pub still_left_over: usize,
    /// Duration of the wait in seconds.
    pub secs: u64,
}

/// Waits until nothing is stale or left over and no write is pending, or until the timeout for this number of
/// `operations`.
pub async fn settle(table: &Table, users: &[AuditUser], operations: u64) -> anyhow::Result<Settled> {
    let began = Instant::now();
    let thousands = u32::try_from(operations / 1_000).unwrap_or(u32::MAX);
    let deadline = began + SETTLE_TIMEOUT + SETTLE_TIMEOUT_PER_THOUSAND * thousands;
    let mut contents = table_reader::read(table, users).await?;
    let left_over = contents.left_over();
    let mut still_stale = contents.stale_conversations();
    let stale = still_stale.len();
    loop {
        while !still_stale.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_secs(1)).await;
            let owners = still_stale.iter().flat_map(|conversation| contents.members[conversation]);
            for owner in owners.collect::<BTreeSet<_>>() {
                contents.reread_inbox(table, users, owner).await?;
            }
            still_stale = contents.stale_conversations();
        }
        let secs = began.elapsed().as_secs();
        sleep_until(began + QUIET_AFTER).await;
        contents = table_reader::read(table, users).await?;
        still_stale = contents.stale_conversations();
        let still_left_over = contents.left_over();
        if (still_stale.is_empty() && still_left_over == 0) || Instant::now() > deadline {
            return Ok(Settled { contents, stale, still_stale: still_stale.len(), left_over, still_left_over, secs });
        }
        sleep(Duration::from_secs(1)).await;
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stale, still_stale, left_over, still_left_over, secs, .. } = self;
        writeln!(
            f,
            "conversations with stale inbox rows when the faults stopped: {stale}; {secs} s later: {still_stale}"
        )?;
        writeln!(f, "deleted messages with earlier texts: {left_over}; later: {still_left_over}")
    }
}

impl TableContents {
    /// Returns the conversations with an inbox row at an older message than the newest, or with an older text of it.
    fn stale_conversations(&self) -> Vec<conversation::Id> {
        let is_stale = |(conversation, members): &(&conversation::Id, &[u16; 2])| {
            let Some(newest) = self.reading.conversations.get(conversation).and_then(|messages| messages.last()) else {
                return false;
            };
            let preview = newest.preview();
            members.iter().any(|owner| {
                let rows = self.reading.inboxes.get(&(*owner, **conversation)).map_or(&[][..], Vec::as_slice);
                rows.iter().any(|row| {
                    row.seq < newest.seq || (row.seq == newest.seq && Some(&row.preview) != preview.as_ref())
                })
            })
        };
        self.members.iter().filter(is_stale).map(|(conversation, _)| *conversation).collect()
    }
}
