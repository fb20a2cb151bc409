//! Two web servers under fire, and what is left afterwards.
//!
//! People send messages through two web servers that are killed and come back, over connections that are slow, cut, silent
//! or say things twice. What was acknowledged is kept, then compared with what the table, both servers and their JSON API
//! show. `bin/audit` starts what this needs. Exit status 1: some number that must be 0 is not.
#![expect(unreachable_pub, reason = "`pub` is what a module offers to the others; nobody sees into an executable")]
#![expect(clippy::print_stdout, reason = "a command speaks to the person at the terminal")]

mod accounts;
mod api_reader;
mod faults;
mod framing;
mod judge;
mod ledger;
mod people;
mod proxy;
mod requests;
mod server_reader;
mod servers;
mod settle;
mod table_reader;
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
use crate::people::Scene;
use crate::server_reader::ServerReader;
use crate::servers::Servers;
use crate::table_reader::Found;
use crate::verdict::Verdict;

/// Kills two web servers while people send through them, then says what became of the messages.
#[derive(Parser)]
#[command(name = "audit")]
pub struct Options {
    /// How many sends are to be acknowledged.
    #[arg(long, default_value_t = 20_000)]
    sends: u64,
    /// How many people send. Each may send 4 messages a second: 2 on each server.
    #[arg(long, default_value_t = 256)]
    people: u16,
    /// How many of them send at the same time. With more than the machine can serve within their patience nobody would be
    /// served: each gives up, and tries again.
    #[arg(long, default_value_t = 24)]
    at_once: usize,
    /// After how many minutes the run has failed, if it is not over: 15, and one for each 2,000 sends, where nobody says.
    #[arg(long)]
    minutes_max: Option<u64>,
    /// What the dice begin with. Two runs with one seed are alike, not the same: the machine has a say too.
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// The web server's executable.
    #[arg(long, default_value = "target/release/cruddur-messages")]
    server: PathBuf,
    /// The folder for what the servers log.
    #[arg(long, default_value = ".")]
    log_folder: PathBuf,
}

/// How often a line says how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// For how long nothing may be acknowledged.
const STANDSTILL_MAX: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // The servers are killed when the run is dropped, however it ends.
    tokio::select! {
        verdict = timeout(options.time_max(), run(&options)) => {
            let late = || format!("not over within {} minutes", options.time_max().as_secs() / 60);
            let verdict = verdict.ok().with_context(late)??;
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
    // The same variables as the web server's, read in the same way.
    let config = Config::parse_from(["audit"]);
    let table = Table::new(dynamodb::connect().await, &config.message_table);
    let store = Store::over(&config, table.clone())?;
    let mut servers = Servers::start(options, &config).await?;
    let accounts = Accounts::connect(&config).await.context("connect to the user pool")?;
    let people = people::sign_in(&store, &accounts, options.people).await.context("sign people in")?;
    let scene = Arc::new(Scene::new(options, people, servers.doors())?);
    println!("{} people are signed in, two servers are up. Seed {}.", scene.people.len(), options.seed);

    servers.let_fall(options.seed);
    let stormed = storm(&scene, &mut servers).await;
    println!("{}{}", scene.ledger, servers.faults());
    stormed?;
    servers.calm().await?;

    let settled = settle::settle(&table, &scene.people, options.sends).await.context("read the table")?;
    println!("{settled}");
    verdict(&scene, &servers, &accounts, &settled.found).await
}

/// Reads everything back by every way, and compares.
async fn verdict(scene: &Scene, servers: &Servers, accounts: &Accounts, found: &Found) -> anyhow::Result<Verdict> {
    let sends = scene.ledger.sends();
    let mut verdict = Verdict::new(&sends, scene.ledger.refused());
    let judge = Judge::new(&scene.people, &sends, found);
    verdict.add("table", judge.table(&scene.ledger.reads()), &[]);
    for (number, address) in servers.addresses().into_iter().enumerate() {
        let reader = ServerReader::new(&scene.people, address)?;
        let reading = reader.read(found, number).await.with_context(|| format!("read through server {number}"))?;
        verdict.add(["server 1", "server 2"][number], judge.server(&reading), &[]);
    }
    let reader = ApiReader::new(&scene.people, accounts, servers.addresses())?;
    let reading = reader.read(found).await.context("read through the JSON API")?;
    verdict.add("JSON API", judge.server(&reading), &["gaps in seq", "unread"]);
    Ok(verdict)
}

/// Everybody sends until there are enough; a line now and then says how far it is.
async fn storm(scene: &Arc<Scene>, servers: &mut Servers) -> anyhow::Result<()> {
    let mut everybody = JoinSet::new();
    for me in 0..scene.people.len() {
        everybody.spawn(people::live(scene.clone(), me));
    }
    let mut ticks = interval(PROGRESS_INTERVAL);
    ticks.tick().await;
    let (mut before, mut moved_at) = (0, Instant::now());
    loop {
        tokio::select! {
            done = everybody.join_next() => match done {
                Some(done) => done.context("a person")?,
                None => return Ok(()),
            },
            _ = ticks.tick() => {
                servers.demand_alive().await?;
                let now = scene.ledger.acknowledged();
                let rate = (now - before) / PROGRESS_INTERVAL.as_secs();
                println!("{} of {} acknowledged, {rate} a second, {} kills", group(now), group(scene.goal), servers.kills());
                if now > before {
                    moved_at = Instant::now();
                }
                anyhow::ensure!(moved_at.elapsed() < STANDSTILL_MAX, "nothing acknowledged for {STANDSTILL_MAX:?}");
                before = now;
            }
        }
    }
}

/// A number for people: `20,000`.
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
