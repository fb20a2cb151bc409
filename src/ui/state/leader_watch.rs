//! Roles of the tabs that share a stream, and the watch of the others over the tab that holds it.

/// Silence of the leader, in milliseconds, after which a visible tab asks for a sign of life.
const SILENCE_MS: f64 = 5_000.0;

/// The same limit for a hidden tab, whose timers are slow. The server sends something every 15 seconds.
const SILENCE_HIDDEN_MS: f64 = 33_000.0;

/// Time, in milliseconds, within which the leader must answer.
const ANSWER_MS: f64 = 5_000.0;

/// Maximum number of times that a tab takes the lock of a leader that never answers. After that, the tabs evidently
/// cannot hear each other.
const TAKEOVERS_MAX: u32 = 2;

/// Part of a tab in sharing the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Not started yet, or frozen.
    Away,
    Follower,
    Leader,
}

/// Duty of a tab that watches over the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    Nothing,
    /// Ask the leader for a sign of life.
    Ask,
    /// Take the leader's lock.
    TakeOver,
    /// Open a stream of its own.
    GoAlone,
}

/// State of the watch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct LeaderWatch {
    /// Time of a question that has not been answered.
    asked_at_ms: Option<f64>,
    takeovers: u32,
}

impl LeaderWatch {
    /// Notes a sign of life.
    pub(super) fn heard(&mut self) {
        *self = Self::default();
    }

    /// Withdraws the question: the tab was frozen, or has become the leader.
    pub(super) fn restart(&mut self) {
        self.asked_at_ms = None;
    }

    /// Returns the duty at the time `now`, when the leader has been silent for some time.
    pub(super) fn check(&mut self, now: f64, silent_ms: f64, is_visible: bool) -> Duty {
        let limit_ms = if is_visible { SILENCE_MS } else { SILENCE_HIDDEN_MS };
        match self.asked_at_ms {
            Some(asked_at_ms) if now - asked_at_ms > ANSWER_MS => {
                self.asked_at_ms = None;
                self.takeovers += 1;
                if self.takeovers > TAKEOVERS_MAX { Duty::GoAlone } else { Duty::TakeOver }
            }
            None if silent_ms > limit_ms => {
                self.asked_at_ms = Some(now);
                Duty::Ask
            }
            _ => Duty::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // F16
    #[test]
    fn a_leader_that_does_not_answer_loses_its_lock() {
        let mut watch = LeaderWatch::default();
        assert_eq!(watch.check(1_000.0, 4_000.0, true), Duty::Nothing);
        assert_eq!(watch.check(3_000.0, 6_000.0, true), Duty::Ask);
        assert_eq!(watch.check(5_000.0, 8_000.0, true), Duty::Nothing);
        watch.heard();
        assert_eq!(watch.check(9_000.0, 6_000.0, true), Duty::Ask);
        assert_eq!(watch.check(15_000.0, 12_000.0, true), Duty::TakeOver);
    }

    #[test]
    fn a_hidden_tab_asks_only_after_heartbeats_have_failed_to_come() {
        let mut watch = LeaderWatch::default();
        assert_eq!(watch.check(0.0, 30_000.0, false), Duty::Nothing);
        assert_eq!(watch.check(60_000.0, 60_000.0, false), Duty::Ask);
    }

    #[test]
    fn a_tab_that_never_hears_another_one_opens_a_stream_of_its_own() {
        let mut watch = LeaderWatch::default();
        let duties: Vec<_> = (1..=6).map(|n| watch.check(f64::from(n) * 10_000.0, 10_000.0, true)).collect();
        assert_eq!(duties, [Duty::Ask, Duty::TakeOver, Duty::Ask, Duty::TakeOver, Duty::Ask, Duty::GoAlone]);
    }
}
