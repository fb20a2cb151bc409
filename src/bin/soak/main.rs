//! Thousands of open streams in pairs, for minutes: how long a message takes from one person to the other, what a stream
//! costs, whether anything is missed, and what is left when they close. `bin/bench soak` starts what this needs.
#![expect(clippy::print_stdout, reason = "a command speaks to the person at the terminal")]

mod listening;
mod people;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use tokio::time::{Instant, interval, sleep};

use crate::listening::{Heard, Listener};
use crate::people::Pair;

/// Holds streams open and sends through them.
#[derive(Parser)]
#[command(name = "soak")]
struct Options {
    /// The web server.
    #[arg(long)]
    server: SocketAddr,
    /// Its process, whose memory is read.
    #[arg(long)]
    pid: u32,
    /// How many streams: one a person, two people a conversation.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// For how many minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// How many messages a second, from people taken at random.
    #[arg(long, default_value_t = 30)]
    rate: u64,
    /// How often as many are opened and closed again, to see what stays of each time.
    #[arg(long, default_value_t = 4)]
    rounds: u32,
}

/// So many things are done at once while everything is made ready.
const AT_ONCE: usize = 32;

/// How long the last messages may be on their way.
const LATE: Duration = Duration::from_secs(30);

/// How long after streams have closed the server's memory is read: it notices at its next beat, every 20 seconds.
const SETTLE: Duration = Duration::from_secs(45);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    println!("Making {} people and {} conversations", options.streams, options.streams / 2);
    let pairs = people::make(options.streams / 2).await?;
    let http = Client::builder().pool_max_idle_per_host(64).build()?;
    let memory = |when: &str| memory(options.pid, when);

    let before = memory("before")?;
    let heard = Arc::new(Heard::default());
    let listeners = open(&options, &http, &pairs, &heard).await?;
    let open_kb = memory("with the streams open")?;
    println!("A stream: {:.1} kB", (open_kb.saturating_sub(before)) as f64 / options.streams as f64);

    let sent = talk(&options, &http, &pairs, &heard).await?;
    let missed = wait_for(&heard, sent).await;
    memory("after the talk")?;
    print!("{heard}");
    println!("Sent: {sent}; missed: {missed}; heard twice: {}", heard.doubled());

    drop(listeners);
    sleep(SETTLE).await;
    let mut closed = memory("after they have closed")?;
    for _ in 0..options.rounds {
        let again = open(&options, &http, &pairs, &heard).await?;
        memory("with as many open again")?;
        drop(again);
        sleep(SETTLE).await;
        let closed_again = memory("after those have closed")?;
        println!("Growth from close to close: {:.1} MB", (closed_again as f64 - closed as f64) / 1024.0);
        closed = closed_again;
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

/// Opens everybody's stream, and waits until the server has greeted them.
async fn open(options: &Options, http: &Client, pairs: &[Pair], heard: &Arc<Heard>) -> anyhow::Result<Vec<Listener>> {
    let started = Instant::now();
    let everybody = pairs.iter().flat_map(|pair| &pair.people);
    let listeners: Vec<_> = stream::iter(everybody)
        .map(|person| Listener::open(http, options.server, person, heard.clone()))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    println!("{} streams opened in {:.1} s", listeners.len(), started.elapsed().as_secs_f64());
    Ok(listeners)
}

/// People write to each other. Answers with how many messages were acknowledged.
async fn talk(options: &Options, http: &Client, pairs: &[Pair], heard: &Arc<Heard>) -> anyhow::Result<u64> {
    let sends = options.minutes * 60 * options.rate;
    println!("Talking for {} minutes, {} messages a second", options.minutes, options.rate);
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(options.rate).context("a smaller --rate")?);
    let mut under_way = Vec::with_capacity(usize::try_from(sends)?);
    for _ in 0..sends {
        ticks.tick().await;
        let pair = &pairs[fastrand::usize(..pairs.len())];
        let author = &pair.people[fastrand::usize(..2)];
        let body = heard.stamp();
        under_way.push(tokio::spawn(people::say(http.clone(), options.server, author.clone(), pair.talk, body)));
    }
    let mut sent = 0;
    for send in under_way {
        match send.await? {
            Ok(()) => sent += 1,
            Err(error) => println!("a send: {error:#}"),
        }
    }
    Ok(sent)
}

/// How many of the messages nobody has heard of, once none is on its way any more.
async fn wait_for(heard: &Heard, sent: u64) -> u64 {
    let end = Instant::now() + LATE;
    while heard.count() < sent && Instant::now() < end {
        sleep(Duration::from_millis(100)).await;
    }
    sent.saturating_sub(heard.count())
}

/// What the server holds in memory, in kB.
fn memory(pid: u32, when: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the server's process")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("its memory")?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse()?;
    println!("Memory {when}: {:.1} MB", kb as f64 / 1024.0);
    Ok(kb)
}
