//! Messages that are on their way, or that the server refused.

use leptos::either::Either;
use leptos::prelude::*;

use crate::ui::components::focus::focus;
use crate::ui::state::outbox::Unsent;
use crate::ui::state::{Outbox, Place};

/// They stand below all that is stored, in the order in which they will be.
#[component]
pub fn UnsentMessages(
    /// What is unsent.
    outbox: Outbox,
    /// Where.
    place: Place,
) -> impl IntoView {
    let items = move || outbox.of(place);
    view! {
        <ol class="message-list message-list--unsent">
            <For each=items key=|item| (item.id, item.refused.clone()) let:item>
                <UnsentMessage outbox item/>
            </For>
        </ol>
    }
}

/// Both buttons are gone with what they did; the focus goes to where one writes.
fn write_on() {
    focus(".composer__field");
}

#[component]
fn UnsentMessage(outbox: Outbox, item: Unsent) -> impl IntoView {
    let Unsent { id, body, refused, .. } = item;
    let state = match refused {
        None => Either::Left(view! { <span class="message__state">"Sending…"</span> }),
        Some(reason) => Either::Right(view! {
            <span class="message__state message__state--failed" role="alert">"Not sent. " {reason}</span>
            <span class="message__ways">
                <button class="button" type="button" on:click=move |_| { outbox.retry(id); write_on() }>"Try again"</button>
                <button class="button" type="button" on:click=move |_| { outbox.discard(id); write_on() }>"Discard"</button>
            </span>
        }),
    };
    view! {
        <li class="message message--mine message--unsent">
            <span class="visually-hidden">"You: "</span>
            <p class="message__body"><span class="message__text" dir="auto">{body}</span></p>
            {state}
        </li>
    }
}
