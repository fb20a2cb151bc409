//! Messages of a conversation, oldest first, grouped by day and author.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::links::{Part, parts};
use crate::domain::message::{self, Message};
use crate::domain::user::{self, User};
use crate::ui::components::receipt::{Receipt, ReceiptMarks};
use crate::ui::components::time::{Day, Moment, Time, TimeFormat, Zone, day_line, use_time_zone};

/// Maximum time between two messages of an author that are shown as one group.
const GROUP_MINUTES_MAX: i64 = 5;

/// Item of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// Heading of a day.
    Day(Day),
    /// Line above the first message that was unread when the conversation was opened.
    Unread,
    /// Message. The first message of a group shows its author.
    Message { message: Message, first: bool },
}

impl Line {
    /// Key of the line for `For`, which renders a line again only under a new key.
    fn key(&self) -> (Option<Day>, Option<message::Id>, bool) {
        match self {
            Self::Day(day) => (Some(*day), None, false),
            Self::Unread => (None, None, false),
            Self::Message { message, first } => (None, Some(message.id), *first),
        }
    }
}

/// Returns the messages with a line at the start of each day in `zone`, and a line above the message `unread`.
fn lines(messages: &[Message], zone: Zone, unread: Option<message::Id>) -> Vec<Line> {
    let mut lines = Vec::with_capacity(messages.len() + 4);
    let mut previous: Option<(user::Id, Option<Moment>)> = None;
    for message in messages {
        let at = Moment::of(&message.sent_at, zone);
        let is_new_day = at.map(|at| at.day) != previous.and_then(|(_, at)| at).map(|at| at.day);
        if let (true, Some(at)) = (is_new_day, at) {
            lines.push(Line::Day(at.day));
        }
        let is_first_unread = unread == Some(message.id);
        if is_first_unread {
            lines.push(Line::Unread);
        }
        let follows_line = is_new_day || is_first_unread;
        let first = follows_line || previous.is_none_or(|previous| !continues(previous, (message.author, at)));
        lines.push(Line::Message { message: message.clone(), first });
        previous = Some((message.author, at));
    }
    lines
}

/// Returns true if the message at `now` belongs to the group of the message at `previous`.
fn continues(previous: (user::Id, Option<Moment>), now: (user::Id, Option<Moment>)) -> bool {
    let pause = |(then, now): (Moment, Moment)| now.minutes() - then.minutes();
    previous.0 == now.0 && previous.1.zip(now.1).is_some_and(|moments| pause(moments) <= GROUP_MINUTES_MAX)
}

/// List of messages.
#[component]
pub fn MessageList(
    /// Messages, oldest first.
    #[prop(into)]
    messages: Signal<Vec<Message>>,
    /// The user's read position when the conversation was opened; `None` if there were no unread messages.
    #[prop(into)]
    read_before: Signal<Option<u64>>,
    /// Receipts of the other member; `None` if they are not shown.
    #[prop(into)]
    receipts: Signal<Option<Receipts>>,
    me: user::Id,
    /// The other member.
    with: User,
) -> impl IntoView {
    let zone = use_time_zone();
    let with = StoredValue::new(with);
    let marks = Memo::new(move |_| ReceiptMarks::of(&messages.read(), me, receipts.get()));
    let draw = move |line: Line| match line {
        Line::Day(day) => EitherOf3::A(view! { <DayLine day/> }),
        Line::Unread => EitherOf3::B(view! { <li class="unread-line"><span>"New messages"</span></li> }),
        Line::Message { message, first } => EitherOf3::C(view! { <MessageItem message first me with marks/> }),
    };
    // Searched for only once: the page may drop older messages, and the first one left would then look unread.
    let unread = Memo::new(move |found: Option<&Option<message::Id>>| {
        let read = read_before.get()?;
        let is_unread = |message: &&Message| message.seq > read && message.author != me;
        found.copied().flatten().or_else(|| messages.read_untracked().iter().find(is_unread).map(|message| message.id))
    });
    view! {
        <ol class="message-list">
            <For each=move || lines(&messages.read(), zone.get(), unread.get()) key=Line::key children=draw/>
        </ol>
    }
}

#[component]
fn DayLine(day: Day) -> impl IntoView {
    view! { <li class="day-line"><span>{day_line(day)}</span></li> }
}

#[component]
fn MessageItem(
    message: Message,
    first: bool,
    me: user::Id,
    with: StoredValue<User>,
    marks: Memo<ReceiptMarks>,
) -> impl IntoView {
    let mine = message.author == me;
    let author = with.with_value(|with| author(message.author, me, with));
    // Screen readers get the author of every message. On the screen, position and shape show it after the first one.
    let author_class = if first && !mine { "message__author" } else { "visually-hidden" };
    view! {
        <li class="message" class=("message--mine", mine) class=("message--first", first) id=format!("m-{}", message.id)>
            <span class=author_class><bdi>{author}</bdi><span class="visually-hidden">": "</span></span>
            <p class="message__body"><span class="message__text" dir="auto">{message_text(&message.body)}</span></p>
            <span class="message__time">
                <Time at=message.sent_at format=TimeFormat::Clock/>
                {mine.then(|| view! { <Receipt message=message.id marks/> })}
            </span>
        </li>
    }
}

/// Returns the name of a message's author. Legacy rows may have authors who are not members of the conversation.
fn author(author: user::Id, me: user::Id, with: &User) -> String {
    match author {
        author if author == me => "You".to_owned(),
        author if author == with.id => with.display_name.to_string(),
        _ => "Unknown user".to_owned(),
    }
}

/// Renders the text of a message with its links. `noreferrer` keeps the conversation's URL from the linked site.
fn message_text(body: &str) -> impl IntoView + use<> {
    let draw = |part| match part {
        Part::Text(text) => Either::Left(text),
        Part::Link(url) => Either::Right(view! {
            <a class="message__link" href=url target="_blank" rel="noopener noreferrer nofollow ugc" dir="ltr">
                {url.clone()}
            </a>
        }),
    };
    parts(body).into_iter().map(draw).collect_view()
}

/// Placeholder for the messages while they load.
#[component]
pub fn MessageListSkeleton() -> impl IntoView {
    view! {
        <div class="thread" aria-busy="true" aria-label="Loading messages">
            <div class="skeleton skeleton--header"></div>
            <div class="thread__scroller">
                <div class="skeleton skeleton--mine"></div>
                <div class="skeleton skeleton--theirs"></div>
                <div class="skeleton skeleton--mine"></div>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    /// Draws a day as `|`, the unread line as `-`, the first message of a group as `M` and each following one as `m`.
    fn drawn(messages: &[Message]) -> String {
        let draw = |line: &Line| match line {
            Line::Day(_) => '|',
            Line::Unread => '-',
            Line::Message { first: true, .. } => 'M',
            Line::Message { first: false, .. } => 'm',
        };
        lines(messages, Zone::Utc, messages.iter().find(|it| it.body == UNREAD).map(|it| it.id))
            .iter()
            .map(draw)
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
    fn a_message_is_attributed_only_to_its_own_author() {
        let (ana, ben, cy) = (samples::user(1, "ana"), samples::user(2, "ben"), samples::user(3, "cy"));
        let name_of = |id| author(id, ana.id, &ben);
        assert_eq!(
            [name_of(ana.id), name_of(ben.id), name_of(cy.id)],
            ["You", ben.display_name.as_str(), "Unknown user"]
        );
    }

    #[test]
    fn a_message_with_an_unreadable_time_is_still_shown() {
        assert_eq!(drawn(&at(&["?", "2026-11-21T09:00", "?"])), "M|MM");
    }
}
