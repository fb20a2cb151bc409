//! Drafts whose composers are not on the page.

use leptos::prelude::*;

use crate::ui::components::copy_text::CopyText;
use crate::ui::components::message_text::MessageText;
use crate::ui::components::show::{For, Show};
use crate::ui::state::drafts::FirstDraft;
use crate::ui::state::focus::focus;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::reactive::memo;
use crate::ui::state::{ComposeTarget, Drafts, Outbox};

/// Drafts of first messages, which no conversation of the list shows.
#[component]
pub fn FirstDrafts(outbox: Outbox, drafts: Drafts, inbox: Inbox) -> impl IntoView {
    let left = memo(move || {
        let has_place = |draft: &FirstDraft| {
            outbox.has_composer_for(draft.recipient) || inbox.conversation_with(draft.recipient).is_some()
        };
        drafts.first_messages().into_iter().filter(|draft| !has_place(draft)).collect::<Vec<_>>()
    });
    let key = |draft: &FirstDraft| (draft.recipient, draft.text.clone());
    view! {
        <Show when=move || !left.read().is_empty()>
            <section class="unsent" aria-labelledby="drafts">
                <h2 class="unsent__heading" id="drafts">"Drafts"</h2>
                <ul class="message-list">
                    <For each=move || left.get() key=key let:draft>
                        <li class="message message--mine message--unsent">
                            <span class="message__author">
                                <a href=format!("/messages/new/user/{}", draft.recipient)>
                                    "To " <bdi>{draft.name.unwrap_or_else(|| "a user".to_owned())}</bdi>
                                </a>
                            </span>
                            <LeftText drafts target=ComposeTarget::Person(draft.recipient) text=draft.text/>
                        </li>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

/// Lists the texts that the user has written in a closed conversation.
#[component]
pub fn ClosedDrafts(drafts: Drafts, target: ComposeTarget) -> impl IntoView {
    view! {
        <For each=move || drafts.texts_of(target) key=String::clone let:text>
            <p>"You wrote:"</p>
            <LeftText drafts target text/>
        </For>
    }
}

#[component]
fn LeftText(drafts: Drafts, target: ComposeTarget, text: String) -> impl IntoView {
    let discard = move |_| {
        drafts.discard(target);
        // The button goes, and the focus with it.
        focus("h1");
    };
    view! {
        <MessageText body=text.clone()/>
        <span class="message__ways">
            <CopyText text=StoredValue::new(text)/>
            <button class="button" type="button" on:click=discard>"Discard"</button>
        </span>
    }
}
