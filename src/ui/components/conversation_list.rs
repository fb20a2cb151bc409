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
use crate::ui::state::inbox_window::InboxWindow;
use crate::ui::state::{ComposeTarget, Drafts, Presence};

/// Rows of conversations, and a link to older ones.
#[component]
pub fn ConversationList(window: InboxWindow, me: user::Id) -> impl IntoView {
    // The key holds everything that a row shows: `For` renders a row again only under a new key.
    let key = |row: &Conversation| (row.id, row.last_sent_at.clone(), row.unread(), row.is_marked());
    view! {
        <Show when=move || !window.is_empty() fallback=NoConversations>
            <ul class="conversation-list">
                <For each=move || window.rows() key=key let:row>
                    <ConversationItem row me/>
                </For>
            </ul>
            <OlderConversations window/>
        </Show>
    }
}

#[component]
fn ConversationItem(row: Conversation, me: user::Id) -> impl IntoView {
    if let Some(presence) = use_context::<Presence>() {
        presence.watch(row.id);
    }
    let href = format!("/messages/{}", row.id);
    let pathname = use_location().pathname;
    let current = {
        let href = href.clone();
        move || (*pathname.read() == href).then_some("page")
    };
    let (title, face, peer) = (row.title(me), row.others(me).next().cloned(), row.peer(me).cloned());
    let target = ComposeTarget::conversation(row.id, peer.as_ref().map(|peer| peer.id));
    let drafts = use_context::<Drafts>();
    // The draft of the open conversation is visible in the composer.
    let draft = {
        let href = href.clone();
        Memo::new(move |_| drafts?.of(target).filter(|_| *pathname.read() != href))
    };
    let by_me = row.last_author == Some(me);
    let count = (row.unread() > 0).then(|| row.unread());
    let unread = (count.is_some() || row.is_marked()).then(|| {
        let label = if count.is_some() { " unread" } else { "Marked as unread" };
        view! { <span class="badge">{count}<span class="visually-hidden">{label}</span></span> }
    });
    let preview = StoredValue::new(row.preview);
    view! {
        <li>
            <a class="conversation" href=href aria-current=current>
                {face.map(|user| view! { <Avatar user/> })}
                <span class="conversation__name">
                    <bdi>{title}</bdi> {peer.as_ref().map(|peer| view! { <PresenceMark user=peer.id/> })}
                </span>
                <span class="conversation__handle">
                    {peer.map(|peer| view! { "@" <bdi>{peer.handle.to_string()}</bdi> })}
                </span>
                <span class="conversation__time"><Time at=row.last_sent_at format=TimeFormat::Short/></span>
                <span class="conversation__preview">
                    {move || match draft.get() {
                        Some(draft) => Either::Left(view! { <span class="conversation__draft">"Draft: "</span><bdi>{draft}</bdi> }),
                        None => Either::Right(view! { {by_me.then_some("You: ")}<bdi>{preview.get_value()}</bdi> }),
                    }}
                </span>
                {unread}
            </a>
        </li>
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
    move || window.older().map(link)
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
