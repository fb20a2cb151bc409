//! `admin ddb migrate-legacy`: migrates a table of the old app.

use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use indicatif::ProgressBar;

use super::connect;
use super::legacy::migration::{self, Progress};
use super::legacy::purpose::Purpose;
use crate::global_options::GlobalOptions;
use crate::progress;

/// Migrates the table, or reports the changes that a migration would make.
pub async fn run(table: &str, purpose: Purpose, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let rows = progress::counter("rows");
    let conversations = progress::bar(0, "conversations");
    let on_progress = |progress| show(&rows, &conversations, progress);
    let table = Table::new(client, table);
    let report = migration::migrate(&table, purpose, &on_progress).await.map_err(Failure::into_cause)?;
    conversations.finish_and_clear();
    global.print(&report, &report)
}

fn show(rows: &ProgressBar, conversations: &ProgressBar, progress: Progress) {
    match progress {
        Progress::RowsScanned(count) => rows.set_position(count),
        Progress::ConversationsFound(count) => {
            rows.finish_and_clear();
            conversations.set_length(count.try_into().unwrap_or(u64::MAX));
        }
        Progress::ConversationDone => conversations.inc(1),
        // A long conversation takes a while: the ticks show that the command is still working.
        Progress::KeysRewritten(_) => conversations.tick(),
    }
}
