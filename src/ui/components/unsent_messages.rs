//! Messages that are being sent, are waiting, or were refused by the server.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use crate::ui::components::message_text::MessageText;
use crate::ui::components::not_kept::NotKept;
use crate::ui::state::clipboard::copy;
use crate::ui::state::compose_target::Target;
use crate::ui::state::focus::focus_composer;
use crate::ui::state::outbox::queue::{Shown, State};
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
    let is_empty = Memo::new(move |_| outbox.elsewhere().is_empty());
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

/// Key that holds everything that a message shows.
fn key(shown: &Shown) -> impl std::hash::Hash + Eq + use<> {
    let state = match &shown.state {
        State::Sending => None,
        State::Waiting => Some(String::new()),
        State::Refused(refusal) => Some(reason(refusal)),
    };
    (shown.item.id, state, shown.is_kept)
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

/// Unsent message, with its state or the reason of its refusal.
#[component]
pub fn UnsentMessage(
    outbox: Outbox,
    shown: Shown,
    /// Names of the recipients, where the page does not say to whom the message goes.
    #[prop(optional)]
    recipient: Option<AnyView>,
) -> impl IntoView {
    let Shown { item, state, is_kept } = shown;
    let (id, body) = (item.id, StoredValue::new(item.body));
    let is_refused = matches!(state, State::Refused(_));
    // The buttons disappear when they are used, and the focus would be lost with them.
    let retry = move |_| {
        outbox.retry(id);
        focus_composer();
    };
    let discard = move |_| {
        outbox.discard(id);
        focus_composer();
    };
    let ways = move || {
        let is_copied = RwSignal::new(false);
        let label = move || if is_copied.get() { "Copied" } else { "Copy" };
        view! {
            <span class="message__ways">
                {is_refused.then(|| view! { <button class="button" type="button" on:click=retry>"Try again"</button> })}
                <button class="button" type="button" on:click=move |_| body.with_value(|body| copy(body, is_copied))>{label}</button>
                <button class="button" type="button" on:click=discard>"Discard"</button>
            </span>
        }
    };
    let state = match state {
        State::Sending => EitherOf3::A(view! { <span class="message__state" translate="no">"Sending…"</span> }),
        State::Waiting => EitherOf3::B(view! {
            <span class="message__state message__state--failed" translate="no" role="status">"Not sent yet. Still trying…"</span>
            {ways()}
        }),
        State::Refused(refusal) => EitherOf3::C(view! {
            <span class="message__state message__state--failed" translate="no" role="alert">"Not sent. " {reason(&refusal)}</span>
            {ways()}
        }),
    };
    let author = match recipient {
        Some(recipient) => Either::Left(view! { <span class="message__author">{recipient}</span> }),
        None => Either::Right(
            view! { <span class="message__author visually-hidden" translate="no" data-copy="You">"You: "</span> },
        ),
    };
    view! {
        <li class="message message--mine message--unsent">
            {author}
            <MessageText body=body.get_value()/>
            {state}
            {(!is_kept).then(|| view! { <NotKept/> })}
        </li>
    }
}
