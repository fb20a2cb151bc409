//! The messages of a conversation, oldest first, by day and by who wrote them.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::links::{Part, parts};
use crate::domain::message::{self, Message};
use crate::domain::user::{self, User};
use crate::ui::components::receipt::{Receipt, ReceiptMarks};
use crate::ui::components::time::{Day, Moment, Shown, Time, Zone, day_line, use_zone};

/// Two messages of one person that lie at most this far apart are shown as one utterance.
const PAUSE_MINUTES: i64 = 5;

/// What stands in the list, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// A day begins.
    Day(Day),
    /// What was unread when the conversation was opened begins.
    Unread,
    /// A message; the first of an utterance names its author.
    Message { message: Message, first: bool },
}

impl Line {
    /// What makes a line another one, so that it is drawn anew.
    fn key(&self) -> (Option<Day>, Option<message::Id>, bool) {
        match self {
            Self::Day(day) => (Some(*day), None, false),
            Self::Unread => (None, None, false),
            Self::Message { message, first } => (None, Some(message.id), *first),
        }
    }
}

/// Messages with the days between them, on the clock of `zone`, and a line above the message `unread`.
fn lines(messages: &[Message], zone: Zone, unread: Option<message::Id>) -> Vec<Line> {
    let mut lines = Vec::with_capacity(messages.len() + 4);
    let mut before: Option<(user::Id, Option<Moment>)> = None;
    for message in messages {
        let at = Moment::of(&message.sent_at, zone);
        let day_begins = at.map(|at| at.day) != before.and_then(|(_, at)| at).map(|at| at.day);
        if let (true, Some(at)) = (day_begins, at) {
            lines.push(Line::Day(at.day));
        }
        let unread_begin = unread == Some(message.id);
        if unread_begin {
            lines.push(Line::Unread);
        }
        let begins = day_begins || unread_begin;
        let first = begins || before.is_none_or(|before| !continues(before, (message.author, at)));
        lines.push(Line::Message { message: message.clone(), first });
        before = Some((message.author, at));
    }
    lines
}

fn continues(before: (user::Id, Option<Moment>), now: (user::Id, Option<Moment>)) -> bool {
    let pause = |(then, now): (Moment, Moment)| now.minutes() - then.minutes();
    before.0 == now.0 && before.1.zip(now.1).is_some_and(|moments| pause(moments) <= PAUSE_MINUTES)
}

/// The lines. What is written in the address bar or typed does not belong here: this only draws.
#[component]
pub fn MessageList(
    /// What has been written, oldest first.
    #[prop(into)]
    messages: Signal<Vec<Message>>,
    /// Up to which place the person had read; none where there is nothing unread.
    #[prop(into)]
    read_before: Signal<Option<u64>>,
    /// How far the other person has got, where that is shown.
    #[prop(into)]
    receipts: Signal<Option<Receipts>>,
    /// Who reads.
    me: user::Id,
    /// The other person.
    with: User,
) -> impl IntoView {
    let zone = use_zone();
    let with = StoredValue::new(with);
    let marks = Memo::new(move |_| ReceiptMarks::of(&messages.read(), me, receipts.get()));
    let draw = move |line: Line| match line {
        Line::Day(day) => EitherOf3::A(view! { <DayLine day/> }),
        Line::Unread => EitherOf3::B(view! { <li class="unread-line"><span>"New messages"</span></li> }),
        Line::Message { message, first } => EitherOf3::C(view! { <MessageItem message first me with marks/> }),
    };
    // Only looked for once: what comes before it may be let go of, and what then is first was not unread.
    let unread = Memo::new(move |known: Option<&Option<message::Id>>| {
        let read = read_before.get()?;
        let is_unread = |message: &&Message| message.seq > read && message.author != me;
        known.copied().flatten().or_else(|| messages.read_untracked().iter().find(is_unread).map(|message| message.id))
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
    // Every message names its author to a screen reader; to the eye, side and shape go on telling after the first.
    let author_class = if first && !mine { "message__author" } else { "visually-hidden" };
    view! {
        <li class="message" class=("message--mine", mine) class=("message--first", first) id=format!("m-{}", message.id)>
            <span class=author_class><bdi>{author}</bdi><span class="visually-hidden">": "</span></span>
            <p class="message__body"><span class="message__text" dir="auto">{message_text(&message.body)}</span></p>
            <span class="message__time">
                <Time at=message.sent_at shown=Shown::Clock/>
                {mine.then(|| view! { <Receipt message=message.id marks/> })}
            </span>
        </li>
    }
}

/// What the author of a message is called. In what the old app kept, people may have written who are not in the conversation.
fn author(author: user::Id, me: user::Id, with: &User) -> String {
    match author {
        author if author == me => "You".to_owned(),
        author if author == with.id => with.display_name.to_string(),
        _ => "Somebody else".to_owned(),
    }
}

/// What somebody wrote, with its links. Whoever follows one says nothing of where they come from.
fn message_text(body: &str) -> impl IntoView + use<> {
    let draw = |part| match part {
        Part::Text(text) => Either::Left(text),
        Part::Link { href, shown } => Either::Right(view! {
            <a class="message__link" href=href target="_blank" rel="noopener noreferrer nofollow ugc" dir="ltr">{shown}</a>
        }),
    };
    parts(body).into_iter().map(draw).collect_view()
}

/// Stands where the messages will be, while they are fetched.
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

    /// `|` for a day, `-` where the unread begin, a capital for the first message of an utterance, a small letter for one that follows.
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
    fn a_line_stands_where_a_day_begins() {
        let messages = at(&["2025-12-31T23:58", "2025-12-31T23:59", "2026-01-01T00:00", "2026-01-01T00:01"]);
        assert_eq!(drawn(&messages), "|Mm|Mm");
        assert_eq!(drawn(&[]), "");
    }

    #[test]
    fn messages_within_five_minutes_are_one_utterance() {
        assert_eq!(drawn(&at(&["2026-11-21T09:00", "2026-11-21T09:05", "2026-11-21T09:11"])), "|MmM");
    }

    #[test]
    fn a_line_stands_where_the_unread_begin_below_that_of_the_day() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "2026-11-22T09:00", "2026-11-22T09:00"]);
        messages[1].body = UNREAD.to_owned();
        assert_eq!(drawn(&messages), "|M-M|Mm");
        messages.remove(0);
        assert_eq!(drawn(&messages), "|-M|Mm");
    }

    #[test]
    fn an_utterance_ends_when_the_other_person_writes() {
        let mut messages = at(&["2026-11-21T09:00", "2026-11-21T09:00", "2026-11-21T09:00"]);
        messages[1].author = samples::user(2, "ben").id;
        assert_eq!(drawn(&messages), "|MMM");
    }

    #[test]
    fn nobodys_words_are_put_into_the_mouth_of_another() {
        let (ana, ben, cy) = (samples::user(1, "ana"), samples::user(2, "ben"), samples::user(3, "cy"));
        let called = |id| author(id, ana.id, &ben);
        assert_eq!(
            [called(ana.id), called(ben.id), called(cy.id)],
            ["You", ben.display_name.as_str(), "Somebody else"]
        );
    }

    #[test]
    fn a_message_without_a_readable_time_is_shown_all_the_same() {
        assert_eq!(drawn(&at(&["?", "2026-11-21T09:00", "?"])), "M|MM");
    }
}
