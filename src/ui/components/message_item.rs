//! One message in the list: its quote, its text, its reactions, and the bar of actions.

use leptos::prelude::*;

use crate::domain::message::{self, Message, Quote, Reaction};
use crate::domain::paths;
use crate::domain::user::{self, User};
use crate::ui::components::message_text::MessageText;
use crate::ui::components::show::Case;
use crate::ui::components::time::{Calendar, TimeFormat, time_element};
use crate::ui::state::focus::keep_reaction_focus;
use crate::ui::state::message_command::Command;
use crate::ui::state::message_lines::Row;
use crate::ui::state::message_menu::MessageMenu;
use crate::ui::state::message_rows::RowSignals;

/// Emoji that one press adds; the menu has all of them, and the bar the first ones.
pub(super) const COMMON_EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

/// Number of [`COMMON_EMOJI`] in the bar.
const BAR_EMOJI: usize = 3;

/// The same for all messages of a list.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// With their current names.
    pub members: Memo<Vec<User>>,
    pub calendar: Calendar,
    pub menu: MessageMenu,
    /// Message to which the link of the page leads.
    pub linked: Option<message::Id>,
}

impl Surroundings {
    /// Returns the name of a member, or that of a deleted user.
    fn name_of(self, user: user::Id) -> String {
        self.members.with(|members| author_name(user, self.menu.me, members))
    }
}

/// Message of the list. What has changed in it is changed in place, so that the focus and the selection stay. The row
/// costs three effects: most of the time that a page of messages takes goes into effects. The element itself is not
/// part of any: Leptos would take off its attributes and set them again, and scripts set some of them.
#[component]
pub fn MessageItem(row: RowSignals, around: Surroundings) -> impl IntoView {
    let RowSignals { row, is_active } = row;
    let id = row.read_untracked().message.id;
    let (classes, shown, is_linked) = (row.clone(), row.clone(), around.linked == Some(id));
    view! {
        <li
            class=move || row_class(&classes.read(), around.menu.me, is_linked)
            id=format!("m-{id}")
            // The script, and the browser at a link to the message, give it the focus.
            tabindex="-1"
            // Scrolls to the message without script if the address has lost its fragment, as after the sign-in.
            autofocus=is_linked
        >
            {move || {
                keep_reaction_focus();
                content(shown.get(), around).into_any()
            }}
            {move || bar(&row.read().message, around.menu, is_active.get()).into_any()}
        </li>
    }
}

fn row_class(row: &Row, me: user::Id, is_linked: bool) -> String {
    let with = |class: &'static str, is_set: bool| if is_set { class } else { "" };
    [
        "message",
        with(" message--mine", row.message.author == me),
        with(" message--first", row.first),
        with(" message--shares-time", row.shares_time),
        with(" message--quotes", row.message.quote.is_some()),
        with(" message--linked", is_linked),
    ]
    .concat()
}

fn content(Row { message, first, receipt, .. }: Row, around: Surroundings) -> impl IntoView {
    let me = around.menu.me;
    let mine = message.author == me;
    let author = message.author_name.as_ref().map_or_else(|| around.name_of(message.author), |name| name.to_string());
    // Screen readers get the author of every message. On the screen, position and shape show it after the first one.
    let author_class = if first && !mine { "message__author" } else { "message__author visually-hidden" };
    // A copied text names the user: "You" would be another person to its reader.
    let copied_author = around.members.with(|members| {
        let member = members.iter().find(|member| member.id == message.author);
        member.map_or_else(|| author.clone(), |member| member.display_name.to_string())
    });
    let page = message.edited_at.is_some().then(|| around.menu.page_of(&message));
    let body = match message.is_deleted() {
        true => Case::A(view! { <DeletedText mine/> }.into_any()),
        false => Case::B(view! { <MessageText body=message.body/> }.into_any()),
    };
    view! {
        <span class=author_class translate="no" data-copy=copied_author>
            <bdi>{author}</bdi><span class="visually-hidden">": "</span>
        </span>
        {message.quote.map(|quote| view! { <QuoteLink quote around/> })}
        {body}
        {(!message.reactions.is_empty()).then(|| view! { <Reactions reactions=message.reactions around/> })}
        <span class="message__time">
            {time_element(&message.sent_at, TimeFormat::Clock, around.calendar)}
            {message.edited_at.map(|at| view! {
                <a class="message__edited" href=page translate="no">
                    <span class="visually-hidden">"Edited "</span>{time_element(&at, TimeFormat::Edited, around.calendar)}
                </a>
            })}
            {receipt.map(|label| view! { <span class="message__receipt" translate="no">{label}</span> })}
        </span>
    }
}

/// Note in place of the text of a deleted message.
#[component]
fn DeletedText(mine: bool) -> impl IntoView {
    let text = if mine { "You deleted this message" } else { "Deleted message" };
    view! {
        <p class="message__body message__body--deleted"><span class="message__text" translate="no">{text}</span></p>
    }
}

