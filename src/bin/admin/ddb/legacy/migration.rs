//! Migration of a whole table: all conversations at once, instead of each when it is first used.
//!
//! Scans every row once, then migrates the conversations that need it. Each step stands by itself, so a run can be
//! stopped at any time and repeated, and users can keep writing meanwhile. Messages that the old app writes meanwhile
//! get their numbers from the readers of the table's stream.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use cruddur_messages::domain::conversation;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::backoff::Backoff;
use cruddur_messages::server::store::dynamodb::inbox::repair_inbox_rows;
use cruddur_messages::server::store::dynamodb::legacy::heads::{self, Source};
use cruddur_messages::server::store::dynamodb::legacy::pairs;
use cruddur_messages::server::store::dynamodb::missing_parts::{Part, missing_parts};

use super::super::schema;
use super::keys::{self, Outcome};
use super::purpose::Purpose;
use super::report::{Changed, Report};
use super::survey::{Survey, SurveyedConversation};
use super::{inbox, mark_migrated};

/// Progress of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows scanned so far, in total.
    RowsScanned(u64),
    /// Conversations to process, reported once after the scan.
    ConversationsFound(usize),
    /// Another conversation has been processed.
    ConversationDone,
    /// Messages that have just got a new key.
    KeysRewritten(usize),
}

/// Progress callback.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Waits for a throttled table: 0.1 seconds at first, doubled each time, up to 5. An operation that has waited for 5
/// minutes in total fails. A failed migration can be repeated.
const WAITS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(5))
    .without_max_times()
    .with_total_delay(Some(Duration::from_secs(300)));

/// Migrates a table, or reports what a migration would do.
///
/// Reads the table once (one read unit per 4 KB), then re-reads each conversation that must be changed. Never reads the
/// index, which is eventually consistent. Writes cost about four units per message that gets a new key, and about
/// twenty per conversation.
pub async fn migrate(table: &Table, purpose: Purpose, on_progress: OnProgress<'_>) -> Result<Report, Failure> {
    // First, so that the stream shows the changes that users make meanwhile.
    let parts_added = parts(table, purpose).await?;
    let survey = scan(table, on_progress).await?;
    let mut run = Run { table, purpose, on_progress, changed: Changed::default() };
    on_progress(Progress::ConversationsFound(survey.conversations.len()));
    for (conversation, surveyed) in &survey.conversations {
        let context = || format!("conversation {conversation}");
        run.conversation(*conversation, surveyed).await.map_err(|failure| failure.context(context))?;
        on_progress(Progress::ConversationDone);
    }
    run.pairs(&survey).await?;
    if purpose == Purpose::Change {
        retry_throttled(async || mark_migrated(table).await).await?;
    }
    Ok(Report { dry_run: purpose == Purpose::Report, found: survey.found(), parts_added, changed: run.changed })
}

/// Adds the parts that the table lacks, or only returns them.
async fn parts(table: &Table, purpose: Purpose) -> Result<Vec<Part>, Failure> {
    let missing = missing_parts(table).await?;
    if purpose == Purpose::Change {
        for part in &missing {
            schema::add(table.client(), table.name(), *part).await?;
        }
    }
    Ok(missing.into_iter().collect())
}

async fn scan(table: &Table, on_progress: OnProgress<'_>) -> Result<Survey, Failure> {
    let mut survey = Survey::default();
    // Not retried: if the table does not exist, or not at this address, the user should learn it at once.
    let mut next = survey.scan_page(table, None).await?;
    on_progress(Progress::RowsScanned(survey.rows()));
    while let Some(start) = next {
        next = retry_throttled(async || survey.scan_page(table, Some(start.clone())).await).await?;
        on_progress(Progress::RowsScanned(survey.rows()));
    }
    Ok(survey)
}

struct Run<'a> {
    table: &'a Table,
    purpose: Purpose,
    on_progress: OnProgress<'a>,
    changed: Changed,
}

