//! Verdict of a run: the counts of all faults found.

use std::fmt;

use indicatif::HumanCount;

use super::ledger::{Change, ChangeOutcome, Outcome, Send};

/// Counts of the faults found by one reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    /// Acknowledged messages that are missing.
    pub lost: u64,
    /// Messages, reactions and changes stored twice, and second conversations of two users.
    pub doubled: u64,
    /// Messages out of the order of sending, or with another sequence number than the acknowledged one.
    pub reordered: u64,
    /// Sequence numbers without a message.
    pub gaps: u64,
    /// Messages in another conversation, by another author, or readable by a stranger.
    pub wrong_user: u64,
    /// Messages with a text that was never sent or was refused, or that were never sent.
    pub altered: u64,
    /// Acknowledged edits, deletions and reactions that are not shown, and changes that were never asked for.
    pub changes: u64,
    /// Texts and reactions of deleted messages that are still there.
    pub resurrected: u64,
    /// Histories that lack a text or are out of order.
    pub histories: u64,
    /// Quotes of another message than the answered one, or with another text than its current one.
    pub quotes: u64,
    /// Revisions that are missing or name another message, and answers to pages that catch up by them.
    pub revisions: u64,
    /// Inbox rows that are missing, duplicate, or not at the newest message.
    pub inbox: u64,
    /// Wrong unread counts.
    pub unread: u64,
}

impl Column {
    /// Returns every count with its label.
    pub fn counts(&self) -> [(&'static str, u64); 13] {
        [
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("reordered", self.reordered),
            ("gaps in seq", self.gaps),
            ("wrong user", self.wrong_user),
            ("altered", self.altered),
            ("changes", self.changes),
            ("resurrected", self.resurrected),
            ("histories", self.histories),
            ("quotes", self.quotes),
            ("revisions", self.revisions),
            ("inbox rows", self.inbox),
            ("unread", self.unread),
        ]
    }
}

/// Result of a run.
pub struct Verdict {
    sends: u64,
    changes: u64,
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
    /// Creates a verdict without columns. `rejected` is the number of valid operations that a server rejected.
    pub fn new(sends: &[Send], changes: &[Change], rejected: u64) -> Self {
        let is_sent = |send: &&Send| matches!(send.outcome, Outcome::Acknowledged { .. });
        let is_changed = |change: &&Change| matches!(change.outcome, ChangeOutcome::Acknowledged { .. });
        let (sends, changes) = (sends.iter().filter(is_sent).count(), changes.iter().filter(is_changed).count());
        Self { sends: sends as u64, changes: changes as u64, rejected, columns: Vec::new() }
    }

    /// Adds the column of a reader, and the labels of the counts that it cannot check.
    pub fn add(&mut self, reader: &'static str, column: Column, unchecked: &'static [&'static str]) {
        self.columns.push(ReaderColumn { reader, column, unchecked });
    }

    /// Returns `true` if sends and changes were acknowledged and every other count is 0.
    pub fn is_clean(&self) -> bool {
        let clean = self.columns.iter().all(|it| it.column == Column::default());
        self.sends > 0 && self.changes > 0 && self.rejected == 0 && clean && !self.columns.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}{:>12}", "sends acknowledged", HumanCount(self.sends).to_string())?;
        writeln!(f, "{:<20}{:>12}", "changes acknowledged", HumanCount(self.changes).to_string())?;
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
