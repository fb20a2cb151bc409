//! `/messages`: the list of conversations, which stays in place on all pages below it.

use leptos::either::Either;
use leptos::leptos_dom::helpers::window_event_listener_untyped;
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
use crate::ui::components::account_page::HandleChanged;
use crate::ui::components::conversation_list::{ConversationList, ConversationListSkeleton};
use crate::ui::components::error_note::{ErrorNote, LoadError, TryAgain};
use crate::ui::components::header::Header;
use crate::ui::components::heading::Heading;
use crate::ui::components::shortcuts::ShortcutList;
use crate::ui::components::unsent_messages::UnsentElsewhere;
use crate::ui::state::clock::Clock;
use crate::ui::state::inbox_window::{Inbox, InboxWindow};
use crate::ui::state::location::{query_parameter, sign_in_path};
use crate::ui::state::page_resource::{PageResource, page_resource};
use crate::ui::state::shortcuts::Shortcuts;
use crate::ui::state::sign_out::PageTexts;
use crate::ui::state::unkept::ask_before_leaving;
use crate::ui::state::unread::{show_in_icon, with_count};
use crate::ui::state::{Drafts, LiveEvents, Outbox, Presence, SharedStream};

/// The signed-in user, provided to the pages below.
#[derive(Clone, Copy)]
pub struct Me(pub PageResource<Result<User, AppError>>);

/// List of conversations beside the outlet of the page below. A narrow screen shows only one of the two.
#[component]
pub fn ConversationsPage() -> impl IntoView {
    let pathname = use_location().pathname;
    let at_list = Memo::new(move |_| pathname.read().trim_end_matches('/') == "/messages");
    let before = query_parameter("before");
    // On the pages below, `before` belongs to the messages.
    let before = Memo::new(move |_| before.get().filter(|_| at_list.get()).map(Cursor));
    let me = page_resource(|| (), |()| api::current_user());
    let list = page_resource(move || before.get(), api::list_conversations);
    let inbox = Inbox::new();
    let live = LiveEvents::new();
    SharedStream::keep_open(live);
    if let Some(clock) = use_context::<Clock>() {
        // First: the others may draw the time of a new message.
        live.listen(Callback::new(move |_| clock.check()));
    }
    live.listen(Callback::new(move |event: Event| inbox.apply(&event)));
    provide_context(Me(me));
    provide_context(inbox);
    provide_context(live);
    let (outbox, drafts) = (Outbox::new(live), Drafts::new());
    provide_context(outbox);
    let texts = page_texts(outbox, drafts);
    provide_context(texts);
    provide_context(Presence::start(live, Callback::new(move |()| inbox.newest())));
    provide_context(drafts);
    let shortcuts = Shortcuts::start();
    provide_context(shortcuts);
    show_in_icon(inbox);
    let started = StoredValue::new(false);
    Effect::new(move |_| match me.get() {
        Some(Ok(me)) if !started.get_value() => {
            started.set_value(true);
            live.set_owner(Some(me.id));
            outbox.start(me.id);
            drafts.start(me.id);
            texts.follow_other_pages(me.id, Callback::new(move |()| live.signed_out.set(true)));
        }
        Some(Err(_)) => live.set_owner(None),
        _ => {}
    });
    Effect::new(move |_| {
        if !live.signed_out.get() {
            drafts.reopen();
        }
    });
    view! {
        <Title formatter=move |title| with_count(inbox.unread_in_browser(), title)/>
        <Header me/>
        // Above both panes, because a narrow screen shows only one of them.
        <ConnectionNote live texts drafts/>
        <HandleChanged/>
        <main class="panes" class=("panes--list", at_list) id="main">
            <section class="panes__list" aria-labelledby="conversations">
                {move || match at_list.get() {
                    true => Either::Left(view! { <Heading id="conversations">"Messages"</Heading> }),
                    false => Either::Right(view! { <h2 class="heading" id="conversations">"Messages"</h2> }),
                }}
                <UnsentElsewhere outbox/>
                <ConversationListPane list before inbox me/>
            </section>
            <div class="panes__content">
                <Outlet/>
            </div>
        </main>
        <ShortcutList shortcuts/>
    }
}

