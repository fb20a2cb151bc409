//! Attempts of one operation, until a server answers it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use super::users::Scenario;

/// Deadline of an operation, from the first attempt. Afterwards its outcome is unknown.
const DEADLINE: Duration = Duration::from_secs(60);

/// Percentage of operations that are not retried after an attempt without a response, as if the user had closed the
/// page. They may be carried out nevertheless. If the server died before it had moved inbox rows, only the stream's
/// reader moves them.
const ABANDON_PERCENT: u32 = 40;

/// Outcome of one attempt.
#[derive(Debug)]
pub enum Attempt<T> {
    Answered(T),
    /// Nothing was done, and the attempt can be repeated after this delay.
    Denied(Duration),
    /// No useful response. The attempt may be carried out, now or later, or not at all.
    Lost,
    /// Rejected for this reason. All operations are valid, so this is a defect.
    Rejected(String),
}

/// Outcome of all attempts of one operation.
#[derive(Debug)]
pub struct Tried<T> {
    /// The response; `None` if the outcome is unknown.
    pub answer: Option<T>,
    /// Number of attempts without a response.
    pub strays: u32,
    /// Time at which the last of them was given up, in microseconds since the start of the run.
    pub stray_at: u64,
    /// True if the last attempt went to the second server.
    pub second_server: bool,
}

impl<T> Tried<T> {
    /// Adds the outcome of a further attempt, whose answer does not matter. Returns the answer.
    pub fn repeat<U>(&mut self, scenario: &Scenario, attempt: Attempt<U>) -> Option<U> {
        match attempt {
            Attempt::Answered(answer) => return Some(answer),
            Attempt::Denied(_) => {}
            Attempt::Lost => {
                self.strays += 1;
                self.stray_at = scenario.ledger.now();
            }
            Attempt::Rejected(reason) => scenario.record_rejection(&reason),
        }
        None
    }
}

/// Repeats an attempt until it is answered or rejected, the user gives up, or the deadline has passed.
pub async fn retry<T, F: Future<Output = Attempt<T>>>(
    scenario: &Scenario,
    rng: &mut fastrand::Rng,
    attempt: impl Fn(SocketAddr) -> F,
) -> Tried<T> {
    let deadline = scenario.ledger.now() + DEADLINE.as_micros() as u64;
    let abandons = rng.u32(0..100) < ABANDON_PERCENT;
    let mut tried = Tried { answer: None, strays: 0, stray_at: 0, second_server: rng.bool() };
    while scenario.ledger.now() < deadline {
        let outcome = attempt(scenario.proxy(tried.second_server)).await;
        let (is_rejected, denied) = match &outcome {
            Attempt::Denied(delay) => (false, Some(*delay)),
            outcome => (matches!(outcome, Attempt::Rejected(_)), None),
        };
        tried.answer = tried.repeat(scenario, outcome);
        if tried.answer.is_some() || is_rejected || (abandons && (denied.is_some() || tried.strays > 0)) {
            break;
        }
        sleep(denied.unwrap_or_default() + Duration::from_millis(rng.u64(20..300))).await;
        // The server may be down, so half of the retries go to the other server.
        tried.second_server ^= rng.bool();
    }
    tried
}