/// Quote above an answer: a link to the message that it answers.
#[component]
fn QuoteLink(quote: Quote, around: Surroundings) -> impl IntoView {
    let (is_deleted, author) = (quote.text.is_none(), around.name_of(quote.author));
    let text = quote.text.unwrap_or_else(|| "Original message deleted".to_owned());
    let label = format!("In reply to {author}: {text}");
    view! {
        <a
            class="message__quote"
            href=paths::link_to(around.menu.conversation, &quote.message)
            aria-label=label
            translate="no"
        >
            <span class="quote" class=("quote--deleted", is_deleted)>
                // The label of the link contains the text that is seen: WCAG 2.5.3.
                <span class="quote__author"><bdi>{author}</bdi>": "</span>
                <span class="quote__text" dir="auto">{text}</span>
            </span>
        </a>
    }
}

/// Reactions to a message. Without script they only show, and the message's page changes them.
#[component]
fn Reactions(reactions: Vec<Reaction>, around: Surroundings) -> impl IntoView {
    let me = around.menu.me;
    let can_press = around.menu.hydrated.get() && around.menu.can_react;
    let chip = move |Reaction { emoji, users }: Reaction| {
        let (mine, names) = (users.contains(&me), names(&users, me, around));
        let count = users.len();
        let label = format!("{emoji} {count}, {names}");
        let shown = view! {
            <span class="chip__emoji" aria-hidden="true">{emoji.to_string()}</span>
            <span class="chip__count" aria-hidden="true">{count}</span>
        };
        match can_press {
            true => Case::A(
                view! {
                    <button
                        class="chip"
                        type="button"
                        data-react=emoji.to_string()
                        aria-pressed=if mine { "true" } else { "false" }
                        aria-label=label
                        title=names
                    >
                        {shown}
                    </button>
                }
                .into_any(),
            ),
            false => Case::B(
                view! {
                    <span class="chip" class=("chip--mine", mine) title=names>
                        {shown}<span class="visually-hidden">{label}</span>
                    </span>
                }
                .into_any(),
            ),
        }
    };
    view! {
        <div class="message__reactions" role="group" aria-label="Reactions" translate="no">
            {reactions.into_iter().map(chip).collect_view()}
        </div>
    }
}

/// Bar of actions. Without script it is only the link to the message's page; with script that link opens the menu, and
/// the message under the pointer or with the focus has more.
fn bar(message: &Message, menu: MessageMenu, is_active: bool) -> impl IntoView + use<> {
    let hydrated = menu.hydrated.get();
    let button = |command: Command, label: &'static str, icon: &'static str| {
        view! {
            <button class="message__act" type="button" data-do=command.name() aria-label=label title=label>
                <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                    <path d=icon/>
                </svg>
            </button>
        }
    };
    let has_actions = is_active && hydrated && menu.allows(Command::Emoji, message);
    let actions = has_actions.then(|| {
        let emoji = |emoji: &'static str| {
            let pressed = if menu.has_reacted(message, emoji) { "true" } else { "false" };
            let label = format!("React with {emoji}");
            view! {
                <button class="message__act" type="button" data-react=emoji aria-label=label aria-pressed=pressed>{emoji}</button>
            }
        };
        let reply = menu.allows(Command::Reply, message).then(|| button(Command::Reply, "Reply", REPLY_ICON));
        view! {
            {COMMON_EMOJI[..BAR_EMOJI].iter().map(|it| emoji(it)).collect_view()}
            {button(Command::Emoji, "More emoji", EMOJI_ICON)}
            {reply}
        }
    });
    view! {
        <div class="message__bar" translate="no">
            <div class="message__acts">
                {actions}
                <a
                    class="message__act message__options"
                    href=menu.page_of(message)
                    data-do=Command::Menu.name()
                    role=hydrated.then_some("button")
                    aria-haspopup=hydrated.then_some("menu")
                >
                    <span class="visually-hidden">"Options"</span>
                </a>
            </div>
        </div>
    }
}

const REPLY_ICON: &str = "M10 6l-6 6 6 6M4 12h10a6 6 0 0 1 6 6v1";
pub(super) const EMOJI_ICON: &str = "M19.5 10a8 8 0 1 1-5.5-5.5M9 10v.01M14 10v.01M8.5 14a4 4 0 0 0 6 0M19 2v6M16 5h6";

/// Returns the names of users as in "you, Ben and Cy".
fn names(users: &[user::Id], me: user::Id, around: Surroundings) -> String {
    let you = users.contains(&me).then(|| "you".to_owned());
    let others = users.iter().filter(|user| **user != me).map(|user| around.name_of(*user));
    join_names(&you.into_iter().chain(others).collect::<Vec<_>>())
}

fn join_names(names: &[String]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        names => names.concat(),
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

    #[test]
    fn the_last_of_several_names_follows_an_and() {
        let joined = |names: &[&str]| join_names(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!([joined(&[]), joined(&["you"])], ["", "you"]);
        assert_eq!([joined(&["you", "Ben"]), joined(&["you", "Ben", "Cy"])], ["you and Ben", "you, Ben and Cy"]);
    }
}
