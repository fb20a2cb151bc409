//! A run of the audit: servers, users, load, faults, and the verdict.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use cruddur_messages::server::config::Config;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::{self, Table};
use indicatif::HumanCount;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use super::accounts::Accounts;
use super::api_reader::ApiReader;
use super::judge::Judge;
use super::options::Options;
use super::requests;
use super::retry::Attempt;
use super::server_reader::ServerReader;
use super::servers::Servers;
use super::settle;
use super::table_reader::{self, TableContents};
use super::users::{self, Scenario};
use super::verdict::Verdict;

/// Interval of the progress lines.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum time without an acknowledged operation, after which the run fails.
const STANDSTILL_MAX: Duration = Duration::from_secs(120);

/// Runs the audit.
pub async fn run(options: &Options) -> anyhow::Result<Verdict> {
    // Reads the same environment variables as the web server.
    let config = Config::parse_from(["audit"]);
    let table = Table::new(dynamodb::connect().await, &config.message_table);
    let store = Store::with_table(&config, table.clone())?;
    let mut servers = Servers::start(options, &config).await?;
    let accounts = Accounts::connect(&config).await.context("connect to the user pool")?;
    let users = users::sign_in(&store, &accounts, options.people).await.context("sign the users in")?;
    let scenario = Arc::new(Scenario::new(options, users, servers.proxies(), table.clone())?);
    println!("{} users are signed in, two servers are ready. Seed {}.", scenario.users.len(), options.seed);

    servers.start_faults(options.seed);
    let load = run_load(&scenario, &mut servers).await;
    println!("{}{}", scenario.ledger, servers.faults());
    load?;
    servers.stop_faults().await?;

    accept_all(&table, &scenario, &servers).await?;
    let settled = settle::settle(&table, &scenario.users, options.operations).await.context("read the table")?;
    println!("{settled}");
    verdict(&scenario, &servers, &accounts, &settled.contents).await
}

/// Reads all messages back through every reader, and compares them with the ledger.
async fn verdict(
    scenario: &Scenario,
    servers: &Servers,
    accounts: &Accounts,
    contents: &TableContents,
) -> anyhow::Result<Verdict> {
    let (sends, changes) = (scenario.ledger.sends(), scenario.ledger.changes());
    let judge = Judge::new(&scenario.users, &sends, &changes, contents);
    let mut verdict = Verdict::new(&sends, &changes, scenario.ledger.rejected() + judge.wrongly_refused());
    verdict.add("table", judge.table(&scenario.ledger.reads()), &[]);
    for (number, address) in servers.addresses().into_iter().enumerate() {
        let reader = ServerReader::new(&scenario.users, address)?;
        let reading = reader.read(contents, number).await.with_context(|| format!("read through server {number}"))?;
        verdict.add(["server 1", "server 2"][number], judge.server(&reading), &[]);
    }
    let reader = ApiReader::new(&scenario.users, accounts, servers.addresses())?;
    let reading = reader.read(contents).await.context("read through the JSON API")?;
    verdict.add("JSON API", judge.server(&reading), &["gaps in seq", "histories", "revisions", "unread"]);
    Ok(verdict)
}

/// Accepts the requests whose senders got no answer, so that both members of each conversation list it.
async fn accept_all(table: &Table, scenario: &Scenario, servers: &Servers) -> anyhow::Result<()> {
    let contents = table_reader::read(table, &scenario.users).await.context("read the requests")?;
    let [server, _] = servers.addresses();
    for (conversation, recipient) in contents.requests {
        let recipient = &scenario.users[usize::from(recipient)];
        let mut accepted = requests::attempt_accept(scenario, server, recipient, conversation).await;
        while let Attempt::Denied(delay) = accepted {
            tokio::time::sleep(delay).await;
            accepted = requests::attempt_accept(scenario, server, recipient, conversation).await;
        }
        anyhow::ensure!(matches!(accepted, Attempt::Answered(())), "a request is not accepted: {accepted:?}");
    }
    Ok(())
}

/// Runs all users until enough operations are acknowledged, and prints the progress.
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
                let (now_count, goal, kills) = (HumanCount(now), HumanCount(scenario.goal), servers.kills());
                println!("{now_count} of {goal} acknowledged, {rate} a second, {kills} kills");
                if now > before {
                    moved_at = Instant::now();
                }
                anyhow::ensure!(moved_at.elapsed() < STANDSTILL_MAX, "nothing acknowledged for {STANDSTILL_MAX:?}");
                before = now;
            }
        }
    }
}