/// Returns the texts on the page. Asks before the user leaves the page while it alone has some of them, and puts back
/// what the browser has lost.
fn page_texts(outbox: Outbox, drafts: Drafts) -> PageTexts {
    ask_before_leaving(Signal::derive(move || outbox.has_unkept() || drafts.has_unkept()));
    Effect::new(move |_| {
        let leaving = window_event_listener_untyped("pagehide", move |_| {
            outbox.reconcile();
            drafts.reconcile();
        });
        on_cleanup(move || leaving.remove());
    });
    PageTexts {
        unsent: Signal::derive(move || !outbox.is_empty()),
        drafted: Signal::derive(move || !drafts.is_empty()),
        forget: Callback::new(move |()| {
            outbox.forget();
            drafts.close();
        }),
    }
}

/// Note that the page receives no events, because the user is signed out or there is no connection.
#[component]
fn ConnectionNote(live: LiveEvents, texts: PageTexts, drafts: Drafts) -> impl IntoView {
    // After a sign-out only the field of this page still has a text. It is kept for the user who signs in from here.
    let promise = move || {
        if drafts.has_unkept() {
            "Sign in here to keep what you wrote. "
        } else if texts.unsent.get() || texts.drafted.get() {
            "What you wrote is kept in this browser. "
        } else {
            ""
        }
    };
    let location = use_location();
    let sign_in = move || {
        location.pathname.track();
        location.search.track();
        sign_in_path()
    };
    view! {
        <div role="status" translate="no">
            <Show when=move || live.signed_out.get()>
                <p class="connection-note">
                    "You are signed out. " {promise}
                    // A new document, because another user may sign in.
                    <a href=sign_in rel="external" on:click=move |_| drafts.reopen()>"Sign in"</a>
                </p>
            </Show>
            <Show when=move || live.connected.get() == Some(false) && !live.signed_out.get() && !live.gave_way.get()>
                <p class="connection-note">"No connection. Reconnecting…"</p>
            </Show>
            <Show when=move || live.gave_way.get()>
                <p class="connection-note">
                    "New messages come late here, because you have Cruddur open in many other places. "
                    <button class="button" type="button" on:click=move |_| live.take_over()>"Use it here"</button>
                </p>
            </Show>
        </div>
    }
}

#[component]
fn ConversationListPane(
    list: PageResource<Result<Page<Conversation>, AppError>>,
    before: Memo<Option<Cursor>>,
    inbox: Inbox,
    me: PageResource<Result<User, AppError>>,
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
                    let window = InboxWindow::new(me.id, page, !shows_older);
                    inbox.show(me.id, window);
                    Either::Left(view! { {newest(shows_older)} <ConversationList window me=me.id/> })
                }
                (Err(AppError::Unauthenticated), _) | (_, Err(AppError::Unauthenticated)) => Either::Right(
                    Either::Left(view! { <LoadError subject="This page" error=AppError::Unauthenticated/> }),
                ),
                (Err(error), _) | (_, Err(error)) => Either::Right(Either::Right(view! {
                    <div class="notice">
                        <p>"Your conversations couldn't be loaded."</p>
                        <ErrorNote error/>
                        <TryAgain/>
                    </div>
                })),
            }
        })
    };
    view! { <Transition fallback=ConversationListSkeleton>{rows}</Transition> }
}

/// Content of the right pane of `/messages`, visible on a wide screen.
#[component]
pub fn NoConversationPage() -> impl IntoView {
    view! {
        <Title text="Messages · Cruddur"/>
        <div class="notice notice--quiet">
            <p>"Choose a conversation or start a new one."</p>
            <a class="button button--primary" href="/messages/new">"New message"</a>
        </div>
    }
}
