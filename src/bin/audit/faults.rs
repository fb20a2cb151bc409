//! What goes wrong between two programs, by dice.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It arrives later, but before anybody gives up.
    Delay(Duration),
    /// It arrives after the caller has given up, and perhaps tried again.
    Late(Duration),
    /// The connection is reset before it arrives.
    CutBefore,
    /// The connection is reset after it was answered, before the answer arrives: reset after commit.
    CutAfter,
    /// Nobody ever answers, and nobody says so.
    HalfOpen,
    /// It arrives twice: at once, or one after the other. Either answer may be the one that is heard.
    Duplicate {
        /// At once.
        at_once: bool,
        /// The second answer is heard.
        second_answer: bool,
    },
}

/// How many requests of 1,000 meet which fault.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    delay: u32,
    late: u32,
    cut_before: u32,
    cut_after: u32,
    half_open: u32,
    duplicate: u32,
}

/// Between people and web servers.
pub const CLIENTS: Rates = Rates { delay: 40, late: 0, cut_before: 8, cut_after: 15, half_open: 2, duplicate: 15 };

/// Between web servers and DynamoDB. A send is some eight requests there.
pub const DYNAMODB: Rates = Rates { delay: 10, late: 1, cut_before: 2, cut_after: 5, half_open: 1, duplicate: 5 };

/// Between web servers and PostgreSQL: a fault meets a piece of the stream of bytes, which is not ours to repeat.
pub const POSTGRES: Rates = Rates { delay: 4, late: 0, cut_before: 1, cut_after: 0, half_open: 0, duplicate: 0 };

const NAMES: [&str; 6] = ["delayed", "too late", "cut before", "cut after", "half-open", "doubled"];

/// The dice of one connection between two programs, and what they have said.
pub struct Faults {
    between: &'static str,
    rates: Rates,
    dice: Mutex<fastrand::Rng>,
    calm: AtomicBool,
    requests: AtomicU64,
    counts: [AtomicU64; NAMES.len()],
}

impl Faults {
    /// Calm at first.
    pub fn new(between: &'static str, rates: Rates, seed: u64) -> Self {
        let dice = Mutex::new(fastrand::Rng::with_seed(seed));
        let counts = Default::default();
        Self { between, rates, dice, calm: AtomicBool::new(true), requests: AtomicU64::new(0), counts }
    }

    /// Whether nothing goes wrong from now on.
    pub fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::Relaxed);
    }

    /// Throws the dice for one request.
    pub fn draw(&self) -> Fault {
        if self.calm.load(Ordering::Relaxed) {
            return Fault::None;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut dice = self.dice.lock().expect("nobody panics while throwing dice");
        let Rates { delay, late, cut_before, cut_after, half_open, duplicate } = self.rates;
        let mut left = dice.u32(0..1000);
        for (kind, rate) in [delay, late, cut_before, cut_after, half_open, duplicate].into_iter().enumerate() {
            if left < rate {
                self.counts[kind].fetch_add(1, Ordering::Relaxed);
                return match kind {
                    0 => Fault::Delay(Duration::from_millis(dice.u64(5..400))),
                    1 => Fault::Late(Duration::from_millis(dice.u64(1050..2500))),
                    2 => Fault::CutBefore,
                    3 => Fault::CutAfter,
                    4 => Fault::HalfOpen,
                    _ => Fault::Duplicate { at_once: dice.bool(), second_answer: dice.bool() },
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
        write!(f, "{}: {} requests", self.between, crate::group(requests))?;
        for (name, count) in NAMES.iter().zip(&self.counts) {
            match count.load(Ordering::Relaxed) {
                0 => {}
                count => write!(f, ", {} {name}", crate::group(count))?,
            }
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calm_dice_harm_nobody_and_others_do_what_they_may() {
        let faults = Faults::new("here and there", CLIENTS, 1);
        assert!((0..1000).all(|_| faults.draw() == Fault::None));
        faults.set_calm(false);
        let drawn: Vec<_> = (0..10_000).map(|_| faults.draw()).collect();
        for wanted in [Fault::None, Fault::CutBefore, Fault::CutAfter, Fault::HalfOpen] {
            assert!(drawn.contains(&wanted), "{wanted:?}");
        }
        assert!(!drawn.iter().any(|fault| matches!(fault, Fault::Late(_))), "a rate of 0 is never");
        assert!(faults.to_string().starts_with("here and there: 10,000 requests, "), "{faults}");
    }
}
