//! Messages of a conversation, oldest first, grouped by day and author.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::message::Message;
use crate::domain::user::{self, User};
use crate::ui::components::message_text::MessageText;
use crate::ui::components::receipt::Receipt;
use crate::ui::components::time::{Time, TimeFormat, day_label};
use crate::ui::state::clock::{use_time_zone, use_today};
use crate::ui::state::copied_messages::copy_messages_as_lines;
use crate::ui::state::message_lines::{Key, Line, first_unread, lines};
use crate::ui::state::moment::Day;
use crate::ui::state::receipt_marks::ReceiptMarks;

/// List of messages.
#[component]
pub fn MessageList(
    /// Messages, oldest first.
    #[prop(into)]
    messages: Signal<Vec<Message>>,
    /// The user's read position when the conversation was opened; `None` if there were no unread messages.
    #[prop(into)]
    read_before: Signal<Option<u64>>,
    /// Positions that all other members have reached; `None` if they are not shown.
    #[prop(into)]
    receipts: Signal<Option<Receipts>>,
    me: user::Id,
    /// All members of the conversation.
    members: Vec<User>,
) -> impl IntoView {
    let zone = use_time_zone();
    let members = StoredValue::new(members);
    let marks = Memo::new(move |_| ReceiptMarks::of(&messages.read(), me, receipts.get()));
    let draw = move |(_, line): (Key, Line)| match line {
        Line::Day(day) => EitherOf3::A(view! { <DayLine day/> }),
        Line::Unread => EitherOf3::B(view! { <li class="unread-line"><span>"New messages"</span></li> }),
        Line::Message { message, first } => EitherOf3::C(view! { <MessageItem message first me members marks/> }),
    };
    let unread = first_unread(messages, read_before, me);
    copy_messages_as_lines();
    view! {
        <ol class="message-list">
            <For each=move || lines(&messages.read(), zone.get(), unread.get()) key=|(key, _)| *key children=draw/>
        </ol>
    }
}

#[component]
fn DayLine(day: Day) -> impl IntoView {
    let today = use_today();
    view! { <li class="day-line" translate="no"><span>{move || day_label(day, today.get())}</span></li> }
}

#[component]
fn MessageItem(
    message: Message,
    first: bool,
    me: user::Id,
    members: StoredValue<Vec<User>>,
    marks: Memo<ReceiptMarks>,
) -> impl IntoView {
    let mine = message.author == me;
    let author = members.with_value(|members| author_name(message.author, me, members));
    let author = message.author_name.map_or(author, |name| name.to_string());
    // Screen readers get the author of every message. On the screen, position and shape show it after the first one.
    let author_class = if first && !mine { "message__author" } else { "message__author visually-hidden" };
    // A copied text names the user: "You" would be another person to its reader.
    let copied_author = members.with_value(|members| {
        let member = members.iter().find(|member| member.id == message.author);
        member.map_or_else(|| author.clone(), |member| member.display_name.to_string())
    });
    view! {
        <li class="message" class=("message--mine", mine) class=("message--first", first) id=format!("m-{}", message.id)>
            <span class=author_class translate="no" data-copy=copied_author>
                <bdi>{author}</bdi><span class="visually-hidden">": "</span>
            </span>
            <MessageText body=message.body/>
            <span class="message__time">
                <Time at=message.sent_at format=TimeFormat::Clock/>
                {mine.then(|| view! { <Receipt message=message.id marks/> })}
            </span>
        </li>
    }
}

/// Returns the name of a member, or that of a deleted user.
pub(super) fn author_name(author: user::Id, me: user::Id, members: &[User]) -> String {
    match members.iter().find(|member| member.id == author) {
        _ if author == me => "You".to_owned(),
        Some(member) => member.display_name.to_string(),
        None => User::deleted(author).display_name.to_string(),
    }
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

    #[test]
    fn a_message_is_attributed_only_to_its_own_author() {
        let (ana, ben, cy) = (samples::user(1, "ana"), samples::user(2, "ben"), samples::user(3, "cy"));
        let members = [ana.clone(), ben.clone()];
        let name_of = |id| author_name(id, ana.id, &members);
        assert_eq!(
            [name_of(ana.id), name_of(ben.id), name_of(cy.id)],
            ["You", ben.display_name.as_str(), "Deleted user"]
        );
    }
}
