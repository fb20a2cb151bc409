//! How a command speaks with whoever called it: a person at a terminal, or a program.

use std::fmt::Display;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

/// What can be said with every command.
#[derive(Args)]
pub struct Manner {
    /// Answers in JSON: one document (`ddb scan`: one a row) on standard output. Everything else goes to standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// Destroys without asking.
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Also destroys what is not on this machine.
    #[arg(long, global = true)]
    pub prod: bool,
}

impl Manner {
    /// What the command was called for: `value` for a program, `text` for a person.
    pub fn answer(&self, value: impl Serialize, text: impl Display) -> anyhow::Result<()> {
        if self.json { line(serde_json::to_string(&value)?) } else { line(text) }
    }
}

/// A line on standard output, if it has anything in it. Unlike `println!`, this fails where nobody reads on (`| head`).
pub fn line(text: impl Display) -> anyhow::Result<()> {
    let text = text.to_string();
    let text = text.trim_end_matches('\n');
    if !text.is_empty() {
        writeln!(io::stdout(), "{text}")?;
    }
    Ok(())
}

/// Somebody's text without what would break the line or steer the terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// So many of something.
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_text_of_somebodys_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\n\u{1b}[2Jb\u{9b}c"), "a  [2Jb c");
    }
}
