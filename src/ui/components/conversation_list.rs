//! A person's conversations, newest first.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::api;
use crate::domain::conversation::Conversation;
use crate::domain::error::AppError;
use crate::domain::user;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::pager::OlderLink;
use crate::ui::components::presence::PresenceMark;
use crate::ui::components::time::{Shown, Time};
use crate::ui::state::inbox_window::Rows;
use crate::ui::state::{Drafts, Place, Presence};

/// The rows, and the way to older ones.
#[component]
pub fn ConversationList(
    /// What is shown.
    rows: Rows,
    /// Who reads.
    me: user::Id,
) -> impl IntoView {
    // A row is drawn anew when anything in it has changed.
    let key = |row: &Conversation| (row.id, row.last_sent_at.clone(), row.unread(), row.is_marked());
    view! {
        <Show when=move || !rows.is_empty() fallback=NoConversations>
            <ul class="conversation-list">
                <For each=move || rows.shown() key=key let:row>
                    <ConversationItem row me/>
                </For>
            </ul>
            <OlderConversations rows/>
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
    let (place, drafts) = (Place { conversation: Some(row.id), with: row.with.id }, use_context::<Drafts>());
    // Of the one that is open it is in the field.
    let draft = {
        let href = href.clone();
        Memo::new(move |_| drafts?.of(place).filter(|_| *pathname.read() != href))
    };
    let by_me = row.last_author == Some(me);
    let count = (row.unread() > 0).then(|| row.unread());
    let unread = (count.is_some() || row.is_marked()).then(|| {
        let says = if count.is_some() { " unread" } else { "Marked as unread" };
        view! { <span class="badge">{count}<span class="visually-hidden">{says}</span></span> }
    });
    let preview = StoredValue::new(row.preview);
    view! {
        <li>
            <a class="conversation" href=href aria-current=current>
                <Avatar user=row.with.clone()/>
                <span class="conversation__name">
                    <bdi>{row.with.display_name.to_string()}</bdi> <PresenceMark person=row.with.id/>
                </span>
                <span class="conversation__handle">"@" <bdi>{row.with.handle.to_string()}</bdi></span>
                <span class="conversation__time"><Time at=row.last_sent_at shown=Shown::Short/></span>
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
fn OlderConversations(rows: Rows) -> impl IntoView {
    let load = Action::new(move |_: &()| {
        let cursor = untrack(|| rows.older());
        async move {
            rows.extend(api::list_conversations(cursor).await?);
            Ok::<(), AppError>(())
        }
    });
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
    move || rows.older().map(link)
}

#[component]
fn NoConversations() -> impl IntoView {
    view! {
        <div class="notice">
            <p>"You have no conversations yet."</p>
            <a class="button button--primary" href="/messages/new">"Write to somebody"</a>
        </div>
    }
}

/// Stands where the rows will be, while they are fetched.
#[component]
pub fn ConversationListSkeleton() -> impl IntoView {
    let rows = (0..6).map(|_| view! { <li class="skeleton skeleton--row"></li> }).collect_view();
    view! { <ul class="conversation-list" aria-busy="true" aria-label="Loading conversations">{rows}</ul> }
}
