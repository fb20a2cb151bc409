//! Verdict of a run: the counts of all faults found.

use std::fmt;

use indicatif::HumanCount;

use super::ledger::{Outcome, Send};

/// Counts of the faults found by one reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    /// Acknowledged messages that are missing.
    pub lost: u64,
    /// Messages stored twice, and second conversations of two users.
    pub doubled: u64,
    /// Messages out of the order of sending, or with another sequence number than the acknowledged one.
    pub reordered: u64,
    /// Sequence numbers without a message.
    pub gaps: u64,
    /// Messages in another conversation, by another author, or readable by a stranger.
    pub wrong_user: u64,
    /// Messages with another text than the sent one, or that were never sent.
    pub altered: u64,
    /// Inbox rows that are missing, duplicate, or not at the newest message.
    pub inbox: u64,
    /// Wrong unread counts.
    pub unread: u64,
}

impl Column {
    /// Returns every count with its label.
    pub fn counts(&self) -> [(&'static str, u64); 8] {
        [
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("reordered", self.reordered),
            ("gaps in seq", self.gaps),
            ("wrong user", self.wrong_user),
            ("altered", self.altered),
            ("inbox rows", self.inbox),
            ("unread", self.unread),
        ]
    }
}

/// Result of a run.
pub struct Verdict {
    acknowledged: u64,
    rejected: u64,
    columns: Vec<ReaderColumn>,
}

/// Column of one reader.
struct ReaderColumn {
    reader: &'static str,
    column: Column,
    /// Labels of the counts that the reader cannot check.
    unchecked: &'static [&'static str],
}

impl Verdict {
    /// Creates a verdict without columns.
    pub fn new(sends: &[Send], rejected: u64) -> Self {
        let is_acknowledged = |send: &&Send| matches!(send.outcome, Outcome::Acknowledged { .. });
        let acknowledged = sends.iter().filter(is_acknowledged).count() as u64;
        Self { acknowledged, rejected, columns: Vec::new() }
    }

    /// Adds the column of a reader, and the labels of the counts that it cannot check.
    pub fn add(&mut self, reader: &'static str, column: Column, unchecked: &'static [&'static str]) {
        self.columns.push(ReaderColumn { reader, column, unchecked });
    }

    /// Returns `true` if sends were acknowledged and every other count is 0.
    pub fn is_clean(&self) -> bool {
        let clean = self.columns.iter().all(|it| it.column == Column::default());
        self.acknowledged > 0 && self.rejected == 0 && clean && !self.columns.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}{:>12}", "sends acknowledged", HumanCount(self.acknowledged).to_string())?;
        writeln!(f, "{:<20}{:>12}", "wrongly rejected", HumanCount(self.rejected).to_string())?;
        write!(f, "{:<20}", "")?;
        for column in &self.columns {
            write!(f, "{:>12}", column.reader)?;
        }
        writeln!(f)?;
        for (row, (label, _)) in Column::default().counts().into_iter().enumerate() {
            write!(f, "{label:<20}")?;
            for ReaderColumn { column, unchecked, .. } in &self.columns {
                let count = if unchecked.contains(&label) {
                    "-".to_owned()
                } else {
                    HumanCount(column.counts()[row].1).to_string()
                };
                write!(f, "{count:>12}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
