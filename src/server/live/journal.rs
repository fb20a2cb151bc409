//! Recent events of a user, for a page that reopens its stream.

use std::collections::VecDeque;
use std::sync::Arc;

/// Maximum number of kept events. A page that has missed more asks the server for everything.
const KEPT_MAX: usize = 16;

/// The last events of a user, with their positions, which grow.
#[derive(Debug)]
pub(super) struct Journal {
    /// All events after this position are kept.
    complete_after: u64,
    recent: VecDeque<(u64, Arc<str>)>,
}

impl Journal {
    /// Creates a journal of the events after a position.
    pub(super) fn new(position: u64) -> Self {
        Self { complete_after: position, recent: VecDeque::new() }
    }

    /// Adds an event, and drops the oldest one if there are too many.
    pub(super) fn add(&mut self, position: u64, text: Arc<str>) {
        self.recent.push_back((position, text));
        if self.recent.len() > KEPT_MAX
            && let Some((dropped, _)) = self.recent.pop_front()
        {
            self.complete_after = dropped;
        }
    }

    /// Returns the events after a position; `None` if some of them are not kept.
    pub(super) fn after(&self, position: u64) -> Option<Vec<(u64, Arc<str>)>> {
        let later = self.recent.iter().filter(|(at, _)| *at > position).cloned();
        (position >= self.complete_after).then(|| later.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_after_a_position_are_known_until_too_many_have_followed() {
        let mut journal = Journal::new(7);
        assert_eq!((journal.after(6), journal.after(7)), (None, Some(Vec::new())));
        for position in 8..8 + KEPT_MAX as u64 {
            journal.add(position, "event".into());
        }
        assert_eq!(journal.after(7).map(|events| events.len()), Some(KEPT_MAX));
        journal.add(99, "event".into());
        assert_eq!(journal.after(7), None);
        assert_eq!(journal.after(23), Some(vec![(99, Arc::from("event"))]));
    }
}
