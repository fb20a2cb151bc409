//! Lines of a conversation: its messages, grouped by day and author.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::domain::message::{self, Message};
use crate::domain::user;
use crate::ui::state::moment::{Day, Moment, Zone};

/// Maximum time between two messages of an author that are shown as one group.
const GROUP_MINUTES_MAX: i64 = 5;

/// Line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<R = Row> {
    /// Heading of a day.
    Day(Day),
    /// Line above the first message that was unread when the conversation was opened.
    Unread,
    /// A message.
    Message(R),
}

/// Message in its place between the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub message: Message,
    /// True for the first message of a group, which shows its author.
    pub first: bool,
    /// True if the next message of the group shows the same minute.
    pub shares_time: bool,
    /// Label of its status.
    pub receipt: Option<&'static str>,
}

/// Key of a line for `For`, which renders a line again only under a new key. The number tells lines apart that are
/// otherwise the same: `For` garbles the list if two keys are equal, and two rows of the table may have one message id.
pub type Key = (Option<Day>, Option<message::Id>, usize);

impl Line {
    fn key(&self, number: usize) -> Key {
        match self {
            Self::Day(day) => (Some(*day), None, number),
            Self::Unread => (None, None, number),
            Self::Message(row) => (None, Some(row.message.id), number),
        }
    }
}

/// Returns the messages with a line at the start of each day in `zone`, and a line above the message `unread`. Each
/// line has a key of its own.
pub fn lines(messages: &[Message], zone: Zone, unread: Option<message::Id>) -> Vec<(Key, Line)> {
    let mut numbers = HashMap::new();
    let unnumbered = unnumbered_lines(messages, zone, unread);
    let number = |line: Line| {
        let number = numbers.entry(line.key(0)).and_modify(|number| *number += 1).or_insert(0);
        (line.key(*number), line)
    };
    unnumbered.into_iter().map(number).collect()
}

fn unnumbered_lines(messages: &[Message], zone: Zone, unread: Option<message::Id>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(messages.len() + 4);
    let mut previous: Option<(user::Id, Option<Moment>)> = None;
    let mut previous_day = None;
    for message in messages {
        let day = Moment::of(&message.sent_at, zone).map(|at| at.day);
        // In UTC: the reader's clock is set forward and back every year.
        let at = Moment::of(&message.sent_at, Zone::Utc);
        let is_new_day = day != previous_day;
        previous_day = day;
        if let (true, Some(day)) = (is_new_day, day) {
            lines.push(Line::Day(day));
        }
        let is_first_unread = unread == Some(message.id);
        if is_first_unread {
            lines.push(Line::Unread);
        }
        let follows_line = is_new_day || is_first_unread;
        let first = follows_line || previous.is_none_or(|previous| !continues(previous, (message.author, at)));
        if let (false, Some(Line::Message(row))) = (first, lines.last_mut()) {
            row.shares_time = previous.is_some_and(|(_, previous)| previous == at);
        }
        lines.push(Line::Message(Row { message: message.clone(), first, shares_time: false, receipt: None }));
        previous = Some((message.author, at));
    }
    lines
}

/// Returns the first message of the other member that was unread when the conversation was opened. `read_before` is the
/// user's read position at that time; `None` if there were no unread messages.
pub fn first_unread(
    messages: Signal<Vec<Message>>,
    read_before: Signal<Option<u64>>,
    me: user::Id,
) -> Memo<Option<message::Id>> {
    // Searched for only once: the page may drop older messages, and the first one left would then look unread.
    Memo::new(move |found: Option<&Option<message::Id>>| {
        let read = read_before.get()?;
        let is_unread = |message: &&Message| message.seq > read && message.author != me;
        found.copied().flatten().or_else(|| messages.read_untracked().iter().find(is_unread).map(|message| message.id))
    })
}

