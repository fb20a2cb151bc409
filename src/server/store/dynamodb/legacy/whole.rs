//! Adopting a whole table: every conversation now, not when it is first used.
//!
//! Looks at every row once, then brings up to date what is not. Each step stands by itself: it can be stopped at any time
//! and run again, and run while people write. The old app must no longer write.

use std::time::Duration;

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::legacy::heads::{self, Source};
use crate::server::store::dynamodb::legacy::keys::{self, Moved};
use crate::server::store::dynamodb::legacy::report::{Changed, Report};
use crate::server::store::dynamodb::legacy::survey::{Seen, Survey};
use crate::server::store::dynamodb::legacy::{inbox, mark_adopted, pairs};

/// What it is done for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To know what would be changed. Only reads.
    Report,
    /// To change it.
    Change,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many rows have been looked at, in all.
    Looked(u64),
    /// So many conversations are to be gone through.
    ToDo(usize),
    /// One more has been gone through.
    Done,
    /// So many more messages got another key.
    Rewritten(usize),
}

/// Who is told how far it has come.
pub type Told<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How long it waits, in all, for a table that has no capacity left, before it gives up: it can be run again.
const PATIENCE: Duration = Duration::from_secs(300);

/// The longest of these waits; the first is a fiftieth, and each doubles.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Adopts a table, or says what that would do.
///
/// Reads the table once (a read unit for 4 KB), and again each conversation of which something must be changed; never the
/// index, which may lag behind. Writes some four units for each message that gets another key, and some twenty for each
/// conversation.
pub async fn adopt(table: &Table, purpose: Purpose, told: Told<'_>) -> Result<Report, Failure> {
    let survey = look(table, told).await?;
    let mut run = Run { table, purpose, told, changed: Changed::default() };
    told(Progress::ToDo(survey.conversations.len()));
    for (conversation, seen) in &survey.conversations {
        run.conversation(*conversation, seen).await?;
        told(Progress::Done);
    }
    run.pairs(&survey).await?;
    if purpose == Purpose::Change {
        patiently(async || mark_adopted(table).await).await?;
    }
    Ok(Report { dry_run: purpose == Purpose::Report, found: survey.found(), changed: run.changed })
}

async fn look(table: &Table, told: Told<'_>) -> Result<Survey, Failure> {
    let mut survey = Survey::default();
    // Not patiently: a table that is not there, or not at this address, would be waited for in vain.
    let mut next = survey.look(table, None).await?;
    told(Progress::Looked(survey.rows()));
    while let Some(start) = next {
        next = patiently(async || survey.look(table, Some(start.clone())).await).await?;
        told(Progress::Looked(survey.rows()));
    }
    Ok(survey)
}

struct Run<'a> {
    table: &'a Table,
    purpose: Purpose,
    told: Told<'a>,
    changed: Changed,
}

impl Run<'_> {
    async fn conversation(&mut self, conversation: conversation::Id, seen: &Seen) -> Result<(), Failure> {
        let Some(members) = seen.members() else { return Ok(()) };
        let (table, purpose) = (self.table, self.purpose);
        // Before the head: it must be later than what clocks in the east showed, and their keys may go.
        if seen.is_out_of_form() {
            self.keys(conversation).await?;
        }
        if !seen.has_head() {
            let head = patiently(async || self.head(conversation, seen).await).await?;
            self.changed.add(head);
        }
        // A row that was lost has been made with the head, and in a dry run counted with it.
        let lacks_rows = seen.has_head() || purpose == Purpose::Change;
        if !seen.has_right_rows() {
            let changed = patiently(async || {
                let mut changed = Changed::default();
                inbox::put_right(table, conversation, members, &seen.rows, purpose, &mut changed).await?;
                Ok(changed)
            });
            let changed = changed.await?;
            let made = if lacks_rows { changed.inbox_rows_made } else { 0 };
            self.changed.add(Changed { inbox_rows_made: made, ..changed });
        }
        Ok(())
    }

    /// The head, and the inbox rows that are made with it.
    async fn head(&self, conversation: conversation::Id, seen: &Seen) -> Result<Changed, Failure> {
        let (table, rows, unmoved) = (self.table, Source::Table(&seen.rows), time::Duration::ZERO);
        let lacked = match self.purpose {
            Purpose::Report => heads::plan(table, conversation, rows, unmoved).await?.map(|(_, lost)| lost.len()),
            Purpose::Change => heads::make(table, conversation, rows).await?.map(|(_, lacked)| lacked),
        };
        let made = |lacked| Changed { heads_made: 1, inbox_rows_made: lacked as u64, ..Changed::default() };
        Ok(lacked.map(made).unwrap_or_default())
    }

    async fn keys(&mut self, conversation: conversation::Id) -> Result<(), Failure> {
        let mut tries = Tries::default();
        'plan: loop {
            let moves = patiently(async || keys::plan(self.table, conversation).await).await?;
            let mut rest = &moves[..];
            while !rest.is_empty() && self.purpose == Purpose::Change {
                let next = keys::next(rest);
                if !self.carry(conversation, next).await? {
                    tries.wait_by(self.table.clock(), "rewrite the keys of a conversation").await?;
                    continue 'plan;
                }
                self.changed.keys_rewritten += next.len() as u64;
                (self.told)(Progress::Rewritten(next.len()));
                rest = &rest[next.len()..];
            }
            // In a dry run, what is left is what would be moved.
            self.changed.keys_rewritten += rest.len() as u64;
            return Ok(());
        }
    }

    async fn carry(&self, conversation: conversation::Id, moves: &[keys::Move]) -> Result<bool, Failure> {
        patiently(async || match keys::carry(self.table, conversation, moves).await? {
            Moved::Done => Ok(true),
            Moved::Changed => Ok(false),
            Moved::Busy => Err(Failure::Unavailable(anyhow::anyhow!("the table is too busy to rewrite keys"))),
        })
        .await
    }

    async fn pairs(&mut self, survey: &Survey) -> Result<(), Failure> {
        for (pair, conversations) in survey.by_pair() {
            if survey.pairs.contains_key(&pair) {
                continue;
            }
            let [one, other] = pair;
            let made = match self.purpose {
                Purpose::Report => true,
                Purpose::Change => {
                    patiently(async || pairs::put(self.table, one, other, conversations[0]).await).await?.1
                }
            };
            self.changed.pairs_made += u64::from(made);
        }
        Ok(())
    }
}

/// Does something again while the table is away or too busy, for as long as [`PATIENCE`].
async fn patiently<T>(mut work: impl AsyncFnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let (mut waited, mut wait) = (Duration::ZERO, WAIT_MAX / 50);
    loop {
        match work().await {
            Err(Failure::Unavailable(cause)) if waited < PATIENCE => {
                tracing::debug!(cause = format!("{cause:#}"), "waits for the table");
                tokio::time::sleep(wait).await;
                waited += wait;
                wait = WAIT_MAX.min(wait * 2);
            }
            done => return done,
        }
    }
}
