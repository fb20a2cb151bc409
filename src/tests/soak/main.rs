//! Endurance test with thousands of open event streams. Measures the delivery time of messages, the memory per stream,
//! missed messages, and the memory left after the streams have closed. `bin/bench soak` starts the services.
#![expect(unreachable_pub, reason = "`pub` is the interface of a module; an executable has no other")]
#![expect(clippy::print_stdout, reason = "a command prints for the user at the terminal")]

mod deliveries;
mod listeners;
#[path = "../audit/signed_in.rs"]
mod signed_in;
mod users;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use tokio::time::{Instant, interval, sleep};

use crate::deliveries::Deliveries;
use crate::listeners::Listener;
use crate::users::Pair;

/// Keeps event streams open, sends messages, and measures their delivery.
#[derive(Parser)]
#[command(name = "soak")]
struct Options {
    /// Address of the web server.
    #[arg(long)]
    server: SocketAddr,
    /// Process id of the web server, whose memory is measured.
    #[arg(long)]
    pid: u32,
    /// Number of streams: one per user, two users per conversation.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// Duration of the sending phase in minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Messages per second, from random users.
    #[arg(long, default_value_t = 30)]
    rate: u64,
    /// Number of times all streams are opened and closed again, to measure the memory left by each round.
    #[arg(long, default_value_t = 4)]
    rounds: u32,
}

/// Number of concurrent operations during setup.
const CONCURRENCY: usize = 32;

/// Timeout for the delivery of the last messages.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// Delay between closing the streams and measuring the memory. The server notices a closed stream at its next
/// heartbeat, every 15 seconds.
const SETTLE_TIME: Duration = Duration::from_secs(45);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    println!("Creating {} users and {} conversations", options.streams, options.streams / 2);
    let pairs = users::create_pairs(options.streams / 2).await?;
    let http = Client::builder().pool_max_idle_per_host(64).build()?;
    let memory = |when: &str| memory(options.pid, when);

    let before = memory("before")?;
    let deliveries = Arc::new(Deliveries::default());
    let listeners = open(&options, &http, &pairs, &deliveries).await?;
    let open_kb = memory("with the streams open")?;
    println!("Memory per stream: {:.1} kB", (open_kb.saturating_sub(before)) as f64 / options.streams as f64);

    let sent = send_messages(&options, &http, &pairs, &deliveries).await?;
    let missed = deliveries.wait_for(sent, DELIVERY_TIMEOUT).await;
    memory("after sending")?;
    print!("{deliveries}");
    println!("Sent: {sent}; missed: {missed}; delivered twice: {}", deliveries.duplicates());

    drop(listeners);
    sleep(SETTLE_TIME).await;
    let mut closed = memory("after closing the streams")?;
    for _ in 0..options.rounds {
        let again = open(&options, &http, &pairs, &deliveries).await?;
        memory("with all streams open again")?;
        drop(again);
        sleep(SETTLE_TIME).await;
        let closed_again = memory("after closing them again")?;
        println!("Growth since the previous round: {:.1} MB", (closed_again as f64 - closed as f64) / 1024.0);
        closed = closed_again;
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

/// Opens the streams of all users, and waits until the server has sent the first event of each.
async fn open(
    options: &Options,
    http: &Client,
    pairs: &[Pair],
    deliveries: &Arc<Deliveries>,
) -> anyhow::Result<Vec<Listener>> {
    let started = Instant::now();
    let users = pairs.iter().flat_map(|pair| &pair.users);
    let listeners: Vec<_> = stream::iter(users)
        .map(|user| Listener::open(http, options.server, user, deliveries.clone()))
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    println!("{} streams opened in {:.1} s", listeners.len(), started.elapsed().as_secs_f64());
    Ok(listeners)
}

/// Sends messages between random pairs. Returns the number of acknowledged messages.
async fn send_messages(
    options: &Options,
    http: &Client,
    pairs: &[Pair],
    deliveries: &Arc<Deliveries>,
) -> anyhow::Result<u64> {
    let sends = options.minutes * 60 * options.rate;
    println!("Sending for {} minutes, {} messages a second", options.minutes, options.rate);
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(options.rate).context("--rate is too large")?);
    let mut pending = Vec::with_capacity(usize::try_from(sends)?);
    for _ in 0..sends {
        ticks.tick().await;
        let pair = &pairs[fastrand::usize(..pairs.len())];
        let author = &pair.users[fastrand::usize(..2)];
        let body = deliveries.timestamp();
        pending.push(tokio::spawn(users::send(http.clone(), options.server, author.clone(), pair.conversation, body)));
    }
    let mut sent = 0;
    for send in pending {
        match send.await? {
            Ok(()) => sent += 1,
            Err(error) => println!("send failed: {error:#}"),
        }
    }
    Ok(sent)
}

/// Prints and returns the resident memory of the server, in kB.
fn memory(pid: u32, when: &str) -> anyhow::Result<u64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).context("read the status of the server's process")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("find the memory of the server's process")?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse()?;
    println!("Memory {when}: {:.1} MB", kb as f64 / 1024.0);
    Ok(kb)
}
