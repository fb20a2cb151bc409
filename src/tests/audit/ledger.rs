//! Ledger of all sends and their acknowledgements.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cruddur_messages::domain::{conversation, message};
use indicatif::HumanCount;

/// Send of one message. Kept small, since a run keeps a million of them.
#[derive(Debug, Clone, Copy)]
pub struct Send {
    /// Id of the message, which also determines its text ([`text_of`]).
    pub id: message::Id,
    /// Number of the author.
    pub from: u16,
    /// Number of the recipient.
    pub to: u16,
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

/// Sends, reads and attempts of a run. Shared by all users.
pub struct Ledger {
    began: Instant,
    sends: Mutex<Vec<Send>>,
    reads: Mutex<HashMap<(u16, conversation::Id), u64>>,
    attempts: Mutex<BTreeMap<String, u64>>,
    acknowledged: AtomicU64,
    unknown: AtomicU64,
    rejected: AtomicU64,
}

const NOT_POISONED: &str = "no thread panics while it holds a lock of the ledger";

impl Ledger {
    /// Creates an empty ledger. The run starts now.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            sends: Mutex::default(),
            reads: Mutex::default(),
            attempts: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
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

    /// Counts a valid send that a server rejected.
    pub fn record_rejection(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of sends acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Returns the number of valid sends that a server rejected.
    pub fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    /// Takes all sends out of the ledger.
    pub fn sends(&self) -> Vec<Send> {
        std::mem::take(&mut self.sends.lock().expect(NOT_POISONED))
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
        write!(f, "{} sends acknowledged in {took} s, {rate} a second; ", HumanCount(acknowledged))?;
        writeln!(f, "{} with unknown outcome", self.unknown.load(Ordering::Relaxed))?;
        write!(f, "attempts:")?;
        for (label, count) in &*self.attempts.lock().expect(NOT_POISONED) {
            write!(f, " {} × {label},", HumanCount(*count))?;
        }
        writeln!(f)
    }
}

/// Returns the text of a message. It is derived from the id, so that texts need not be kept. It has one line or
/// several, in several scripts, up to about 500 characters.
pub fn text_of(id: message::Id) -> String {
    const WORDS: [&str; 16] = [
        "and",
        "water",
        "Łódź",
        "سلام",
        "お茶",
        "\n",
        "радио",
        "🎈",
        "plum cake",
        "&lt;b&gt;",
        "été",
        "+",
        "100 %",
        "\t",
        "<script>",
        "ok",
    ];
    let bytes = id.0.as_bytes();
    // The last byte is random, and determines the number of words.
    let count = usize::from(bytes[15]) % 64;
    let nibbles = bytes[8..15].iter().flat_map(|byte| [byte >> 4, byte & 15]).cycle();
    let words: Vec<&str> = nibbles.take(count).map(|nibble| WORDS[usize::from(nibble)]).collect();
    format!("{} {} {}.", &id.to_string()[24..], words.join(" "), count)
}
