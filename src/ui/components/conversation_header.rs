//! Header of a conversation.

use leptos::prelude::*;

use crate::domain::conversation::{self, Kind};
use crate::domain::error::AppError;
use crate::domain::paths;
use crate::domain::user::User;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::block_forms::BlockForm;
use crate::ui::components::date_form::DateForm;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::heading::Heading;
use crate::ui::components::presence::PresenceMark;
use crate::ui::components::show::Show;
use crate::ui::state::hydrated::use_hydrated;

/// Header of a conversation: the other members, the actions, and on a narrow screen the link back to the list.
#[component]
pub fn ConversationHeader(
    kind: Kind,
    /// The members other than the user.
    others: Vec<User>,
    /// Path of the page, to which its forms are posted.
    #[prop(into)]
    path: String,
    /// True if the user has blocked the peer.
    has_blocked: bool,
    /// Marks the conversation as unread, if it exists already.
    #[prop(optional)]
    mark_unread: Option<Action<(), Result<(), AppError>>>,
) -> impl IntoView {
    let (title, face) = (conversation::title(&others), others.into_iter().next());
    let peer = face.clone().filter(|_| kind == Kind::Direct);
    let blockable = peer.clone().filter(|peer| !has_blocked && !peer.is_deleted());
    let report = mark_unread.is_some().then(|| paths::report(&path));
    let date_path = mark_unread.is_some().then(|| path.clone());
    view! {
        <div class="thread__head">
            <BackToList/>
            {face.map(|user| view! { <Avatar user/> })}
            <div class="thread__who" translate="no">
                <Heading><bdi>{title}</bdi></Heading>
                <p class="thread__handle">
                    {peer.and_then(|peer| Some((peer.id, peer.handle?))).map(|(peer, handle)| view! {
                        "@" <bdi>{handle.to_string()}</bdi> <PresenceMark user=peer/>
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

/// Link from a conversation to the list, for narrow screens that show only one of them.
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
