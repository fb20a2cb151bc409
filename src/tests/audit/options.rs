//! Options of the audit.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Kills two web servers while users send messages through them, then compares the stored messages with the
/// acknowledged ones.
#[derive(Parser)]
#[command(name = "audit")]
pub struct Options {
    /// Number of sends to be acknowledged.
    #[arg(long, default_value_t = 20_000)]
    pub sends: u64,
    /// Number of users. The rate limit allows each 4 messages a second: 2 on each server.
    #[arg(long, default_value_t = 256)]
    pub people: u16,
    /// Number of users who send at the same time. If the machine cannot serve all of them before their requests time
    /// out, every request times out and is retried, and no send succeeds.
    #[arg(long, default_value_t = 24)]
    pub at_once: usize,
    /// Deadline of the run in minutes. Default: 15, and one for each 2,000 sends.
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
        Duration::from_secs(60 * self.minutes_max.unwrap_or(15 + self.sends / 2_000))
    }
}
