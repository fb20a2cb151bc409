//! Options of the audit.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Kills two web servers while users send and change messages through them, then compares what is stored with what was
/// acknowledged.
#[derive(Parser)]
#[command(name = "audit")]
pub struct Options {
    /// Number of operations to be acknowledged. About half of them are sends, the others edits, deletions and
    /// reactions.
    #[arg(long, alias = "sends", default_value_t = 20_000)]
    pub operations: u64,
    /// Number of users. The budgets, ten times the usual ones, allow each 20 messages and 20 changes a second.
    #[arg(long, default_value_t = 256)]
    pub people: u16,
    /// Number of users who are active at the same time. If the machine cannot serve all of them before their requests
    /// time out, every request times out and is retried, and no operation succeeds.
    #[arg(long, default_value_t = 24)]
    pub at_once: usize,
    /// Deadline of the run in minutes. Default: 15, and one for each 2,000 operations.
    #[arg(long)]
    pub minutes_max: Option<u64>,
    /// Seed of the random numbers. Two runs with the same seed are similar, but not identical, since timing differs.
    #[arg(long, default_value_t = 20_261_121)]
    pub seed: u64,
    /// Executable of the web server.
    #[arg(long, default_value = "target/release/cruddur-messages")]
    pub server: PathBuf,
    /// Folder for the logs of the servers.
    #[arg(long, default_value = ".")]
    pub log_folder: PathBuf,
}

impl Options {
    /// Returns the deadline of the run.
    pub fn time_max(&self) -> Duration {
        Duration::from_secs(60 * self.minutes_max.unwrap_or(15 + self.operations / 2_000))
    }
}
