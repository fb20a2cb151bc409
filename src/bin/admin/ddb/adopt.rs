//! `admin ddb adopt`: brings a table of the old app up to date.

use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::legacy::whole::{self, Progress, Purpose};
use indicatif::ProgressBar;

use super::connect;
use crate::manner::Manner;
use crate::progress;

/// Adopts the table, or says what that would do, and tells what was found and changed.
pub async fn run(table: &str, purpose: Purpose, manner: &Manner) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let rows = progress::counting("rows");
    let conversations = progress::of(0, "conversations");
    let show = |progress| show(&rows, &conversations, progress);
    let report = whole::adopt(&Table::new(client, table), purpose, &show).await.map_err(Failure::into_cause)?;
    conversations.finish_and_clear();
    manner.answer(&report, &report)
}

fn show(rows: &ProgressBar, conversations: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Looked(count) => rows.set_position(count),
        Progress::ToDo(count) => {
            rows.finish_and_clear();
            conversations.set_length(count.try_into().unwrap_or(u64::MAX));
        }
        Progress::Done => conversations.inc(1),
        // A long conversation takes its time: the bar shows that it goes on.
        Progress::Rewritten(_) => conversations.tick(),
    }
}
