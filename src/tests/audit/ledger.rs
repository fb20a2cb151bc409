//! Ledger of all sends and changes, and of their acknowledgements.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cruddur_messages::domain::error::Conflict;
use cruddur_messages::domain::{conversation, message};
use indicatif::HumanCount;

/// Send of one message. Kept small, since a run keeps a million of them.
#[derive(Debug, Clone, Copy)]
pub struct Send {
    pub id: message::Id,
    /// Number of the author.
    pub from: u16,
    /// Number of the recipient.
    pub to: u16,
    /// The message that it answers.
    pub reply_to: Option<message::Id>,
    /// Time of the first attempt, in microseconds since the start of the run.
    pub began: u64,
    pub outcome: Outcome,
}

/// Outcome of a send.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// A server has acknowledged the message.
    Acknowledged {
        /// Time of the acknowledgement, in microseconds since the start of the run.
        at: u64,
        conversation: conversation::Id,
        /// Sequence number, if the response contains it.
        seq: Option<u32>,
    },
    /// The message may be stored or not, but not twice.
    Unknown,
}

/// Change of a message: one call with all its retries.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub message: message::Id,
    /// Number of the user who changes it.
    pub by: u16,
    pub kind: ChangeKind,
    /// Time of the first attempt, in microseconds since the start of the run.
    pub began: u64,
    /// Number of attempts without a response. Each may be carried out later, or never.
    pub strays: u32,
    /// Time at which the last of them was given up.
    pub stray_at: u64,
    pub outcome: ChangeOutcome,
    /// True if the table still held a text of the message right after its deletion had been acknowledged.
    pub had_traces: bool,
}

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Edit {
        /// Number of edits that the author has seen.
        edits: u32,
        /// Number of the new text. No two edits have the same.
        text: u32,
    },
    Delete,
    React {
        /// Position in [`EMOJI`].
        emoji: u8,
        on: bool,
    },
}

/// Emoji with which the users react.
pub const EMOJI: [&str; 4] = ["👍", "🎈", "❤\u{fe0f}", "👩\u{200d}🚀"];

/// Outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// A server has acknowledged the change.
    Acknowledged {
        /// Revision of the message's last change in the response.
        rev: u64,
    },
    /// A server has refused the change, which has no effect.
    Refused(Conflict),
    /// The change may be stored or not.
    Unknown,
}

/// Sends, changes, reads and attempts of a run. Shared by all users.
pub struct Ledger {
    began: Instant,
    sends: Mutex<Vec<Send>>,
    changes: Mutex<Vec<Change>>,
    reads: Mutex<HashMap<(u16, conversation::Id), u64>>,
    attempts: Mutex<BTreeMap<String, u64>>,
    acknowledged: AtomicU64,
    acknowledged_changes: AtomicU64,
    unknown: AtomicU64,
    refused: AtomicU64,
    rejected: AtomicU64,
}

const NOT_POISONED: &str = "no thread panics while it holds a lock of the ledger";

impl Ledger {
    /// Creates an empty ledger. The run starts now.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            sends: Mutex::default(),
            changes: Mutex::default(),
            reads: Mutex::default(),
            attempts: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            acknowledged_changes: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    /// Returns the microseconds since the start of the run.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_micros().try_into().unwrap_or(u64::MAX)
    }

    /// Records a finished send.
    pub fn record(&self, send: Send) {
        let counter = match send.outcome {
            Outcome::Acknowledged { .. } => &self.acknowledged,
            Outcome::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.sends.lock().expect(NOT_POISONED).push(send);
    }

    /// Records a finished change.
    pub fn record_change(&self, change: Change) {
        let counter = match change.outcome {
            ChangeOutcome::Acknowledged { .. } => &self.acknowledged_changes,
            ChangeOutcome::Refused(_) => &self.refused,
            ChangeOutcome::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.changes.lock().expect(NOT_POISONED).push(change);
    }

    /// Records a read position that a server has acknowledged.
    pub fn record_read(&self, reader: u16, conversation: conversation::Id, seq: u64) {
        let mut reads = self.reads.lock().expect(NOT_POISONED);
        let read = reads.entry((reader, conversation)).or_default();
        *read = seq.max(*read);
    }

    /// Counts an attempt by its label: the status of the response, or the reason why there was none.
    pub fn record_attempt(&self, label: String) {
        *self.attempts.lock().expect(NOT_POISONED).entry(label).or_default() += 1;
    }

    /// Counts a valid operation that a server rejected.
    pub fn record_rejection(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of sends and changes acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed) + self.acknowledged_changes.load(Ordering::Relaxed)
    }

    /// Returns the number of valid operations that a server rejected.
    pub fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    /// Takes all sends out of the ledger.
    pub fn sends(&self) -> Vec<Send> {
        std::mem::take(&mut self.sends.lock().expect(NOT_POISONED))
    }

    /// Takes all changes out of the ledger.
    pub fn changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.changes.lock().expect(NOT_POISONED))
    }

    /// Takes the acknowledged read positions out of the ledger, by user and conversation.
    pub fn reads(&self) -> HashMap<(u16, conversation::Id), u64> {
        std::mem::take(&mut self.reads.lock().expect(NOT_POISONED))
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (took, acknowledged) = (self.began.elapsed().as_secs().max(1), self.acknowledged());
        let rate = acknowledged / took;
        let count = |counter: &AtomicU64| HumanCount(counter.load(Ordering::Relaxed));
        write!(f, "{} operations acknowledged in {took} s, {rate} a second: ", HumanCount(acknowledged))?;
        writeln!(f, "{} sends, {} changes", count(&self.acknowledged), count(&self.acknowledged_changes))?;
        writeln!(f, "{} with unknown outcome, {} changes refused", count(&self.unknown), count(&self.refused))?;
        write!(f, "attempts:")?;
        for (label, count) in &*self.attempts.lock().expect(NOT_POISONED) {
            write!(f, " {} × {label},", HumanCount(*count))?;
        }
        writeln!(f)
    }
}
