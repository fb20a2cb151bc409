//! Waits until the inbox rows have reached the newest messages.
//!
//! A server that is killed between the commit and the move leaves inbox rows at an older message. The servers' own
//! reader of the table's stream must move them; the audit does not help.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::server::store::dynamodb::Table;
use tokio::time::{Instant, sleep, sleep_until};

use super::table_reader::{self, TableContents};
use super::users::AuditUser;

/// Time that the stream's reader may take after the last fault, plus the additional time per thousand sends: since it
/// was killed again and again, it may be minutes behind.
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
    /// Duration of the wait in seconds.
    pub secs: u64,
}

/// Waits until no inbox row is stale and no write is pending, or until the timeout for this number of `sends`.
pub async fn settle(table: &Table, users: &[AuditUser], sends: u64) -> anyhow::Result<Settled> {
    let began = Instant::now();
    let settle_timeout =
        SETTLE_TIMEOUT + SETTLE_TIMEOUT_PER_THOUSAND * u32::try_from(sends / 1_000).unwrap_or(u32::MAX);
    let mut contents = table_reader::read(table, users).await?;
    let stale = contents.stale_conversations();
    let mut still_stale = stale.clone();
    while !still_stale.is_empty() && began.elapsed() < settle_timeout {
        sleep(Duration::from_secs(1)).await;
        for owner in still_stale.iter().flat_map(|conversation| contents.members[conversation]).collect::<BTreeSet<_>>()
        {
            contents.reread_inbox(table, users, owner).await?;
        }
        still_stale = contents.stale_conversations();
    }
    let secs = began.elapsed().as_secs();
    sleep_until(began + QUIET_AFTER).await;
    let contents = table_reader::read(table, users).await?;
    Ok(Settled { stale: stale.len(), still_stale: contents.stale_conversations().len(), secs, contents })
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stale, still_stale, secs, .. } = self;
        writeln!(
            f,
            "conversations with stale inbox rows when the faults stopped: {stale}; {secs} s later: {still_stale}"
        )
    }
}

impl TableContents {
    /// Returns the conversations with an inbox row at an older message than the newest.
    fn stale_conversations(&self) -> Vec<conversation::Id> {
        let is_stale = |(conversation, members): &(&conversation::Id, &[u16; 2])| {
            let newest = self
                .reading
                .conversations
                .get(conversation)
                .and_then(|messages| messages.last())
                .and_then(|message| message.seq);
            members.iter().any(|owner| {
                let rows = self.reading.inboxes.get(&(*owner, **conversation)).map_or(&[][..], Vec::as_slice);
                rows.iter().any(|row| row.seq < newest)
            })
        };
        self.members.iter().filter(is_stale).map(|(conversation, _)| *conversation).collect()
    }
}
