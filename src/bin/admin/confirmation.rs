//! Confirmation before a command destroys something.

use std::io::{self, BufRead, IsTerminal};

use crate::global_options::GlobalOptions;
use crate::target::Target;

/// Error of a destructive command that was not confirmed. Nothing has been changed.
#[derive(Debug, thiserror::Error)]
#[error("{0} (nothing was changed)")]
pub struct NotConfirmed(pub String);

/// Succeeds only if `action`, such as "drop the table messages", is confirmed: with `--yes`, or by a user who types
/// `name` at the terminal. A target that is not on this machine needs `--prod` as well.
pub fn require(global: &GlobalOptions, target: &Target, action: &str, name: &str) -> Result<(), NotConfirmed> {
    if !target.is_local() && !global.prod {
        return Err(NotConfirmed(format!(
            "refusing to {action}: {target} is not on this machine; pass --prod to allow it"
        )));
    }
    if global.yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(NotConfirmed(format!(
            "refusing to {action}: there is no terminal to ask for confirmation; pass --yes to skip it"
        )));
    }
    eprint!("This will {action}. Type {name} to confirm: ");
    if typed(&mut input.lock()) == name { Ok(()) } else { Err(NotConfirmed(format!("the answer is not {name}"))) }
}

/// Reads one line; empty on end of input or error.
fn typed(input: &mut impl BufRead) -> String {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(_) => line.trim().to_owned(),
        Err(_) => String::new(),
    }
}
