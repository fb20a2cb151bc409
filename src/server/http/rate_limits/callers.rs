//! Budgets of the callers of one server, in memory.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::server::http::rate_limits::actions::{Action, Caller, key};
use crate::server::store::postgres::shared_limits::{Key, Quota, Spent};

/// Number of settlements per budget that is used up at once. Not 10: with 30 attempts, 3 of 30 would be settled at a
/// time, which is more often than the excess is worth.
const SETTLEMENTS: u32 = 8;

/// Maximum number of callers in a statement.
const SETTLED_AT_ONCE: usize = 200;

/// Maximum number of callers that wait to be settled. Further ones wait for their next attempt.
const QUEUED_MAX: usize = 10_000;

/// Number of callers above which those whose budget is full are forgotten at once. Others are remembered for as long as
/// an empty budget takes to refill, so that a server settles also the attempts of callers who are slow on each server.
const CALLERS_MAX: usize = 100_000;

/// Number of callers from which on there is a look for forgettable ones.
const SWEEP_MIN: usize = 1_024;

/// Pause after a statement that has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Budgets of all callers, and the queue of those to settle.
#[derive(Debug, Default)]
pub(super) struct Callers {
    budgets: HashMap<(Action, Caller), Budget>,
    /// Callers whose attempts are to be settled, each once.
    queue: Vec<(Action, Caller)>,
    /// Time before which nothing is settled, because PostgreSQL has not answered.
    paused_until: Option<Instant>,
    /// Number of callers at the last sweep.
    swept: usize,
}

/// Budget of one caller for one action, as this server knows it.
#[derive(Debug)]
struct Budget {
    quota: Quota,
    /// Time at which the quota is full again, if nothing more is taken from it: the generic cell rate algorithm.
    full_at: Instant,
    /// Number of attempts that PostgreSQL does not know of.
    unsettled: u32,
    is_queued: bool,
}

impl Callers {
    pub(super) fn take(&mut self, now: Instant, caller: (Action, Caller), quota: Quota) -> Result<(), Duration> {
        if self.budgets.len() > SWEEP_MIN.max(2 * self.swept) {
            self.sweep(now);
        }
        let budget = self.budgets.entry(caller.clone()).or_insert_with(|| Budget::new(quota, now));
        budget.take(now)?;
        if budget.unsettled >= quota.burst.div_ceil(SETTLEMENTS) && !budget.is_queued && self.queue.len() < QUEUED_MAX {
            budget.is_queued = true;
            self.queue.push(caller);
        }
        Ok(())
    }

    pub(super) fn is_settlement_due(&self, now: Instant) -> bool {
        !self.queue.is_empty() && self.paused_until.is_none_or(|until| until <= now)
    }

    /// Queues every caller with attempts that are not settled and have not refilled.
    pub(super) fn queue_all(&mut self, now: Instant) {
        for (caller, budget) in &mut self.budgets {
            if budget.unsettled > 0 && budget.full_at > now && !budget.is_queued {
                budget.is_queued = true;
                self.queue.push(caller.clone());
            }
        }
    }

    /// Takes the next callers from the queue, with their attempts.
    pub(super) fn next_batch(&mut self) -> Vec<((Action, Caller), Spent)> {
        let count = self.queue.len().min(SETTLED_AT_ONCE);
        let mut batch = Vec::new();
        for caller in self.queue.drain(..count) {
            let Some(budget) = self.budgets.get_mut(&caller) else { continue };
            budget.is_queued = false;
            let attempts = std::mem::take(&mut budget.unsettled);
            let spent = Spent { key: key(caller.0, &caller.1), quota: budget.quota, attempts };
            batch.push((caller, spent));
        }
        batch
    }

    /// Puts the attempts of a batch right with what PostgreSQL has answered: the times at which the quotas are full
    /// again. It has answered none if the statement has failed, and then nothing is settled for a while.
    pub(super) fn learn(&mut self, batch: &[((Action, Caller), Spent)], full_in: Option<&HashMap<Key, Duration>>) {
        let now = Instant::now();
        for (caller, spent) in batch {
            let Some(budget) = self.budgets.get_mut(caller) else { continue };
            match full_in.and_then(|full_in| full_in.get(&spent.key)) {
                Some(full_in) => budget.learn(now + *full_in),
                None => budget.add_unsettled(spent.attempts),
            }
        }
        self.paused_until = full_in.is_none().then(|| now + PAUSE);
    }

    /// Drops the callers whose budget has been full for a while.
    pub(super) fn sweep(&mut self, now: Instant) {
        let is_full = self.budgets.len() > CALLERS_MAX;
        self.budgets.retain(|_, budget| {
            let remembered = if is_full { Duration::ZERO } else { budget.quota.full() };
            budget.is_queued || budget.full_at + remembered > now
        });
        self.swept = self.budgets.len();
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.budgets.shrink_to_fit();
    }
}

