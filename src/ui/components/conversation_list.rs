//! List of the user's conversations, newest first.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::conversation::Conversation;
use crate::domain::user;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::list_filter::{FIELD, FilterStatus};
use crate::ui::components::pager::OlderLink;
use crate::ui::components::presence::online_mark;
use crate::ui::components::show::{For, Show};
use crate::ui::components::time::{Calendar, TimeFormat, time_element};
use crate::ui::state::focus::{focus, focus_element};
use crate::ui::state::held_order::HeldOrder;
use crate::ui::state::inbox_window::InboxWindow;
use crate::ui::state::list_filter::ListFilter;
use crate::ui::state::reactive::{effect, memo, row_memo};
use crate::ui::state::{ComposeTarget, Drafts, Presence};

/// Rows of conversations, and a link to older ones. While a pointer is pressed or rests on them, they stay in their
/// places: the row that the user presses is the one that opens.
#[component]
pub fn ConversationList(
    window: InboxWindow,
    me: user::Id,
    filter: ListFilter,
    /// Text for which the server has searched: the rows are what it has found.
    #[prop(optional_no_strip)]
    searched: Option<String>,
) -> impl IntoView {
    let (order, around) = (HeldOrder::new(), Surroundings::of_page(me));
    effect(move || {
        filter.query.track();
        order.release();
    });
    let shown = order.of(move || filter.ids(window, me));
    let draw = move |id| {
        let row = filter.row(window, id);
        row.get_untracked().map(|first| view! { <ConversationItem first row around/> })
    };
    let (is_found, searched) = (searched.is_some(), StoredValue::new(searched.unwrap_or_default()));
    let query = Signal::derive(move || if is_found { searched.get_value() } else { filter.query.get() });
    let is_active = Signal::derive(move || is_found || filter.is_active());
    let count = Signal::derive(move || shown.read().len());
    view! {
        <FilterStatus is_active query count is_searching=filter.is_searching/>
        <Show when=move || is_found || !window.is_empty() fallback=NoConversations>
            <ul
                class="conversation-list"
                on:keydown=move |event| move_focus(&event)
                on:pointerenter=move |_| order.hold()
                on:pointerdown=move |_| order.hold()
                on:pointerleave=move |_| order.release_soon()
                on:pointercancel=move |_| order.release_soon()
            >
                // Keyed by the conversation alone: a row that changes is not drawn anew, so that it can be pressed.
                <For each=move || shown.get() key=|id| *id children=draw/>
            </ul>
            <Show when=move || !filter.is_active()><OlderConversations window/></Show>
        </Show>
    }
}

/// Moves the focus from row to row with the arrow keys, and from the first one to the filter.
fn move_focus(event: &KeyboardEvent) {
    let is_down = match event.key().as_str() {
        _ if event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() => return,
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    event.prevent_default();
    let item = document().active_element().and_then(|row| row.closest("li").ok().flatten());
    let Some(item) = item else { return };
    let next = if is_down { item.next_element_sibling() } else { item.previous_element_sibling() };
    match next.and_then(|item| item.query_selector(".conversation").ok().flatten()) {
        Some(row) => focus_element(&row),
        None if !is_down => focus(&format!("#{FIELD}")),
        None => {}
    }
}

/// The same for all rows of a list.
#[derive(Clone, Copy)]
struct Surroundings {
    me: user::Id,
    calendar: Calendar,
    pathname: Memo<String>,
    presence: Option<Presence>,
    drafts: Option<Drafts>,
}

impl Surroundings {
    /// Returns what the page provides.
    fn of_page(me: user::Id) -> Self {
        let (presence, drafts) = (use_context(), use_context());
        Self { me, calendar: Calendar::current(), pathname: use_location().pathname, presence, drafts }
    }
}

/// Row of a conversation. `first`: the conversation as it is drawn first; its members stay the same.
#[component]
fn ConversationItem(first: Conversation, row: Signal<Option<Conversation>>, around: Surroundings) -> impl IntoView {
    let Surroundings { me, pathname, presence, drafts, .. } = around;
    if let Some(presence) = presence {
        presence.watch(first.id);
    }
    let href = format!("/messages/{}", first.id);
    let peer = first.peer(me).map(|peer| peer.id);
    let target = ComposeTarget::conversation(first.id, peer);
    let path = StoredValue::new(href.clone());
    let is_open = move || path.with_value(|path| *pathname.read() == *path);
    // The draft of the open conversation is visible in the composer.
    let draft = row_memo(move || drafts?.preview_of(target).filter(|_| !is_open()));
    let is_online = row_memo(move || presence.zip(peer).is_some_and(|(presence, peer)| presence.is_online(peer)));
    // One effect draws all that changes, in place.
    let content = move || {
        let row = row.get().unwrap_or_else(|| first.clone());
        row_content(&row, draft.get(), is_online.get(), around).into_any()
    };
    view! {
        <li translate="no">
            <a class="conversation" href=href aria-current=move || is_open().then_some("page")>
                {move || content()}
            </a>
        </li>
    }
}

fn row_content(
    row: &Conversation,
    draft: Option<String>,
    is_online: bool,
    Surroundings { me, calendar, .. }: Surroundings,
) -> impl IntoView + use<> {
    let handle = row.peer(me).and_then(|peer| peer.handle.as_ref()).map(ToString::to_string);
    let prefix = match &draft {
        Some(_) => Some(view! { <span class="conversation__draft">"Draft:"</span> }.into_any()),
        None => (row.last_author == Some(me)).then(|| view! { <span>"You:"</span> }.into_any()),
    };
    view! {
        {row.others(me).next().cloned().map(|user| view! { <Avatar user/> })}
        <span class="conversation__name">
            <bdi>{row.title(me)}</bdi> {is_online.then(online_mark)}
        </span>
        <span class="conversation__handle">{handle.map(|handle| view! { "@" <bdi>{handle}</bdi> })}</span>
        <span class="conversation__time">{time_element(&row.last_sent_at, TimeFormat::Short, calendar)}</span>
        <span class="conversation__preview">{prefix} " " <bdi>{draft.unwrap_or_else(|| preview(row))}</bdi></span>
        {unread_badge(row)}
    }
}

fn preview(row: &Conversation) -> String {
    if row.version.is_deleted() { "Message deleted".to_owned() } else { row.preview.clone() }
}

/// Number of unread messages of a conversation, or the mark that the user has set.
fn unread_badge(row: &Conversation) -> Option<impl IntoView + use<>> {
    let badge = |count: Option<u64>, label: &'static str| {
        view! { <span class="badge">{count}<span class="visually-hidden">{label}</span></span> }
    };
    match (row.unread(), row.is_marked()) {
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
    let cursor = memo(move || window.older());
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
