//! List of the user's conversations, newest first.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::conversation::Conversation;
use crate::domain::user;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::pager::OlderLink;
use crate::ui::components::presence::PresenceMark;
use crate::ui::components::time::{Time, TimeFormat};
use crate::ui::state::held_order::HeldOrder;
use crate::ui::state::inbox_window::InboxWindow;
use crate::ui::state::{ComposeTarget, Drafts, Presence};

/// Rows of conversations, and a link to older ones. While a pointer is pressed or rests on them, they stay in their
/// places: the row that the user presses is the one that opens.
#[component]
pub fn ConversationList(window: InboxWindow, me: user::Id) -> impl IntoView {
    let order = HeldOrder::new();
    let shown = order.of(move || window.ids());
    let draw = move |id| {
        let row = window.row(id);
        row.get_untracked().map(|first| view! { <ConversationItem first row me/> })
    };
    view! {
        <Show when=move || !window.is_empty() fallback=NoConversations>
            <ul
                class="conversation-list"
                on:pointerenter=move |_| order.hold()
                on:pointerdown=move |_| order.hold()
                on:pointerleave=move |_| order.release_soon()
                on:pointercancel=move |_| order.release_soon()
            >
                // Keyed by the conversation alone: a row that changes is not drawn anew, so that it can be pressed.
                <For each=move || shown.get() key=|id| *id children=draw/>
            </ul>
            <OlderConversations window/>
        </Show>
    }
}

/// Row of a conversation. `first`: the conversation as it is drawn first; its members stay the same.
#[component]
fn ConversationItem(first: Conversation, row: Memo<Option<Conversation>>, me: user::Id) -> impl IntoView {
    if let Some(presence) = use_context::<Presence>() {
        presence.watch(first.id);
    }
    let href = format!("/messages/{}", first.id);
    let pathname = use_location().pathname;
    let current = {
        let href = href.clone();
        move || (*pathname.read() == href).then_some("page")
    };
    let (face, peer) = (first.others(me).next().cloned(), first.peer(me).cloned());
    let target = ComposeTarget::conversation(first.id, peer.as_ref().map(|peer| peer.id));
    let drafts = use_context::<Drafts>();
    // The draft of the open conversation is visible in the composer.
    let draft = {
        let href = href.clone();
        Memo::new(move |_| drafts?.preview_of(target).filter(|_| *pathname.read() != href))
    };
    let title = Memo::new(move |_| row.read().as_ref().map(|row| row.title(me)));
    let last_sent_at = first.last_sent_at;
    let at = Memo::new(move |_| row.read().as_ref().map_or(last_sent_at.clone(), |row| row.last_sent_at.clone()));
    let text = Memo::new(move |_| draft.get().or_else(|| row.read().as_ref().map(|row| row.preview.clone())));
    let by_me = Memo::new(move |_| row.read().as_ref().is_some_and(|row| row.last_author == Some(me)));
    let prefix = move || match draft.read().is_some() {
        true => Some(Either::Left(view! { <span class="conversation__draft">"Draft:"</span> })),
        false => by_me.get().then(|| Either::Right(view! { <span>"You:"</span> })),
    };
    view! {
        <li translate="no">
            <a class="conversation" href=href aria-current=current>
                {face.map(|user| view! { <Avatar user/> })}
                <span class="conversation__name">
                    <bdi>{title}</bdi> {peer.as_ref().map(|peer| view! { <PresenceMark user=peer.id/> })}
                </span>
                <span class="conversation__handle">
                    {peer.and_then(|peer| peer.handle).map(|handle| view! { "@" <bdi>{handle.to_string()}</bdi> })}
                </span>
                <span class="conversation__time"><Time at format=TimeFormat::Short/></span>
                <span class="conversation__preview">{prefix} " " <bdi>{text}</bdi></span>
                <UnreadBadge row/>
            </a>
        </li>
    }
}

/// Number of unread messages of a conversation, or the mark that the user has set.
#[component]
fn UnreadBadge(row: Memo<Option<Conversation>>) -> impl IntoView {
    let state = Memo::new(move |_| row.read().as_ref().map_or((0, false), |row| (row.unread(), row.is_marked())));
    let badge = |count: Option<u64>, label| {
        view! { <span class="badge">{count}<span class="visually-hidden">{label}</span></span> }
    };
    move || match state.get() {
        (0, false) => None,
        (0, true) => Some(badge(None, "Marked as unread")),
        (count, _) => Some(badge(Some(count), " unread")),
    }
}

#[component]
fn OlderConversations(window: InboxWindow) -> impl IntoView {
    let load = window.load_older_action();
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    let link = move |cursor| {
        view! {
            <OlderLink
                href=format!("/messages?before={cursor}")
                label="Older conversations"
                pending=load.pending().into()
                error
                load=Callback::new(move |()| drop(load.dispatch(())))
            />
        }
    };
    // Drawn anew only with another cursor, so that it can be pressed while rows change.
    let cursor = Memo::new(move |_| window.older());
    move || cursor.get().map(link)
}

#[component]
fn NoConversations() -> impl IntoView {
    view! {
        <div class="notice">
            <p>"You have no conversations yet."</p>
            <a class="button button--primary" href="/messages/new">"Start a conversation"</a>
        </div>
    }
}

/// Placeholder for the rows while they load.
#[component]
pub fn ConversationListSkeleton() -> impl IntoView {
    let rows = (0..6).map(|_| view! { <li class="skeleton skeleton--row"></li> }).collect_view();
    view! { <ul class="conversation-list" aria-busy="true" aria-label="Loading conversations">{rows}</ul> }
}
