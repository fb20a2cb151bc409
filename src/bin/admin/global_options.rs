//! Options that every command accepts.

use std::fmt::Display;

use clap::Args;
use serde::Serialize;

use crate::output;

/// Options that every command accepts.
#[derive(Args)]
pub struct GlobalOptions {
    /// Prints JSON on standard output: one document (`ddb scan`: one per row). Everything else goes to standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// Skips the confirmation of destructive commands.
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Allows destructive commands on targets that are not on this machine.
    #[arg(long, global = true)]
    pub prod: bool,
}

impl GlobalOptions {
    /// Prints the result of a command: `value` with `--json`, else `text`.
    pub fn print(&self, value: impl Serialize, text: impl Display) -> anyhow::Result<()> {
        if self.json { output::print_line(serde_json::to_string(&value)?) } else { output::print_line(text) }
    }
}
