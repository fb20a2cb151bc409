//! Load and fault test of two web servers.
//!
//! Users send messages through two web servers that are killed and restarted, over connections that are slow, are
//! reset, hang, or deliver requests twice. The acknowledged messages are recorded, then compared with those that the
//! table, both servers and their JSON API return. `bin/audit` starts the services. The exit status is 1 if a count that
//! must be 0 is not.
#![expect(unreachable_pub, reason = "`pub` is the interface of a module; an executable has no other")]
#![expect(clippy::print_stdout, reason = "a command prints for the user at the terminal")]

mod accounts;
mod api_reader;
mod faults;
mod framing;
mod judge;
mod ledger;
mod proxy;
mod requests;
mod server_reader;
mod servers;
mod settle;
mod table_reader;
mod users;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use cruddur_messages::server::config::Config;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::{self, Table};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::accounts::Accounts;
use crate::api_reader::ApiReader;
use crate::judge::Judge;
use crate::server_reader::ServerReader;
use crate::servers::Servers;
use crate::table_reader::TableContents;
use crate::users::Scenario;
use crate::verdict::Verdict;

/// Kills two web servers while users send messages through them, then compares the stored messages with the
/// acknowledged ones.
#[derive(Parser)]
#[command(name = "audit")]
pub struct Options {
    /// Number of sends to be acknowledged.
    #[arg(long, default_value_t = 20_000)]
    sends: u64,
    /// Number of users. The rate limit allows each 4 messages a second: 2 on each server.
    #[arg(long, default_value_t = 256)]
    people: u16,
    /// Number of users who send at the same time. If the machine cannot serve all of them before their requests time
    /// out, every request times out and is retried, and no send succeeds.
    #[arg(long, default_value_t = 24)]
    at_once: usize,
    /// Deadline of the run in minutes. Default: 15, and one for each 2,000 sends.
    #[arg(long)]
    minutes_max: Option<u64>,
    /// Seed of the random numbers. Two runs with the same seed are similar, but not identical, since timing differs.
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// Executable of the web server.
    #[arg(long, default_value = "target/release/cruddur-messages")]
    server: PathBuf,
    /// Folder for the logs of the servers.
    #[arg(long, default_value = ".")]
    log_folder: PathBuf,
}

/// Interval of the progress lines.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum time without an acknowledged send, after which the run fails.
const STANDSTILL_MAX: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Dropping the run kills the servers, however it ends.
    tokio::select! {
        verdict = timeout(options.time_max(), run(&options)) => {
            let timed_out = || format!("the run timed out after {} minutes", options.time_max().as_secs() / 60);
            let verdict = verdict.ok().with_context(timed_out)??;
            print!("{verdict}");
            Ok(ExitCode::from(u8::from(!verdict.is_clean())))
        }
        _ = terminate.recv() => anyhow::bail!("stopped"),
        _ = interrupt.recv() => anyhow::bail!("stopped"),
    }
}

impl Options {
    fn time_max(&self) -> Duration {
        Duration::from_secs(60 * self.minutes_max.unwrap_or(15 + self.sends / 2_000))
    }
}

async fn run(options: &Options) -> anyhow::Result<Verdict> {
    // Reads the same environment variables as the web server.
    let config = Config::parse_from(["audit"]);
    let table = Table::new(dynamodb::connect().await, &config.message_table);
    let store = Store::with_table(&config, table.clone())?;
    let mut servers = Servers::start(options, &config).await?;
    let accounts = Accounts::connect(&config).await.context("connect to the user pool")?;
    let users = users::sign_in(&store, &accounts, options.people).await.context("sign the users in")?;
    let scenario = Arc::new(Scenario::new(options, users, servers.proxies())?);
    println!("{} users are signed in, two servers are ready. Seed {}.", scenario.users.len(), options.seed);

    servers.start_faults(options.seed);
    let load = run_load(&scenario, &mut servers).await;
    println!("{}{}", scenario.ledger, servers.faults());
    load?;
    servers.stop_faults().await?;

    let settled = settle::settle(&table, &scenario.users, options.sends).await.context("read the table")?;
    println!("{settled}");
    verdict(&scenario, &servers, &accounts, &settled.contents).await
}

/// Reads all messages back through every reader, and compares them with the acknowledged sends.
async fn verdict(
    scenario: &Scenario,
    servers: &Servers,
    accounts: &Accounts,
    contents: &TableContents,
) -> anyhow::Result<Verdict> {
    let sends = scenario.ledger.sends();
    let mut verdict = Verdict::new(&sends, scenario.ledger.rejected());
    let judge = Judge::new(&scenario.users, &sends, contents);
    verdict.add("table", judge.table(&scenario.ledger.reads()), &[]);
    for (number, address) in servers.addresses().into_iter().enumerate() {
        let reader = ServerReader::new(&scenario.users, address)?;
        let reading = reader.read(contents, number).await.with_context(|| format!("read through server {number}"))?;
        verdict.add(["server 1", "server 2"][number], judge.server(&reading), &[]);
    }
    let reader = ApiReader::new(&scenario.users, accounts, servers.addresses())?;
    let reading = reader.read(contents).await.context("read through the JSON API")?;
    verdict.add("JSON API", judge.server(&reading), &["gaps in seq", "unread"]);
    Ok(verdict)
}

/// Runs all users until enough sends are acknowledged, and prints the progress.
async fn run_load(scenario: &Arc<Scenario>, servers: &mut Servers) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for me in 0..scenario.users.len() {
        tasks.spawn(users::run_user(scenario.clone(), me));
    }
    let mut ticks = interval(PROGRESS_INTERVAL);
    ticks.tick().await;
    let (mut before, mut moved_at) = (0, Instant::now());
    loop {
        tokio::select! {
            done = tasks.join_next() => match done {
                Some(done) => done.context("run a user")?,
                None => return Ok(()),
            },
            _ = ticks.tick() => {
                servers.check_alive().await?;
                let now = scenario.ledger.acknowledged();
                let rate = (now - before) / PROGRESS_INTERVAL.as_secs();
                let (goal, kills) = (group(scenario.goal), servers.kills());
                println!("{} of {goal} acknowledged, {rate} a second, {kills} kills", group(now));
                if now > before {
                    moved_at = Instant::now();
                }
                anyhow::ensure!(moved_at.elapsed() < STANDSTILL_MAX, "nothing acknowledged for {STANDSTILL_MAX:?}");
                before = now;
            }
        }
    }
}

/// Formats a number with thousands separators: `20,000`.
pub fn group(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let (first, rest) = digits.split_at(head);
    let mut groups: Vec<&str> = (0..rest.len()).step_by(3).map(|from| &rest[from..from + 3]).collect();
    if !first.is_empty() {
        groups.insert(0, first);
    }
    groups.join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped_by_three_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(super::group(number), text);
        }
    }
}