impl Budget {
    fn new(quota: Quota, now: Instant) -> Self {
        Self { quota, full_at: now, unsettled: 0, is_queued: false }
    }

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + self.quota.refill;
        let latest = now + self.quota.full();
        if full_at > latest {
            return Err(full_at - latest);
        }
        self.full_at = full_at;
        self.add_unsettled(1);
        Ok(())
    }

    /// Learns when the stored quota is full again, to which the attempts since then are added.
    fn learn(&mut self, stored: Instant) {
        self.full_at = self.full_at.max(stored + self.quota.refill * self.unsettled);
    }

    /// Adds attempts to be settled. While PostgreSQL is unavailable they are at most as many as a quota may owe.
    fn add_unsettled(&mut self, attempts: u32) {
        self.unsettled = (self.unsettled + attempts).min(self.quota.burst);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::user;

    const QUOTA: Quota = Quota { burst: 30, refill: Duration::from_millis(500) };

    fn caller(number: u128) -> (Action, Caller) {
        (Action::Send, Caller::User(user::Id(Uuid::from_u128(number))))
    }

    /// Returns the number of attempts that are allowed at once.
    fn allowed(callers: &mut Callers, now: Instant, number: u128) -> usize {
        (0..1_000).take_while(|_| callers.take(now, caller(number), QUOTA).is_ok()).count()
    }

    #[test]
    fn a_budget_allows_its_attempts_at_once_and_then_one_for_each_that_refills() {
        let (mut callers, now) = (Callers::default(), Instant::now());
        assert_eq!(allowed(&mut callers, now, 1), 30);
        assert_eq!(callers.take(now, caller(1), QUOTA), Err(QUOTA.refill));
        assert_eq!(allowed(&mut callers, now, 2), 30, "another caller has a budget of their own");
        assert_eq!(allowed(&mut callers, now + 3 * QUOTA.refill, 1), 3);
        assert_eq!(allowed(&mut callers, now + 10 * QUOTA.full(), 1), 30);
    }

    #[test]
    fn attempts_are_settled_in_parts_of_a_budget_and_each_once() {
        let (mut callers, now) = (Callers::default(), Instant::now());
        let mut settled = Vec::new();
        for _ in 0..30 {
            callers.take(now, caller(1), QUOTA).expect("allowed");
            settled.extend(callers.next_batch().into_iter().map(|(_, spent)| spent.attempts));
        }
        assert_eq!(settled, [4; 7]);
        callers.queue_all(now);
        assert_eq!(callers.next_batch().iter().map(|(_, spent)| spent.attempts).collect::<Vec<_>>(), [2]);
        assert!(callers.next_batch().is_empty());
    }

    #[test]
    fn a_server_learns_what_the_others_have_taken_and_adds_what_it_has_not_settled() {
        let (mut callers, now) = (Callers::default(), Instant::now());
        for _ in 0..5 {
            callers.take(now, caller(1), QUOTA).expect("allowed");
        }
        let [(key, spent)] = &callers.next_batch()[..] else { panic!("a caller") };
        assert_eq!(spent.attempts, 5);
        for _ in 0..2 {
            callers.take(now, caller(1), QUOTA).expect("allowed");
        }
        // Twenty attempts are taken from the stored quota, and two more are not settled.
        callers.budgets.get_mut(key).expect("a budget").learn(now + QUOTA.refill * 20);
        assert_eq!(allowed(&mut callers, now, 1), 8);
    }

    #[test]
    fn callers_are_forgotten_when_their_budgets_have_been_full_for_a_while() {
        let (mut callers, now) = (Callers::default(), Instant::now());
        for number in 0..10 * SWEEP_MIN as u128 {
            // One caller after the other, over ten times the time for which each is remembered.
            let at = now + QUOTA.full().mul_f64(number as f64 / SWEEP_MIN as f64);
            callers.take(at, caller(number), QUOTA).expect("allowed");
        }
        assert!(callers.budgets.len() < 4 * SWEEP_MIN, "{}", callers.budgets.len());
        callers.sweep(now + 100 * QUOTA.full());
        assert!(callers.budgets.is_empty());
    }

    #[test]
    fn of_very_many_callers_only_those_who_owe_are_remembered() {
        let (mut callers, now) = (Callers::default(), Instant::now());
        assert_eq!(allowed(&mut callers, now, 0), 30);
        callers.next_batch();
        for number in 1..=4 * CALLERS_MAX as u128 {
            let at = now + Duration::from_micros(10) * u32::try_from(number).expect("few");
            callers.take(at, caller(number), QUOTA).expect("allowed");
        }
        assert!(callers.budgets.len() <= 2 * CALLERS_MAX + 1, "{}", callers.budgets.len());
        assert!(callers.take(now + Duration::from_secs(4), caller(0), QUOTA).is_ok(), "eight have refilled");
        assert_eq!(allowed(&mut callers, now + Duration::from_secs(4), 0), 7);
    }
}
