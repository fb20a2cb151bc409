//! Messages that are being sent, are waiting, or were refused by the server, and changes of messages that are waiting
//! or were refused.

use leptos::prelude::*;

use crate::domain::error::{AppError, Conflict};
use crate::ui::components::copy_text::CopyText;
use crate::ui::components::message_text::MessageText;
use crate::ui::components::not_kept::NotKept;
use crate::ui::components::show::{Case, For, Show};
use crate::ui::state::compose_target::Target;
use crate::ui::state::composing::Composing;
use crate::ui::state::focus::focus_composer;
use crate::ui::state::outbox::queue::{Shown, State};
use crate::ui::state::outbox::unsent::Content;
use crate::ui::state::reactive::memo;
use crate::ui::state::refusal::Refusal;
use crate::ui::state::{ComposeTarget, Outbox};
use crate::ui::wording::sentence;

/// Unsent messages of a composer, shown below the stored ones in the order in which they will be sent.
#[component]
pub fn UnsentMessages(outbox: Outbox, target: ComposeTarget) -> impl IntoView {
    outbox.show_at(target);
    view! {
        <ol class="message-list message-list--unsent">
            <For each=move || outbox.of(target) key=key let:shown>
                <UnsentMessage outbox shown/>
            </For>
        </ol>
    }
}

/// Unsent messages that the rest of the page does not show: their pages may be closed, or gone.
#[component]
pub fn UnsentElsewhere(outbox: Outbox) -> impl IntoView {
    let is_empty = memo(move || outbox.elsewhere().is_empty());
    view! {
        <Show when=move || !is_empty.get()>
            <section class="unsent" aria-labelledby="unsent">
                <h2 class="unsent__heading" id="unsent">"Unsent messages"</h2>
                <ul class="message-list">
                    <For each=move || outbox.elsewhere() key=key let:shown>
                        <UnsentMessage outbox recipient=recipient(&shown) shown/>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

/// Key that holds everything that an entry shows.
fn key(shown: &Shown) -> impl std::hash::Hash + Eq + use<> {
    let state = match &shown.state {
        State::Sending => None,
        State::Waiting => Some(String::new()),
        State::Refused(refusal) => Some(reason(refusal)),
    };
    (shown.item.id, shown.item.replaced.len(), shown.item.is_change(), state, shown.is_kept)
}

/// Returns the sentence of a refusal.
fn reason(refusal: &Refusal) -> String {
    match refusal.reason() {
        Ok(kept) => kept.to_owned(),
        Err(error) => sentence(&error),
    }
}

/// Returns the names of the recipients, with a link if their conversation exists.
fn recipient(shown: &Shown) -> AnyView {
    let name = if shown.item.to.is_empty() { "an earlier conversation" } else { &shown.item.to };
    let name = view! { "To " <bdi>{name.to_owned()}</bdi> };
    match shown.item.target {
        Target::Conversation(id) => view! { <a href=format!("/messages/{id}")>{name}</a> }.into_any(),
        Target::Person(_) => name.into_any(),
    }
}

/// Returns whether a refused entry may be accepted later. The server never accepts an edit that is too late.
fn may_be_retried(content: &Content, refusal: &Refusal) -> bool {
    use Conflict::{EditTooLate, MessageDeleted, TooManyEdits};
    match (content, refusal.reason()) {
        (Content::Body(_), _) | (_, Ok(_)) => true,
        (_, Err(error)) => {
            let is_final = |conflict| matches!(conflict, MessageDeleted | EditTooLate | TooManyEdits);
            !matches!(error, AppError::NotFound) && !matches!(error, AppError::Conflict(conflict) if is_final(conflict))
        }
    }
}

/// Returns the beginning of the sentence that says that an entry waits, and that it was refused.
fn states(content: &Content) -> [&'static str; 2] {
    match content {
        Content::Body(_) => ["Not sent yet. Still trying…", "Not sent. "],
        Content::Edit { .. } => ["Edit not saved yet. Still trying…", "Edit not saved. "],
        Content::Delete(_) => ["Message not deleted yet. Still trying…", "Message not deleted. "],
        Content::React { .. } => ["Reaction not saved yet. Still trying…", "Reaction not saved. "],
    }
}

/// Unsent message or change, with its state or the reason of its refusal.
#[component]
pub fn UnsentMessage(
    outbox: Outbox,
    shown: Shown,
    /// Names of the recipients, where the page does not say to whom the message goes.
    #[prop(optional)]
    recipient: Option<AnyView>,
) -> impl IntoView {
    let Shown { item, state, is_kept } = shown;
    let (id, is_change) = (item.id, item.is_change());
    let text = item.content.text().map(ToOwned::to_owned);
    let can_retry = matches!(&state, State::Refused(refusal) if may_be_retried(&item.content, refusal));
    // A page without a composer leads to the conversation, which has one.
    let composing = use_context::<RwSignal<Composing>>().filter(|_| !is_change);
    let can_edit = composing.is_some();
    let [waits, refused] = states(&item.content);
    let emoji = match &item.content {
        Content::React { emoji, .. } => Some(emoji.to_string()),
        Content::Body(_) | Content::Edit { .. } | Content::Delete(_) => None,
    };
    let body = StoredValue::new(text.clone().unwrap_or_default());
    // The buttons disappear when they are used, and the focus would be lost with them.
    let retry = move |_| {
        outbox.retry(id);
        focus_composer();
    };
    let discard = move |_| {
        outbox.discard(id);
        focus_composer();
    };
    let edit = move |_| {
        if let Some(composing) = composing {
            composing.set(Composing::EditUnsent { id, body: body.get_value() });
        }
    };
    let has_text = text.is_some();
    let ways = move || {
        view! {
            <span class="message__ways">
                {can_retry.then(|| view! { <button class="button" type="button" on:click=retry>"Try again"</button> })}
                {can_edit.then(|| view! { <button class="button" type="button" on:click=edit>"Edit"</button> })}
                {has_text.then(|| view! { <CopyText text=body/> })}
                <button class="button" type="button" on:click=discard>"Discard"</button>
            </span>
        }
    };
    let state = match state {
        State::Sending => Case::A(view! { <span class="message__state" translate="no">"Sending…"</span> }.into_any()),
        State::Waiting => Case::B(view! {
            <span class="message__state message__state--failed" translate="no" role="status">{waits}</span>
            {ways()}
        }.into_any()),
        State::Refused(refusal) => Case::C(view! {
            <span class="message__state message__state--failed" translate="no" role="alert">{refused}{reason(&refusal)}</span>
            {ways()}
        }.into_any()),
    };
    let author = match recipient {
        Some(recipient) => Case::A(view! { <span class="message__author">{recipient}</span> }.into_any()),
        None => Case::B(
            view! { <span class="message__author visually-hidden" translate="no" data-copy="You">"You: "</span> }
                .into_any(),
        ),
    };
    view! {
        <li class="message message--mine message--unsent" class=("message--change", is_change)>
            {author}
            {item.reply_to.map(|_| view! { <span class="message__answers" translate="no">"Reply"</span> })}
            {text.or(emoji).map(|body| view! { <MessageText body/> })}
            {state}
            {(!is_kept).then(|| view! { <NotKept/> })}
        </li>
    }
}
