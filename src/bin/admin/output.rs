//! Lines on standard output.

use std::fmt::Display;
use std::io::{self, Write};

use cruddur_messages::domain::text::is_direction_control;

/// Prints a line on standard output, unless it is empty. Unlike `println!`, returns an error instead of panicking when
/// the reader has closed the pipe (`| head`).
pub fn print_line(text: impl Display) -> anyhow::Result<()> {
    let text = text.to_string();
    let text = text.trim_end_matches('\n');
    if !text.is_empty() {
        writeln!(io::stdout(), "{text}")?;
    }
    Ok(())
}

/// Replaces control characters of a user's text with spaces: they could break the line, turn its direction, or control
/// the terminal.
pub fn one_line(text: &str) -> String {
    let is_harmful = |character: char| character.is_control() || is_direction_control(character);
    text.chars().map(|character| if is_harmful(character) { ' ' } else { character }).collect()
}

/// Formats a count with its noun: `1 session`, `2 sessions`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn the_text_of_a_user_cannot_control_the_terminal() {
        assert_eq!(one_line("a\n\u{1b}[2Jb\u{9b}c"), "a  [2Jb c");
        assert_eq!(one_line("a\u{202e}b\u{2066}c\u{200f}"), "a b c ");
    }
}
