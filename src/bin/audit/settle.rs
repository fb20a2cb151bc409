//! Waits until the inbox rows have come up to the newest messages.
//!
//! A server that is killed between commit and move leaves inbox rows at an older message. Bringing them up is the work of
//! the servers' own reader of the table's stream; nothing here helps it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::server::store::dynamodb::Table;
use tokio::time::{Instant, sleep, sleep_until};

use crate::people::Person;
use crate::table_reader::{self, Found};

/// How long the reader of the stream may take after the last fault, and how much longer for each thousand sends: dying
/// all the time, it may be minutes behind when the fire ends.
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
const LONGER_PER_THOUSAND: Duration = Duration::from_secs(1);

/// After this nothing that was begun under fire is on its way any more: a request that is late, and the tries of a server
/// that somebody no longer waits for.
const QUIET_AFTER: Duration = Duration::from_secs(6);

/// What the reader of the stream had left to do when the fire ended.
pub struct Settled {
    /// The table, once nothing moves any more.
    pub found: Found,
    /// In how many conversations a row was behind.
    pub behind: usize,
    /// In how many it still is.
    pub left: usize,
    /// How long it took, in whole seconds.
    pub secs: u64,
}

/// Waits until no row is behind and nothing is on its way, or for as long as may be after so many `sends`.
pub async fn settle(table: &Table, people: &[Person], sends: u64) -> anyhow::Result<Settled> {
    let began = Instant::now();
    let settled_within = SETTLED_WITHIN + LONGER_PER_THOUSAND * u32::try_from(sends / 1_000).unwrap_or(u32::MAX);
    let mut found = table_reader::read(table, people).await?;
    let behind = found.left_behind();
    let mut left = behind.clone();
    while !left.is_empty() && began.elapsed() < settled_within {
        sleep(Duration::from_secs(1)).await;
        for owner in left.iter().flat_map(|conversation| found.members[conversation]).collect::<BTreeSet<_>>() {
            found.read_list(table, people, owner).await?;
        }
        left = found.left_behind();
    }
    let secs = began.elapsed().as_secs();
    sleep_until(began + QUIET_AFTER).await;
    let found = table_reader::read(table, people).await?;
    Ok(Settled { behind: behind.len(), left: found.left_behind().len(), secs, found })
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { behind, left, secs, .. } = self;
        writeln!(f, "conversations with inbox rows behind when the fire ended: {behind}; {secs} s later: {left}")
    }
}

impl Found {
    /// Conversations of which a row is at an older message than the newest.
    fn left_behind(&self) -> Vec<conversation::Id> {
        let is_behind = |(conversation, members): &(&conversation::Id, &[u16; 2])| {
            let newest = self.reading.talks.get(conversation).and_then(|lines| lines.last()).and_then(|line| line.seq);
            members.iter().any(|owner| {
                let rows = self.reading.lists.get(&(*owner, **conversation)).map_or(&[][..], Vec::as_slice);
                rows.iter().any(|row| row.seq < newest)
            })
        };
        self.members.iter().filter(is_behind).map(|(conversation, _)| *conversation).collect()
    }
}
