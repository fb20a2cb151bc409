//! Random faults on the connections between two programs.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::HumanCount;

/// Fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The request arrives late, but before the caller's timeout.
    Delay(Duration),
    /// The request arrives after the caller's timeout, and possibly after a retry.
    Late(Duration),
    /// The connection is reset before the request arrives.
    CutBefore,
    /// The connection is reset after the request was processed, before the response arrives.
    CutAfter,
    /// The connection stays open, but no response arrives.
    HalfOpen,
    /// The request arrives twice, concurrently or one after the other.
    Duplicate {
        concurrent: bool,
        /// The caller gets the response to the second request instead of the first.
        second_response: bool,
    },
}

/// Number of requests per 1,000 with each fault.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    pub delay: u32,
    pub late: u32,
    pub cut_before: u32,
    pub cut_after: u32,
    pub half_open: u32,
    pub duplicate: u32,
}

/// Rates between users and web servers.
pub const CLIENTS: Rates = Rates { delay: 40, late: 0, cut_before: 8, cut_after: 15, half_open: 2, duplicate: 15 };

/// Rates between web servers and DynamoDB. A send makes about eight requests.
pub const DYNAMODB: Rates = Rates { delay: 10, late: 1, cut_before: 2, cut_after: 5, half_open: 1, duplicate: 5 };

/// Rates between web servers and PostgreSQL. A fault affects a chunk of the byte stream, which cannot be duplicated.
pub const POSTGRES: Rates = Rates { delay: 4, late: 0, cut_before: 1, cut_after: 0, half_open: 0, duplicate: 0 };

const LABELS: [&str; 6] = ["delayed", "late", "reset before", "reset after", "half-open", "duplicated"];

/// Generator of faults between two programs, and the counts of the generated faults.
pub struct Faults {
    between: &'static str,
    rates: Rates,
    rng: Mutex<fastrand::Rng>,
    enabled: AtomicBool,
    requests: AtomicU64,
    counts: [AtomicU64; LABELS.len()],
}

impl Faults {
    /// Creates a generator, which is disabled at first.
    pub fn new(between: &'static str, rates: Rates, seed: u64) -> Self {
        let rng = Mutex::new(fastrand::Rng::with_seed(seed));
        let counts = Default::default();
        Self { between, rates, rng, enabled: AtomicBool::new(false), requests: AtomicU64::new(0), counts }
    }

    /// Enables or disables the faults.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Chooses the fault of one request at random.
    pub fn draw(&self) -> Fault {
        if !self.enabled.load(Ordering::Relaxed) {
            return Fault::None;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut rng = self.rng.lock().expect("no thread panics while it holds the lock");
        let Rates { delay, late, cut_before, cut_after, half_open, duplicate } = self.rates;
        let mut left = rng.u32(0..1000);
        for (kind, rate) in [delay, late, cut_before, cut_after, half_open, duplicate].into_iter().enumerate() {
            if left < rate {
                self.counts[kind].fetch_add(1, Ordering::Relaxed);
                return match kind {
                    0 => Fault::Delay(Duration::from_millis(rng.u64(5..400))),
                    1 => Fault::Late(Duration::from_millis(rng.u64(1050..2500))),
                    2 => Fault::CutBefore,
                    3 => Fault::CutAfter,
                    4 => Fault::HalfOpen,
                    _ => Fault::Duplicate { concurrent: rng.bool(), second_response: rng.bool() },
                };
            }
            left -= rate;
        }
        Fault::None
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.requests.load(Ordering::Relaxed);
        write!(f, "{}: {} requests", self.between, HumanCount(requests))?;
        for (label, count) in LABELS.iter().zip(&self.counts) {
            match count.load(Ordering::Relaxed) {
                0 => {}
                count => write!(f, ", {} {label}", HumanCount(count))?,
            }
        }
        writeln!(f)
    }
}
