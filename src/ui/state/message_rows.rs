//! Rows of the messages on the page, and their signals.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::domain::message;
use crate::ui::state::message_lines::{Key, Line, Row};
use crate::ui::state::receipt_marks::ReceiptMarks;

/// State of the list that shows on single rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// The message with the bar.
    pub active: Option<message::Id>,
    pub receipts: ReceiptMarks,
}

impl Marks {
    fn ids(&self) -> impl Iterator<Item = message::Id> + use<> {
        self.active.into_iter().chain(self.receipts.ids())
    }
}

/// Signals of a row on the page. The row draws its parts from them without memos of its own.
#[derive(Debug, Clone)]
pub struct RowSignals {
    pub row: ArcRwSignal<Row>,
    /// True if the message shows its bar.
    pub is_active: ArcRwSignal<bool>,
}

impl RowSignals {
    fn new(row: Row, is_active: bool) -> Self {
        Self { row: ArcRwSignal::new(row), is_active: ArcRwSignal::new(is_active) }
    }

    fn activate(&self, is_active: bool) {
        if *self.is_active.read_untracked() != is_active {
            self.is_active.set(is_active);
        }
    }
}

/// The rows on the page, by key. Each has a signal of its own, so that a change of one message draws neither it nor the
/// others anew: the focus, a selection and an open menu stay.
#[derive(Debug, Default)]
pub struct Rows {
    signals: HashMap<Key, RowSignals>,
    marks: Marks,
}

impl Rows {
    /// Takes over the state of the lines and the marks. Returns the lines with the signals of their rows.
    pub fn update(&mut self, lines: Vec<(Key, Line)>, marks: Marks) -> Vec<(Key, Line<RowSignals>)> {
        self.marks = marks;
        let mut known = std::mem::take(&mut self.signals);
        let mut signal_of = |key, mut row: Row| {
            let is_active = marks.active == Some(row.message.id);
            row.receipt = marks.receipts.label_of(row.message.id);
            let signals = match known.remove(&key) {
                Some(signals) => {
                    signals.activate(is_active);
                    if *signals.row.read_untracked() != row {
                        signals.row.set(row);
                    }
                    signals
                }
                None => RowSignals::new(row, is_active),
            };
            self.signals.insert(key, signals.clone());
            signals
        };
        let take = |(key, line)| match line {
            Line::Day(day) => (key, Line::Day(day)),
            Line::Unread => (key, Line::Unread),
            Line::Message(row) => (key, Line::Message(signal_of(key, row))),
        };
        lines.into_iter().map(take).collect()
    }

    /// Takes over other marks: draws the rows that lose or get one, and no others.
    pub fn mark(&mut self, marks: Marks) {
        let before = std::mem::replace(&mut self.marks, marks);
        for id in before.ids().chain(marks.ids()) {
            let signals = (0..).map_while(|number| self.signals.get(&(None, Some(id), number)));
            for signals in signals {
                signals.activate(marks.active == Some(id));
                let receipt = marks.receipts.label_of(id);
                if signals.row.read_untracked().receipt != receipt {
                    signals.row.update(|row| row.receipt = receipt);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::Receipts;
    use crate::domain::message::Message;
    use crate::domain::samples;
    use crate::ui::state::message_lines::lines;
    use crate::ui::state::moment::Zone;

    fn at(times: &[&str]) -> Vec<Message> {
        times.iter().enumerate().map(|(n, at)| samples::message(n as u128, "hello", at)).collect()
    }

    #[test]
    fn a_changed_message_keeps_its_row_and_only_its_own_signal_changes() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:10"]);
        let mut rows = Rows::default();
        let mut signals = |messages: &[Message]| -> Vec<ArcRwSignal<Row>> {
            let lines = rows.update(lines(messages, Zone::Utc, None), Marks::default()).into_iter();
            lines.filter_map(|(_, line)| if let Line::Message(row) = line { Some(row.row) } else { None }).collect()
        };
        let before = signals(&messages);
        let runs = ArcRwSignal::new(0);
        let (other, count) = (before[1].clone(), runs.clone());
        let other = ArcMemo::new(move |_| {
            count.update_untracked(|count| *count += 1);
            other.get().message.body
        });
        assert_eq!(other.get(), "hello");
        messages[0].body = "changed".to_owned();
        let after = signals(&messages);
        assert_eq!(before[0].get_untracked().message.body, "changed", "the row that is drawn shows the new state");
        assert_eq!((after.len(), other.get()), (2, "hello".to_owned()));
        assert_eq!(runs.get_untracked(), 1, "the other message is not drawn again");
    }

    #[test]
    fn marks_change_only_the_rows_that_lose_or_get_one() {
        let messages = at(&["2026-11-21T09:00", "2026-11-21T09:10", "2026-11-21T09:20"]);
        let marks = |active: usize, seq: u64| {
            let receipts = ReceiptMarks::of(&messages, messages[0].author, Some(Receipts::read(seq)));
            Marks { active: Some(messages[active].id), receipts }
        };
        let mut rows = Rows::default();
        let drawn = rows.update(lines(&messages, Zone::Utc, None), marks(0, 0)).into_iter();
        let signals = drawn.filter_map(|(_, line)| if let Line::Message(row) = line { Some(row) } else { None });
        let signals: Vec<_> = signals.collect();
        let runs = ArcRwSignal::new(0);
        let shown = |signals: &RowSignals| {
            let (signals, count) = (signals.clone(), runs.clone());
            ArcMemo::new(move |_| {
                count.update_untracked(|count| *count += 1);
                (signals.is_active.get(), signals.row.read().receipt)
            })
        };
        let shown: Vec<_> = signals.iter().map(shown).collect();
        let now = || shown.iter().map(|row| row.get()).collect::<Vec<_>>();
        assert_eq!(now(), [(true, None), (false, None), (false, Some("Sent"))]);
        rows.mark(marks(2, 0));
        assert_eq!(now(), [(false, None), (false, None), (true, Some("Sent"))]);
        assert_eq!(runs.get_untracked(), 5, "the row in the middle is not drawn again");
        rows.update(lines(&messages, Zone::Utc, None), marks(2, 0));
        assert_eq!((now(), runs.get_untracked()), (vec![(false, None), (false, None), (true, Some("Sent"))], 5));
    }
}