impl Run<'_> {
    async fn conversation(
        &mut self,
        conversation: conversation::Id,
        surveyed: &SurveyedConversation,
    ) -> Result<(), Failure> {
        let (table, purpose) = (self.table, self.purpose);
        let damaged = surveyed.damaged_rows_of_group();
        if damaged > 0 {
            if purpose == Purpose::Change {
                retry_throttled(async || repair_inbox_rows(table, conversation, &[]).await).await?;
            }
            self.changed.inbox_rows_moved += damaged;
        }
        let Some(owners) = surveyed.owners() else { return Ok(()) };
        // Keys before the head: the head must be later than every key, and rewriting removes the late keys of eastern
        // wall clocks.
        if surveyed.needs_new_keys() {
            self.keys(conversation).await?;
        }
        if !surveyed.has_head() {
            let head = retry_throttled(async || self.head(conversation, surveyed).await).await?;
            self.changed.add(head);
        }
        // A missing row has been recreated with the head. A dry run has counted it there and must not count it twice.
        let counts_made_rows = surveyed.has_head() || purpose == Purpose::Change;
        if !surveyed.has_up_to_date_rows() {
            let changed = retry_throttled(async || {
                let mut changed = Changed::default();
                inbox::repair(table, conversation, &owners, &surveyed.rows, purpose, &mut changed).await?;
                Ok(changed)
            });
            let changed = changed.await?;
            let made = if counts_made_rows { changed.inbox_rows_made } else { 0 };
            self.changed.add(Changed { inbox_rows_made: made, ..changed });
        }
        Ok(())
    }

    /// Creates the head and the missing inbox rows.
    async fn head(&self, conversation: conversation::Id, surveyed: &SurveyedConversation) -> Result<Changed, Failure> {
        let (table, rows, no_shift) = (self.table, Source::Table(&surveyed.rows), time::Duration::ZERO);
        let missing = match self.purpose {
            Purpose::Report => heads::plan(table, conversation, rows, no_shift).await?.map(|(_, rows)| rows.len()),
            Purpose::Change => heads::create(table, conversation, rows).await?.map(|(_, missing)| missing),
        };
        let made = |missing| Changed { heads_made: 1, inbox_rows_made: missing as u64, ..Changed::default() };
        Ok(missing.map(made).unwrap_or_default())
    }

    async fn keys(&mut self, conversation: conversation::Id) -> Result<(), Failure> {
        let mut backoff = Backoff::default();
        'plan: loop {
            let moves = retry_throttled(async || keys::plan(self.table, conversation).await).await?;
            let mut rest = &moves[..];
            while !rest.is_empty() && self.purpose == Purpose::Change {
                let next = keys::next(rest);
                if !self.apply(conversation, next).await? {
                    backoff.wait_with(self.table.clock(), "rewrite the keys of a conversation").await?;
                    continue 'plan;
                }
                self.changed.keys_rewritten += next.len() as u64;
                (self.on_progress)(Progress::KeysRewritten(next.len()));
                rest = &rest[next.len()..];
            }
            // Empty except in a dry run, which counts the moves that it would make.
            self.changed.keys_rewritten += rest.len() as u64;
            return Ok(());
        }
    }

    /// Returns `false` if the rows have changed since the moves were planned.
    async fn apply(&self, conversation: conversation::Id, moves: &[keys::Move]) -> Result<bool, Failure> {
        retry_throttled(async || match keys::apply(self.table, conversation, moves).await? {
            Outcome::Done => Ok(true),
            Outcome::Conflict => Ok(false),
            Outcome::Throttled => Err(Failure::Unavailable(anyhow::anyhow!("rewriting keys was throttled"))),
        })
        .await
    }

    async fn pairs(&mut self, survey: &Survey) -> Result<(), Failure> {
        for (pair, conversations) in survey.by_pair() {
            if survey.pairs_with_row.contains(&pair) {
                continue;
            }
            let [one, other] = pair;
            let made = match self.purpose {
                Purpose::Report => true,
                Purpose::Change => {
                    retry_throttled(async || pairs::put(self.table, one, other, conversations[0]).await).await?.1
                }
            };
            self.changed.pairs_made += u64::from(made);
        }
        for pair @ [one, other] in &survey.pairs_in_index {
            if self.purpose == Purpose::Change {
                let conversation = survey.pairs[pair];
                retry_throttled(async || pairs::rewrite(self.table, *one, *other, conversation).await).await?;
            }
            self.changed.pairs_rewritten += 1;
        }
        Ok(())
    }
}

/// Retries an operation while the table is throttled or unavailable, with pauses of [`WAITS`]. Not `backon::Retryable`,
/// which takes no operations that borrow from their closure.
async fn retry_throttled<T>(mut operation: impl AsyncFnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    for wait in WAITS.build() {
        match operation().await {
            Err(Failure::Unavailable(cause)) => {
                tracing::debug!(cause = format!("{cause:#}"), ?wait, "dependency unavailable, retrying");
                tokio::time::sleep(wait).await;
            }
            result => return result,
        }
    }
    operation().await
}
