//! Page of one message: its text and history, who has reacted to it, and forms for all that can be done with it.

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use crate::domain::conversation::{self, MessageView};
use crate::domain::emoji::Emoji;
use crate::domain::message::{Message, Reaction, Version};
use crate::domain::paths;
use crate::domain::refused_form::RefusedForm;
use crate::domain::user::{self, User};
use crate::ui::components::block_forms::{BlockForm, BlockedNote};
use crate::ui::components::copy_link::CopyLink;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::heading::Heading;
use crate::ui::components::message_edit_form::{EditForm, LostText};
use crate::ui::components::message_item::author_name;
use crate::ui::components::message_text::{InertLinks, MessageText};
use crate::ui::components::show::{Case, For, Show};
use crate::ui::components::time::{Time, TimeFormat};
use crate::ui::state::LiveEvents;
use crate::ui::state::focus::{focus, focus_if_removed};
use crate::ui::state::message_page::{MessagePage, Typed, text_of};
use crate::ui::state::reactive::{effect, memo};

/// Emoji that the page offers as buttons.
const OFFERED: [&str; 8] = ["👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "🔥"];

/// Values that the parts of the page share.
#[derive(Clone, Copy)]
struct Details {
    page: MessagePage,
    me: user::Id,
    members: StoredValue<Vec<User>>,
    /// Path of the page, to which its forms are posted.
    path: StoredValue<String>,
    /// True if the user has blocked the peer, or has not accepted their request, so that the message can only be read
    /// and deleted.
    is_read_only: bool,
}

impl Details {
    fn name(self, user: user::Id) -> String {
        self.members.with_value(|members| author_name(user, self.me, members))
    }

    fn message(self) -> Message {
        self.page.view.read().message.clone()
    }

    fn is_deleted(self) -> bool {
        self.page.view.read().message.is_deleted()
    }
}

/// A message with everything that can be done with it.
#[component]
pub fn MessageDetails(
    view: MessageView,
    me: user::Id,
    /// Form that the server has just refused without WASM.
    refused: Option<RefusedForm>,
    /// Text that the user has typed into the edit form.
    typed: RwSignal<Typed>,
) -> impl IntoView {
    let (conversation, reference) = (view.conversation, view.message.reference());
    let title = conversation::title(view.members.iter().filter(|member| member.id != me));
    let (has_blocked, is_read_only) = (view.has_blocked, view.has_blocked || view.is_request);
    provide_context(InertLinks(view.is_request));
    let is_editable = view.editable_until.is_some() && !is_read_only;
    let peer = view.peer(me).filter(|peer| !peer.is_deleted()).cloned();
    let members = StoredValue::new(view.members.clone());
    let path = StoredValue::new(paths::message(conversation, &reference));
    let (error, mut fields) = refused.map_or_else(Default::default, |it| (it.error, it.fields));
    let text = text_of(typed, reference.id).or_else(|| fields.remove("body"));
    let page = MessagePage::new(view, me, error);
    page.start(expect_context::<LiveEvents>());
    let details = Details { page, me, members, path, is_read_only };
    let is_mine = page.view.with_untracked(|view| view.message.author == me);
    let lost = text.clone().filter(|_| !is_editable);
    let (left, is_shown) = (RwSignal::new(None), is_editable || lost.is_some());
    effect(move || left.set(page.kept.read().filter(|_| !is_shown).map(|(_, text)| text)));
    let discard = move |_| {
        page.kept.forget();
        left.set(None);
        focus("#heading");
    };
    view! {
        <section class="message-page" aria-labelledby="heading">
            <div class="message-page__head">
                <Heading>"Message"</Heading>
                <p><a href=paths::link_to(conversation, &reference)>"Show in the conversation with " <bdi>{title}</bdi></a></p>
            </div>
            {move || page.error.get().map(|error| view! { <ErrorNote error/> })}
            <CurrentText details/>
            {lost.map(|body| view! { <LostText body/> })}
            {move || left.get().map(|body| view! {
                <LostText body/>
                <div class="message-page__ways"><button class="button" type="button" on:click=discard>"Discard"</button></div>
            }.into_any())}
            <Show when=move || !details.is_deleted()>
                <Reactions details/>
                <div class="message-page__ways">
                    {(!is_read_only).then(|| view! { <a class="button" href=paths::reply_to(conversation, &reference)>"Reply"</a> })}
                    <CopyLink link=paths::link_to(conversation, &reference)/>
                </div>
            </Show>
            {is_editable.then(|| view! { <EditForm page path=path.get_value() text typed/> })}
            <History details/>
            {is_mine.then(|| view! { <DeleteForm details/> })}
            {(!is_mine).then(|| view! { <p><a class="button" href=paths::report(&path.get_value())>"Report to the operator"</a></p> })}
            {peer.map(|user| match has_blocked {
                true => Case::A(view! { <BlockedNote user path=path.get_value() refused=None/> }.into_any()),
                false => Case::B(view! { <div class="message-page__ways"><BlockForm user path=path.get_value()/></div> }.into_any()),
            })}
        </section>
    }
}

/// The message as it is now.
#[component]
fn CurrentText(details: Details) -> impl IntoView {
    let message = memo(move || details.message());
    let first = message.get_untracked();
    let author = first.author_name.map_or_else(|| details.name(first.author), |name| name.to_string());
    let text = move || match message.get() {
        message if message.is_deleted() => {
            Case::A(view! { <p class="message-page__deleted">"Message deleted"</p> }.into_any())
        }
        message => Case::B(view! { <MessageText body=message.body/> }.into_any()),
    };
    let edited = move || message.get().edited_at.map(|at| view! { " · Edited " <Time at format=TimeFormat::Full/> });
    view! {
        <div class="message-page__text" translate="no">
            <p class="message-page__who">
                <bdi>{author}</bdi> " · " <Time at=first.sent_at format=TimeFormat::Full/> {move || edited().map(IntoAny::into_any)}
            </p>
            {move || text()}
        </div>
    }
}

/// Reactions with their users, and forms for more.
#[component]
fn Reactions(details: Details) -> impl IntoView {
    let reactions = memo(move || details.message().reactions);
    let names = move |users: &[user::Id]| users.iter().map(|user| details.name(*user)).collect::<Vec<_>>().join(", ");
    view! {
        <section class="message-page__part" aria-labelledby="reactions">
            <h2 class="message-page__heading" id="reactions">"Reactions"</h2>
            <ul translate="no">
                {move || reactions.get().into_iter().map(|reaction| view! {
                    <li>{reaction.emoji.to_string()} " " <bdi>{names(&reaction.users)}</bdi></li>
                }).collect_view()}
            </ul>
            {(!details.is_read_only).then(|| view! { <ReactionForms details reactions/> })}
        </section>
    }
}

/// Buttons for the most common emoji, and a field for any other.
#[component]
fn ReactionForms(details: Details, reactions: Memo<Vec<Reaction>>) -> impl IntoView {
    let others = move || {
        focus_if_removed("#emoji");
        let used = reactions.get().into_iter().map(|reaction| reaction.emoji);
        used.filter(|emoji| !OFFERED.contains(&emoji.as_str())).collect::<Vec<_>>()
    };
    let field = NodeRef::<Input>::new();
    let react = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            details.page.react(&Emoji::stored(field.value()), true);
            field.set_value("");
        }
    };
    view! {
        <div class="message-page__ways" role="group" aria-labelledby="reactions">
            {OFFERED.map(|emoji| view! { <ReactionButton details emoji=Emoji::stored(emoji.to_owned())/> }).into_iter().collect_view()}
            <For each=others key=Emoji::to_string let:emoji><ReactionButton details emoji/></For>
        </div>
        <form class="message-page__row" method="post" action=details.path.get_value() autocomplete="off" on:submit=react>
            <PageUserField/>
            <label class="field__label" for="emoji">"Another emoji"</label>
            <input class="field__input" id="emoji" name="emoji" required maxlength="64" node_ref=field/>
            <SeenEdits details/>
            <button class="button" name="on" value="true">"React"</button>
        </form>
    }
}

