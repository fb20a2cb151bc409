//! Events that a page knows: those that its data show, and those that have come since.

use crate::domain::event::Event;
use crate::domain::position::Position;

/// Position of a page in the events of the server, and whether it has missed any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownEvents {
    /// Position of the last event; at first that of the page.
    position: Option<Position>,
    /// True if the page shows every event up to `position`, or has asked for what it missed.
    is_complete: bool,
    /// True if no event has come since the server rendered the page.
    is_as_rendered: bool,
}

impl KnownEvents {
    /// Starts with a page that shows all events before its position, if it has one.
    pub(super) fn new(rendered_at: Option<Position>) -> Self {
        let is_rendered = rendered_at.is_some();
        Self { position: rendered_at, is_complete: is_rendered, is_as_rendered: is_rendered }
    }

    /// Position of the last event.
    pub(super) fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the position at which the next stream continues; `None` if the page has to load everything.
    pub(super) fn resume_position(&self) -> Option<Position> {
        self.position.filter(|_| self.is_complete)
    }

    /// True if every view of the page knows all events that have come: there were none since the page was rendered.
    pub(super) fn is_as_rendered(&self) -> bool {
        self.is_as_rendered
    }

    /// Notes the opening of a stream that brings all events after `begin`, or of one that another tab has opened
    /// before. Returns false if the page may have missed events, and has to load everything.
    pub(super) fn continue_at(&mut self, begin: Option<Position>) -> bool {
        let misses_nothing = begin.zip(self.resume_position()).is_some_and(|(begin, known)| begin <= known);
        (self.position, self.is_complete) = (begin, true);
        misses_nothing
    }

    /// Notes the position of an event of an open stream.
    pub(super) fn advance_to(&mut self, position: Option<Position>) {
        self.position = position.or(self.position);
    }

    /// Notes an event that the page handles.
    pub(super) fn note(&mut self, event: &Event) {
        self.is_as_rendered &= event.is_momentary();
    }

    /// Notes that the page gets no events from now on.
    pub(super) fn forget(&mut self) {
        (self.is_complete, self.is_as_rendered) = (false, false);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(count: u64) -> Option<Position> {
        Some(Position { server: Uuid::from_u128(1), count })
    }

    fn elsewhere(count: u64) -> Option<Position> {
        Some(Position { server: Uuid::from_u128(2), count })
    }

    #[test]
    fn a_rendered_page_misses_nothing_in_a_stream_that_begins_at_or_before_it() {
        for begin in [3, 5] {
            let mut known = KnownEvents::new(at(5));
            assert_eq!(known.resume_position(), at(5));
            assert!(known.continue_at(at(begin)), "{begin}");
        }
    }

    #[test]
    fn a_stream_that_begins_later_or_on_another_server_may_lack_events() {
        for begin in [at(6), elsewhere(5), elsewhere(1), None] {
            assert!(!KnownEvents::new(at(5)).continue_at(begin), "{begin:?}");
        }
        assert!(!KnownEvents::new(None).continue_at(at(0)));
    }

    #[test]
    fn a_page_that_has_loaded_what_it_missed_continues_at_its_last_event() {
        let mut known = KnownEvents::new(None);
        assert!(!known.continue_at(at(6)));
        known.advance_to(at(9));
        known.advance_to(None);
        assert_eq!((known.position(), known.resume_position()), (at(9), at(9)));
        assert!(known.continue_at(at(9)));
        assert!(!known.continue_at(at(10)));
    }

    #[test]
    fn a_page_that_was_left_has_to_load_everything() {
        let mut known = KnownEvents::new(at(5));
        known.forget();
        assert_eq!((known.resume_position(), known.is_as_rendered()), (None, false));
        assert!(!known.continue_at(at(5)));
    }

    #[test]
    fn a_page_is_as_rendered_until_the_first_event_other_than_presence_and_typing() {
        let mut known = KnownEvents::new(at(5));
        known.note(&Event::PeoplePresent { people: Vec::new() });
        assert!(known.continue_at(at(5)) && known.is_as_rendered());
        known.note(&Event::Resync);
        assert!(!known.is_as_rendered());
        assert!(!KnownEvents::new(None).is_as_rendered());
    }
}
