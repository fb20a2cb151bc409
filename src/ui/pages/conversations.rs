//! `/messages`, and what stays in place on all pages below it: the list.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;

use crate::api;
use crate::domain::conversation::Conversation;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::page::{Cursor, Page};
use crate::domain::user::User;
use crate::ui::components::account_page::{HandleChanged, asked};
use crate::ui::components::conversation_list::{ConversationList, ConversationListSkeleton};
use crate::ui::components::error_note::{ErrorNote, Missing, TryAgain};
use crate::ui::components::header::Header;
use crate::ui::components::heading::Heading;
use crate::ui::components::shortcuts::{ShortcutList, Shortcuts};
use crate::ui::components::unread::{UnreadIcon, with_count};
use crate::ui::state::inbox_window::{Inbox, Rows};
use crate::ui::state::{Drafts, Live, Outbox, Presence};

/// Who is signed in, for the pages below.
#[derive(Clone, Copy)]
pub struct Me(pub Resource<Result<User, AppError>>);

/// The list of conversations beside an outlet. On a narrow screen one of the two is shown.
#[component]
pub fn ConversationsPage() -> impl IntoView {
    let pathname = use_location().pathname;
    let at_list = Memo::new(move |_| pathname.read().trim_end_matches('/') == "/messages");
    let before = asked("before");
    // Elsewhere `before` is not about this list.
    let before = Memo::new(move |_| before.get().filter(|_| at_list.get()).map(Cursor));
    let me = Resource::new(|| (), |()| api::current_user());
    let list = Resource::new(move || before.get(), api::list_conversations);
    let inbox = Inbox::new();
    let live = Live::start();
    live.listen(Callback::new(move |event: Event| inbox.apply(&event)));
    provide_context(Me(me));
    provide_context(inbox);
    provide_context(live);
    let (outbox, drafts) = (Outbox::new(live), Drafts::new());
    provide_context(outbox);
    provide_context(Presence::start(live, Callback::new(move |()| inbox.newest())));
    provide_context(drafts);
    let shortcuts = Shortcuts::start();
    provide_context(shortcuts);
    let begun = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(Ok(me)) = me.get()
            && !begun.get_value()
        {
            begun.set_value(true);
            live.belongs_to(me.id);
            outbox.start(me.id);
            drafts.start(me.id);
        }
    });
    view! {
        <Title formatter=move |title| with_count(inbox.unread_in_browser(), title)/>
        <UnreadIcon inbox/>
        <Header me/>
        // Above both panes: on a narrow screen only one of them shows.
        <ConnectionNote live/>
        <HandleChanged/>
        <main class="panes" class=("panes--list", at_list) id="main">
            <section class="panes__list" aria-labelledby="conversations">
                {move || match at_list.get() {
                    true => Either::Left(view! { <Heading id="conversations">"Messages"</Heading> }),
                    false => Either::Right(view! { <h2 class="heading" id="conversations">"Messages"</h2> }),
                }}
                <ConversationsPane list before inbox me/>
            </section>
            <div class="panes__content">
                <Outlet/>
            </div>
        </main>
        <ShortcutList shortcuts/>
    }
}

/// Says so when the page is not told what happens.
#[component]
fn ConnectionNote(live: Live) -> impl IntoView {
    view! {
        <div role="status">
            <Show when=move || live.signed_out.get()>
                <p class="connection-note">
                    "You are signed out. What you wrote is kept here. "
                    // A new document: it is asked for anew who reads.
                    <a href="/signin" rel="external">"Sign in"</a>
                </p>
            </Show>
            <Show when=move || live.connected.get() == Some(false) && !live.signed_out.get()>
                <p class="connection-note">"No connection. Trying again…"</p>
            </Show>
        </div>
    }
}

#[component]
fn ConversationsPane(
    list: Resource<Result<Page<Conversation>, AppError>>,
    before: Memo<Option<Cursor>>,
    inbox: Inbox,
    me: Resource<Result<User, AppError>>,
) -> impl IntoView {
    let newest = move |shows_older: bool| {
        shows_older
            .then(|| view! { <p class="pager"><a class="button" href="/messages">"Newest conversations"</a></p> })
    };
    let rows = move || {
        let shows_older = before.read().is_some();
        Suspend::new(async move {
            match (me.await, list.await) {
                (Ok(me), Ok(page)) => {
                    let rows = Rows::new(me.id, page, !shows_older);
                    inbox.show(me.id, rows);
                    Either::Left(view! { {newest(shows_older)} <ConversationList rows me=me.id/> })
                }
                (Err(AppError::Unauthenticated), _) | (_, Err(AppError::Unauthenticated)) => {
                    Either::Right(Either::Left(view! { <Missing what="This page" error=AppError::Unauthenticated/> }))
                }
                (Err(error), _) | (_, Err(error)) => Either::Right(Either::Right(view! {
                    <div class="notice">
                        <p>"Your conversations cannot be shown."</p>
                        <ErrorNote error/>
                        <TryAgain/>
                    </div>
                })),
            }
        })
    };
    view! { <Transition fallback=ConversationListSkeleton>{rows}</Transition> }
}

/// The right side of `/messages`, on a wide screen.
#[component]
pub fn NoConversationPage() -> impl IntoView {
    view! {
        <Title text="Messages · Cruddur"/>
        <div class="notice notice--quiet">
            <p>"Choose a conversation, or begin a new one."</p>
            <a class="button button--primary" href="/messages/new">"New message"</a>
        </div>
    }
}
