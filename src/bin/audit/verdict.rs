//! The numbers at the end.

use std::fmt;

use crate::group;
use crate::ledger::{Outcome, Send};

/// What is wrong with what one reader shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    /// Acknowledged, and not there.
    pub lost: u64,
    /// There twice; or a second conversation of two people.
    pub doubled: u64,
    /// Not in the order in which they were sent, or not at the place that was acknowledged.
    pub reordered: u64,
    /// Places that nothing stands at.
    pub gaps: u64,
    /// In another conversation than theirs, by another author, or open to a stranger.
    pub wrong_person: u64,
    /// With another text than was sent, or never sent.
    pub altered: u64,
    /// Missing, doubled, or not at the newest message.
    pub inbox: u64,
    /// Wrong counts of what is unread.
    pub unread: u64,
}

impl Column {
    /// Every number with its name.
    pub fn numbers(&self) -> [(&'static str, u64); 8] {
        [
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("reordered", self.reordered),
            ("gaps in seq", self.gaps),
            ("wrong person", self.wrong_person),
            ("altered", self.altered),
            ("inbox rows", self.inbox),
            ("unread", self.unread),
        ]
    }
}

/// What became of the run.
pub struct Verdict {
    acknowledged: u64,
    refused: u64,
    columns: Vec<Shown>,
}

/// What is wrong with what a reader shows, as far as it shows it.
struct Shown {
    reader: &'static str,
    column: Column,
    /// The numbers of which it shows nothing.
    blind_to: &'static [&'static str],
}

impl Verdict {
    /// Before anybody has read anything back.
    pub fn new(sends: &[Send], refused: u64) -> Self {
        let is_acknowledged = |send: &&Send| matches!(send.outcome, Outcome::Acknowledged { .. });
        let acknowledged = sends.iter().filter(is_acknowledged).count() as u64;
        Self { acknowledged, refused, columns: Vec::new() }
    }

    /// What one reader shows, but for the numbers of which it shows nothing.
    pub fn add(&mut self, reader: &'static str, column: Column, blind_to: &'static [&'static str]) {
        self.columns.push(Shown { reader, column, blind_to });
    }

    /// Whether something was acknowledged and every other number is 0.
    pub fn is_clean(&self) -> bool {
        let clean = self.columns.iter().all(|shown| shown.column == Column::default());
        self.acknowledged > 0 && self.refused == 0 && clean && !self.columns.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}{:>12}", "sends acknowledged", group(self.acknowledged))?;
        writeln!(f, "{:<20}{:>12}", "wrongly refused", group(self.refused))?;
        write!(f, "{:<20}", "")?;
        for shown in &self.columns {
            write!(f, "{:>12}", shown.reader)?;
        }
        writeln!(f)?;
        for (row, (name, _)) in Column::default().numbers().into_iter().enumerate() {
            write!(f, "{name:<20}")?;
            for Shown { column, blind_to, .. } in &self.columns {
                let number = if blind_to.contains(&name) { "-".to_owned() } else { group(column.numbers()[row].1) };
                write!(f, "{number:>12}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_clean_when_every_number_but_the_first_is_0() {
        let verdict = |acknowledged, refused, column| {
            let columns = vec![Shown { reader: "table", column, blind_to: &[] }];
            Verdict { acknowledged, refused, columns }
        };
        assert!(verdict(1, 0, Column::default()).is_clean());
        assert!(!verdict(0, 0, Column::default()).is_clean(), "nothing sent is nothing proved");
        assert!(!verdict(1, 1, Column::default()).is_clean());
        assert!(!verdict(1, 0, Column { unread: 1, ..Column::default() }).is_clean());
        assert!(
            !Verdict { acknowledged: 1, refused: 0, columns: Vec::new() }.is_clean(),
            "nothing read is nothing proved"
        );
    }
}
