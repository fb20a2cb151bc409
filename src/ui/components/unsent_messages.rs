//! Messages that are being sent or that the server has refused.

use leptos::either::Either;
use leptos::prelude::*;

use crate::ui::state::focus::focus_composer;
use crate::ui::state::outbox::Unsent;
use crate::ui::state::refusal::Refusal;
use crate::ui::state::{ComposeTarget, Outbox};
use crate::ui::wording::sentence;

/// Unsent messages, shown below the stored ones in the order in which they will be sent.
#[component]
pub fn UnsentMessages(outbox: Outbox, target: ComposeTarget) -> impl IntoView {
    let items = move || outbox.of(target);
    view! {
        <ol class="message-list message-list--unsent">
            <For each=items key=|item| (item.id, item.refused.as_ref().map(reason)) let:item>
                <UnsentMessage outbox item/>
            </For>
        </ol>
    }
}

/// Returns the sentence of a refusal.
fn reason(refusal: &Refusal) -> String {
    match refusal.reason() {
        Ok(kept) => kept.to_owned(),
        Err(error) => sentence(&error),
    }
}

/// Unsent message, with its state or the reason of its refusal.
#[component]
pub fn UnsentMessage(outbox: Outbox, item: Unsent) -> impl IntoView {
    let Unsent { id, body, refused, .. } = item;
    // The buttons disappear when they are used, and the focus would be lost with them.
    let state = match refused {
        None => Either::Left(view! { <span class="message__state" translate="no">"Sending…"</span> }),
        Some(refusal) => Either::Right(view! {
            <span class="message__state message__state--failed" translate="no" role="alert">"Not sent. " {reason(&refusal)}</span>
            <span class="message__ways">
                <button class="button" type="button" on:click=move |_| { outbox.retry(id); focus_composer() }>"Try again"</button>
                <button class="button" type="button" on:click=move |_| { outbox.discard(id); focus_composer() }>"Discard"</button>
            </span>
        }),
    };
    view! {
        <li class="message message--mine message--unsent">
            <span class="message__author visually-hidden" translate="no" data-copy="You">"You: "</span>
            <p class="message__body"><span class="message__text" dir="auto">{body}</span></p>
            {state}
        </li>
    }
}
