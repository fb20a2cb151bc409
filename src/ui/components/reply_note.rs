//! Note above the field of a composer that answers a message.

use leptos::prelude::*;
use leptos::web_sys::MouseEvent;

use crate::domain::message::Quote;
use crate::ui::components::show::Case;

/// The answered message, in at most two lines, with a way out. Belongs into the form of the composer: its hidden fields
/// are arguments of [`send_message`](crate::api::send_message).
#[component]
pub fn ReplyNote(
    quote: Quote,
    /// Name of the author of the answered message. `None` if it is the user.
    author: Option<String>,
    /// Path of the conversation, to which the way out leads without WASM.
    path: String,
    /// Ends the reply with WASM. Without it, the way out is a link.
    #[prop(optional, into)]
    end: Option<Callback<()>>,
) -> impl IntoView {
    let leave = move |event: MouseEvent| {
        if let Some(end) = end {
            event.prevent_default();
            end.run(());
        }
    };
    let text = quote.text.unwrap_or_else(|| "Original message deleted".to_owned());
    view! {
        <div class="reply-note">
            <input type="hidden" name="reply_to" value=quote.message.id.to_string()/>
            <input type="hidden" name="reply_to_sent_at" value=quote.message.sent_at.url_safe()/>
            <p class="reply-note__author" translate="no">
                "Replying to " {match author {
                    Some(author) => Case::A(view! { <bdi>{author}</bdi> }.into_any()),
                    None => Case::B("yourself".into_any()),
                }}
            </p>
            <p class="reply-note__text" translate="no" dir="auto">{text}</p>
            <a class="button button--quiet button--icon reply-note__end" href=path on:click=leave>
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M6 6l12 12M18 6L6 18"/>
                </svg>
                <span class="visually-hidden">"Cancel reply"</span>
            </a>
        </div>
    }
}
