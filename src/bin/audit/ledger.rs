//! What the servers have acknowledged.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cruddur_messages::domain::{conversation, message};

use crate::group;

/// One message that somebody wanted to send. Small: a run keeps a million of them.
#[derive(Debug, Clone, Copy)]
pub struct Send {
    /// Which message. Its text follows from it.
    pub id: message::Id,
    /// Whose, by their number.
    pub from: u16,
    /// For whom.
    pub to: u16,
    /// When the first try began, in microseconds of the run.
    pub began: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a send.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// A server said yes.
    Acknowledged {
        /// When, in microseconds of the run.
        at: u64,
        /// Where to.
        conversation: conversation::Id,
        /// At which place, where the answer says.
        seq: Option<u32>,
    },
    /// Nobody knows: it may be stored, but not twice.
    Unknown,
}

/// All that is known of the run. Shared by everybody.
pub struct Ledger {
    began: Instant,
    sends: Mutex<Vec<Send>>,
    reads: Mutex<HashMap<(u16, conversation::Id), u64>>,
    tries: Mutex<BTreeMap<String, u64>>,
    acknowledged: AtomicU64,
    unknown: AtomicU64,
    refused: AtomicU64,
}

const WHOLE: &str = "nobody panics while holding the ledger";

impl Ledger {
    /// An empty one, from now on.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            sends: Mutex::default(),
            reads: Mutex::default(),
            tries: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Microseconds since the run began.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_micros().try_into().unwrap_or(u64::MAX)
    }

    /// Writes a send down, once it is over.
    pub fn enter(&self, send: Send) {
        let counter = match send.outcome {
            Outcome::Acknowledged { .. } => &self.acknowledged,
            Outcome::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.sends.lock().expect(WHOLE).push(send);
    }

    /// A server has taken note that somebody has read so far.
    pub fn enter_read(&self, reader: u16, conversation: conversation::Id, seq: u64) {
        let mut reads = self.reads.lock().expect(WHOLE);
        let read = reads.entry((reader, conversation)).or_default();
        *read = seq.max(*read);
    }

    /// What one try came to: a status, or why there was none.
    pub fn enter_try(&self, answer: String) {
        *self.tries.lock().expect(WHOLE).entry(answer).or_default() += 1;
    }

    /// A send was refused that nothing was wrong with.
    pub fn enter_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many sends were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// How many sends were refused that nothing was wrong with.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// All sends. Leaves none.
    pub fn sends(&self) -> Vec<Send> {
        std::mem::take(&mut self.sends.lock().expect(WHOLE))
    }

    /// How far people have read, as acknowledged. Leaves none.
    pub fn reads(&self) -> HashMap<(u16, conversation::Id), u64> {
        std::mem::take(&mut self.reads.lock().expect(WHOLE))
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (took, acknowledged) = (self.began.elapsed().as_secs().max(1), self.acknowledged());
        let rate = acknowledged / took;
        write!(f, "{} sends acknowledged in {took} s, {rate} a second; ", group(acknowledged))?;
        writeln!(f, "{} left without an answer", self.unknown.load(Ordering::Relaxed))?;
        write!(f, "answers:")?;
        for (answer, count) in &*self.tries.lock().expect(WHOLE) {
            write!(f, " {} × {answer},", group(*count))?;
        }
        writeln!(f)
    }
}

/// What a message says: follows from its id, so that nobody has to keep it. One line or several, in several scripts, up to
/// about 500 characters.
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
    // The last byte is random, and says how many words.
    let count = usize::from(bytes[15]) % 64;
    let nibbles = bytes[8..15].iter().flat_map(|byte| [byte >> 4, byte & 15]).cycle();
    let words: Vec<&str> = nibbles.take(count).map(|nibble| WORDS[usize::from(nibble)]).collect();
    format!("{} {} {}.", &id.to_string()[24..], words.join(" "), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cruddur_messages::domain::message::Body;
    use uuid::Uuid;

    #[test]
    fn every_text_can_be_sent_as_it_is() {
        for _ in 0..1000 {
            let text = text_of(message::Id(Uuid::now_v7()));
            assert_eq!(Body::parse(&text).expect("a text").as_str(), text);
        }
    }
}
