//! Before something is destroyed: whether that is meant.

use std::io::{self, BufRead, IsTerminal};

use crate::manner::Manner;
use crate::place::Place;

/// Nobody agreed, so nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("{0}: nothing was done")]
pub struct Refused(pub String);

/// Goes on only if `deed`, such as "drop the table messages", is meant: elsewhere than on this machine it needs `--prod`,
/// and everywhere `--yes`, or a person who types `name`.
pub fn demand(manner: &Manner, place: &Place, deed: &str, name: &str) -> Result<(), Refused> {
    if !place.is_local() && !manner.prod {
        return Err(Refused(format!(
            "this would {deed}, and {place} is not on this machine; say --prod if that is meant"
        )));
    }
    if manner.yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Refused(format!(
            "this would {deed}, and nobody is at a terminal to be asked; say --yes if that is meant"
        )));
    }
    eprint!("This will {deed}. Type {name} to go on: ");
    if typed(&mut input.lock()) == name { Ok(()) } else { Err(Refused(format!("that is not {name}"))) }
}

/// One line; nothing where there is none.
fn typed(input: &mut impl BufRead) -> String {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(_) => line.trim().to_owned(),
        Err(_) => String::new(),
    }
}
