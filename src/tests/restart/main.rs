//! Rolling restart of two servers under load. All pages are open at the first server; it is restarted by SIGTERM, then
//! the second one, while messages are sent and pages are loaded. No request may fail, and no message may be missed.
//! `bin/bench restart` starts the services.
#![expect(unreachable_pub, reason = "`pub` is the interface of a module; an executable has no other")]
#![expect(clippy::print_stdout, reason = "a command prints for the user at the terminal")]

mod balancer;
#[path = "../soak/deliveries.rs"]
mod deliveries;
mod load;
mod pages;
mod servers;
#[path = "../audit/signed_in.rs"]
mod signed_in;
#[path = "../soak/users.rs"]
mod users;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use reqwest::Client;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::balancer::Balancer;
use crate::deliveries::Deliveries;
use crate::load::{Load, Outcome};
use crate::pages::Pages;
use crate::servers::Server;

/// Restarts two servers, one after the other, while thousands of pages are open.
#[derive(Parser)]
#[command(name = "restart")]
struct Options {
    /// Executable of the web server.
    #[arg(long)]
    executable: PathBuf,
    /// Addresses of the two servers.
    #[arg(long)]
    first: SocketAddr,
    #[arg(long)]
    second: SocketAddr,
    /// Folder for the logs of the servers.
    #[arg(long)]
    logs: PathBuf,
    /// Number of open pages: one per user, two users per conversation.
    #[arg(long, default_value_t = 5_000)]
    streams: usize,
    /// Messages per second, from random users.
    #[arg(long, default_value_t = 30)]
    rate: u64,
    /// Loaded pages per second, of random users.
    #[arg(long, default_value_t = 10)]
    page_rate: u64,
    /// Time in seconds before, between and after the restarts.
    #[arg(long, default_value_t = 15)]
    pause: u64,
    /// Longest time in milliseconds that 99 of 100 pages may take.
    #[arg(long, default_value_t = 1_000)]
    page_ms_max: u128,
}

/// Number of concurrent operations during setup.
const CONCURRENCY: usize = 32;

/// Time that all pages have to open their streams again after a restart.
const RETURN_TIMEOUT: Duration = Duration::from_secs(60);

/// Timeout for the delivery of the last messages.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    println!("Creating {} users and {} conversations", options.streams, options.streams / 2);
    let pairs = Arc::new(users::create_pairs(options.streams / 2).await?);
    let mut servers = [Server::start(&options, options.first).await?, Server::start(&options, options.second).await?];
    let http = Client::builder().pool_max_idle_per_host(64).build()?;
    let balancer = Arc::new(Balancer::watch(http.clone(), [options.first, options.second]));
    let (deliveries, stop) = (Arc::new(Deliveries::default()), CancellationToken::new());

    let pages = Pages::open(&http, &balancer, &pairs, &deliveries).await?;
    println!("{} streams are open at the first server", pages.open_count());
    let load = Load { http, balancer, pairs, deliveries: deliveries.clone(), stop: stop.clone() };
    let load = tokio::spawn(load.run(options.rate, options.page_rate));
    let pause = Duration::from_secs(options.pause);
    sleep(pause).await;
    for (number, server) in servers.iter_mut().enumerate() {
        let began = Instant::now();
        server.restart(&options).await?;
        println!("Server {} was away for {:.1} s, from SIGTERM to ready", number + 1, began.elapsed().as_secs_f64());
        pages.wait_until_open(RETURN_TIMEOUT).await?;
        sleep(pause).await;
    }
    stop.cancel();
    let outcome = load.await??;
    let missed = deliveries.wait_for(outcome.sent, DELIVERY_TIMEOUT).await;
    Ok(report(&outcome, &pages, &deliveries, missed, options.page_ms_max))
}

/// Prints the figures. Fails if a request has failed, a message has been missed, or pages were slow.
fn report(outcome: &Outcome, pages: &Pages, deliveries: &Deliveries, missed: u64, page_ms_max: u128) -> ExitCode {
    let failed = outcome.failed + pages.failed_count();
    println!("Pages loaded: {}; {}", outcome.pages.len(), outcome.page_times());
    println!("Streams opened again: {}; longest time without: {:.1?}", pages.reopened_count(), pages.longest_gap());
    print!("{deliveries}");
    println!("Requests failed: {failed}");
    println!("Sent: {}; missed: {missed}; delivered twice: {}", outcome.sent, deliveries.duplicates());
    let is_slow = outcome.page_percentile(99).as_millis() > page_ms_max;
    ExitCode::from(u8::from(failed > 0 || missed > 0 || is_slow))
}