/// Button that adds or removes the user's reaction with one emoji. Its words say which.
#[component]
fn ReactionButton(details: Details, emoji: Emoji) -> impl IntoView {
    let text = StoredValue::new(emoji.to_string());
    let is_on = memo(move || text.with_value(|text| details.page.has_reacted(text)));
    let react = move |event: SubmitEvent| {
        event.prevent_default();
        details.page.react(&emoji, !is_on.get_untracked());
    };
    view! {
        <form method="post" action=details.path.get_value() on:submit=react>
            <PageUserField/>
            <input type="hidden" name="emoji" value=text.get_value()/>
            <SeenEdits details/>
            <button class="button reaction-button" class=("reaction-button--on", is_on) name="on" value=move || (!is_on.get()).to_string()>
                <span class="visually-hidden" translate="no">{move || if is_on.get() { "Remove " } else { "React with " }}</span>
                <span translate="no">{text.get_value()}</span>
                <span aria-hidden="true" translate="no">{move || is_on.get().then_some("✓")}</span>
            </button>
        </form>
    }
}

/// Field that says which text of the message the user sees.
#[component]
fn SeenEdits(details: Details) -> impl IntoView {
    view! { <input type="hidden" name="edits" value=move || details.page.seen_edits()/> }
}

/// All texts that the message has had, the newest first.
#[component]
fn History(details: Details) -> impl IntoView {
    let versions = memo(move || details.page.view.read().versions.clone());
    let draw = |Version { body, written_at }| {
        view! { <li><p class="message-page__who"><Time at=written_at format=TimeFormat::Full/></p> <MessageText body/></li> }
    };
    view! {
        <Show when=move || !versions.read().is_empty()>
            <section class="message-page__part" aria-labelledby="history">
                <h2 class="message-page__heading" id="history">"History"</h2>
                <ol class="message-page__history" translate="no">{move || versions.get().into_iter().map(draw).collect_view()}</ol>
            </section>
        </Show>
    }
}

/// Button that deletes the message, behind a question.
#[component]
fn DeleteForm(details: Details) -> impl IntoView {
    let delete = move |event: SubmitEvent| {
        event.prevent_default();
        details.page.delete();
    };
    view! {
        <Show when=move || !details.is_deleted()>
            <details class="message-page__part">
                <summary class="button">"Delete…"</summary>
                <form class="message-page__ways" method="post" action=details.path.get_value() on:submit=delete>
                    <PageUserField/>
                    <p>"Delete this message for everyone? This cannot be undone."</p>
                    <SeenEdits details/>
                    <button class="button button--danger" name="delete" value="true">"Delete message"</button>
                </form>
            </details>
        </Show>
    }
}