/// Returns true if the message at `now` belongs to the group of the message at `previous`. Both times are in UTC.
fn continues(previous: (user::Id, Option<Moment>), now: (user::Id, Option<Moment>)) -> bool {
    let pause = |(then, now): (Moment, Moment)| now.minutes() - then.minutes();
    previous.0 == now.0 && previous.1.zip(now.1).is_some_and(|moments| pause(moments) <= GROUP_MINUTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::SentAt;
    use crate::domain::samples;

    /// Draws a day as `|`, the unread line as `-`, the first message of a group as `M` and each following one as `m`.
    fn drawn(messages: &[Message]) -> String {
        let draw = |line: &Line| match line {
            Line::Day(_) => '|',
            Line::Unread => '-',
            Line::Message(row) if row.first => 'M',
            Line::Message(_) => 'm',
        };
        lines(messages, Zone::Utc, messages.iter().find(|it| it.body == UNREAD).map(|it| it.id))
            .iter()
            .map(|(_, line)| draw(line))
            .collect()
    }

    const UNREAD: &str = "the first that is unread";

    fn at(times: &[&str]) -> Vec<Message> {
        times.iter().enumerate().map(|(n, at)| samples::message(n as u128, "hello", at)).collect()
    }

    #[test]
    fn a_line_marks_the_start_of_each_day() {
        let messages = at(&["2025-12-31T23:58", "2025-12-31T23:59", "2026-01-01T00:00", "2026-01-01T00:01"]);
        assert_eq!(drawn(&messages), "|Mm|Mm");
        assert_eq!(drawn(&[]), "");
    }

    #[test]
    fn messages_within_five_minutes_are_one_group() {
        assert_eq!(drawn(&at(&["2026-11-21T09:00", "2026-11-21T09:05", "2026-11-21T09:11"])), "|MmM");
    }

    // F43: where the clock is set back at 01:00 UTC, the first two messages are 58 minutes apart on the wall clock.
    #[test]
    fn messages_are_grouped_by_instants_when_the_clock_is_set_back() {
        let is_one_group = |earlier: &str, later: &str| {
            let [earlier, later] = [earlier, later].map(|at| Moment::of(&SentAt::stored(at.to_owned()), Zone::Utc));
            continues((samples::user(1, "ana").id, earlier), (samples::user(1, "ana").id, later))
        };
        assert!(is_one_group("2026-10-25T00:59", "2026-10-25T01:01"));
        assert!(is_one_group("2026-11-21T23:58", "2026-11-22T00:01"), "at midnight of another zone");
        assert!(!is_one_group("2026-11-21T09:00", "2026-11-22T09:01"));
    }

    #[test]
    fn a_line_marks_the_first_unread_message_below_the_line_of_the_day() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "2026-11-22T09:00", "2026-11-22T09:00"]);
        messages[1].body = UNREAD.to_owned();
        assert_eq!(drawn(&messages), "|M-M|Mm");
        messages.remove(0);
        assert_eq!(drawn(&messages), "|-M|Mm");
    }

    #[test]
    fn a_group_ends_with_a_message_of_the_other_member() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "2026-11-21T09:00"]);
        messages[1].author = samples::user(2, "ben").id;
        assert_eq!(drawn(&messages), "|MMM");
    }

    #[test]
    fn no_two_lines_have_the_same_key() {
        // F12: two rows with one id, and a day that begins twice because a time in between is unreadable.
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "?", "2026-11-21T09:00", "2026-11-21T09:20"]);
        for at in [1, 4] {
            messages[at].id = messages[0].id;
        }
        let keys: Vec<_> = lines(&messages, Zone::Utc, Some(messages[0].id)).into_iter().map(|(key, _)| key).collect();
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "{keys:?}");
    }

    #[test]
    fn only_the_last_message_of_a_minute_shows_its_time() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "2026-11-21T09:01", "2026-11-21T09:01"]);
        let shares = |messages: &[Message]| -> Vec<bool> {
            let rows = lines(messages, Zone::Utc, None).into_iter();
            rows.filter_map(|(_, line)| if let Line::Message(row) = line { Some(row.shares_time) } else { None })
                .collect()
        };
        assert_eq!(shares(&messages), [true, false, true, false]);
        messages[3].author = samples::user(2, "ben").id;
        assert_eq!(shares(&messages), [true, false, false, false], "a message of another author");
    }

    #[test]
    fn a_message_with_an_unreadable_time_is_still_shown() {
        assert_eq!(drawn(&at(&["?", "2026-11-21T09:00", "?"])), "M|MM");
    }
}
