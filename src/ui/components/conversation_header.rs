//! Header of a conversation.

use leptos::prelude::*;

use crate::domain::conversation::{self, Kind};
use crate::domain::error::AppError;
use crate::domain::message::SentAt;
use crate::domain::paths;
use crate::domain::user::{Handle, User};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::block_forms::BlockForm;
use crate::ui::components::date_form::DateForm;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::heading::Heading;
use crate::ui::components::presence::{LastSeen, PresenceMark};
use crate::ui::components::show::Show;
use crate::ui::state::hydrated::use_hydrated;
use crate::ui::state::reactive::{memo, row_memo};

/// Header of a conversation: the other members and the actions. On a narrow screen [`BackToList`] lies on its start.
#[component]
pub fn ConversationHeader(
    kind: Kind,
    /// The members other than the user. Their names may change.
    #[prop(into)]
    others: Signal<Vec<User>>,
    /// Path of the page, to which its forms are posted.
    #[prop(into)]
    path: String,
    /// True if the user can block the peer from here.
    is_blockable: bool,
    /// Marks the conversation as unread, if it exists already.
    #[prop(optional)]
    mark_unread: Option<Action<(), Result<(), AppError>>>,
    /// When the peer was last online, as far as the user may see it.
    #[prop(optional_no_strip)]
    last_seen: Option<SentAt>,
) -> impl IntoView {
    let face = memo(move || others.read().first().cloned());
    let handle = memo(move || face.read().as_ref()?.handle.as_ref().map(Handle::to_string));
    let peer = face.get_untracked().filter(|_| kind == Kind::Direct);
    let blockable = peer.clone().filter(|peer| is_blockable && !peer.is_deleted());
    let blockable = blockable.map(|peer| row_memo(move || face.get().unwrap_or_else(|| peer.clone())));
    let report = mark_unread.is_some().then(|| paths::report(&path));
    let date_path = mark_unread.is_some().then(|| path.clone());
    view! {
        <div class="thread__head">
            {move || face.get().map(|user| view! { <Avatar user/> })}
            <div class="thread__who" translate="no">
                <Heading><bdi>{move || conversation::title(&*others.read())}</bdi></Heading>
                <p class="thread__handle">
                    {peer.filter(|peer| peer.handle.is_some()).map(|peer| view! {
                        <span class="thread__at">
                            <span>"@" <bdi>{move || handle.get()}</bdi></span> <PresenceMark user=peer.id/>
                        </span>
                        <LastSeen user=peer.id rendered=last_seen/>
                    })}
                </p>
            </div>
            <div class="thread__ways">
                {date_path.map(|path| view! { <DateForm path/> })}
                {mark_unread.map(|mark| view! { <MarkUnread mark/> })}
                {blockable.map(|user| view! { <BlockForm user path report/> })}
            </div>
        </div>
    }
}

/// Link from a conversation to the list, for narrow screens that show only one of them. It stays while a conversation
/// loads, or another one: what was drawn anew would lose the focus.
#[component]
pub fn BackToList() -> impl IntoView {
    view! {
        <a class="button button--quiet button--icon thread__back" href="/messages" aria-label="Back to all messages">
            <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <path d="M15 5l-7 7 7 7"/>
            </svg>
        </a>
    }
}

/// Button that marks the conversation as unread. Only with WASM: without it, messages are not marked as read either.
#[component]
fn MarkUnread(mark: Action<(), Result<(), AppError>>) -> impl IntoView {
    let hydrated = use_hydrated();
    let failed = move || mark.value().get().and_then(Result::err).map(|error| view! { <ErrorNote error/> });
    let press = move |_| {
        if !mark.pending().get_untracked() {
            mark.dispatch(());
        }
    };
    view! {
        <Show when=move || hydrated.get()>
            <button class="button button--quiet button--icon" type="button" on:click=press>
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M20 11v8H4V6h10M4 7l8 6 4-3"/>
                    <circle cx="19" cy="6" r="3"/>
                </svg>
                <span class="visually-hidden">"Mark as unread"</span>
            </button>
        </Show>
        {move || failed().map(IntoAny::into_any)}
    }
}
