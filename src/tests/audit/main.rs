//! Load and fault test of two web servers.
//!
//! Users send, edit, delete and answer messages and react to them, through two web servers that are killed and
//! restarted, over connections that are slow, are reset, hang, or deliver requests twice. Everything acknowledged is
//! recorded, then compared with the contents of the table and with the answers of both servers and their JSON API.
//! `bin/audit` starts the services. The exit status is 1 if a count that must be 0 is not.
#![expect(unreachable_pub, reason = "`pub` is the interface of a module; an executable has no other")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints for the user at the terminal")]

#[path = "mod.rs"]
mod audit;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::audit::options::Options;
use crate::audit::run::run;

/// Variable that `bin/audit` sets.
const STARTED_BY_SCRIPT: &str = "STARTED_BY_BIN_AUDIT";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    // `cargo test --test '*'` starts every target, with the options of test runs.
    if std::env::var_os(STARTED_BY_SCRIPT).is_none() {
        eprintln!("Nothing was tested: bin/audit starts the audit, and the services that it needs.");
        return Ok(ExitCode::SUCCESS);
    }
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
