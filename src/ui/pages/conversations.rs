//! `/messages`: the list of conversations, which stays in place on all pages below it.

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
use crate::domain::paths;
use crate::domain::user::User;
use crate::ui::components::account_page::SignInNotes;
use crate::ui::components::at_once::{DrawsAnew, at_once};
use crate::ui::components::connection_note::ConnectionNote;
use crate::ui::components::conversation_header::BackToList;
use crate::ui::components::conversation_list::{ConversationList, ConversationListSkeleton};
use crate::ui::components::error_note::{ErrorNote, LoadError, TryAgain};
use crate::ui::components::header::Header;
use crate::ui::components::heading::Heading;
use crate::ui::components::left_drafts::FirstDrafts;
use crate::ui::components::list_filter::FilterField;
use crate::ui::components::requests_link::RequestsLink;
use crate::ui::components::shortcuts::ShortcutList;
use crate::ui::components::show::{Case, Show};
use crate::ui::components::unsent_messages::UnsentElsewhere;
use crate::ui::state::back_scroll::BackScroll;
use crate::ui::state::clock::Clock;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::emoji::emoji_data::EmojiData;
use crate::ui::state::inbox_window::{Inbox, InboxWindow};
use crate::ui::state::list_filter::ListFilter;
use crate::ui::state::list_scroll::ListScroll;
use crate::ui::state::location::query_parameter;
use crate::ui::state::page_position::use_page_position;
use crate::ui::state::page_resource::{PageResource, page_resource};
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::reactive::{effect, memo};
use crate::ui::state::request_answer::reload_with_requests;
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
    let at_list = memo(move || pathname.read().trim_end_matches('/') == "/messages");
    let is_thread = memo(move || paths::is_thread(&pathname.read()));
    let scroll = ListScroll::start(at_list);
    let before = query_parameter("before");
    // On the pages below, `before` belongs to the messages.
    let before = memo(move || before.get().filter(|_| at_list.get()).map(Cursor));
    let searched = query_parameter("q");
    // On the page below for a new conversation, `q` belongs to the search for people.
    let searched = memo(move || searched.get().filter(|_| at_list.get()));
    let live = LiveEvents::new(use_page_position());
    let me = page_resource(|| (), |()| api::current_user());
    let list = page_resource(move || (before.get(), searched.get()), list_or_search);
    let inbox = Inbox::new();
    SharedStream::keep_open(live);
    if let Some(clock) = use_context::<Clock>() {
        // First: the others may draw the time of a new message.
        live.listen(Callback::new(move |_| clock.check()));
    }
    live.listen(Callback::new(move |event: Event| inbox.apply(&event)));
    provide_context(Me(me));
    provide_context(inbox);
    provide_context(live);
    refetch_once_reachable(me);
    refetch_once_reachable(list);
    let (outbox, drafts) = (Outbox::new(live), Drafts::new());
    provide_context(outbox);
    let texts = page_texts(outbox, drafts);
    provide_context(texts);
    provide_context(Presence::start(live, Callback::new(move |()| inbox.newest())));
    provide_context(drafts);
    let emoji = EmojiData::empty();
    provide_context(emoji);
    BackScroll::provide();
    let shortcuts = Shortcuts::start();
    provide_context(shortcuts);
    show_in_icon(inbox);
    start_once_signed_in(me, live, (outbox, drafts, emoji), texts);
    view! {
        <Title formatter=move |title| with_count(inbox.unread_in_browser(), title)/>
        <Header me/>
        // Above both panes, because a narrow screen shows only one of them.
        <ConnectionNote live texts drafts/>
        <SignInNotes/>
        <main class="panes" class=("panes--list", at_list) id="main">
            <section
                class="panes__list"
                aria-labelledby="conversations"
                node_ref=scroll.node
                on:scroll=move |_| scroll.note()
            >
                <ListHeading at_list/>
                <UnsentElsewhere outbox/>
                <FirstDrafts outbox drafts inbox/>
                <ConversationListPane list before searched inbox me/>
            </section>
            <div class="panes__content">
                <Show when=move || is_thread.get()>
                    <BackToList/>
                </Show>
                <Outlet/>
            </div>
        </main>
        <ShortcutList shortcuts/>
    }
}

/// Heading of the list: that of the page, unless the page is about something beside the list.
#[component]
fn ListHeading(at_list: Memo<bool>) -> impl IntoView {
    move || match at_list.get() {
        true => Case::A(view! { <Heading id="conversations">"Messages"</Heading> }.into_any()),
        false => Case::B(view! { <h2 class="heading" id="conversations">"Messages"</h2> }.into_any()),
    }
}

/// Starts what belongs to the user, once they are known.
fn start_once_signed_in(
    me: PageResource<Result<User, AppError>>,
    live: LiveEvents,
    (outbox, drafts, emoji): (Outbox, Drafts, EmojiData),
    texts: PageTexts,
) {
    effect(move || {
        if !live.signed_out.get() {
            drafts.reopen();
        }
    });
    let started = StoredValue::new(false);
    effect(move || match me.get() {
        Some(Ok(me)) if !started.get_value() => {
            started.set_value(true);
            live.set_owner(Some(me.id));
            outbox.start(me.id);
            drafts.start(me.id);
            emoji.start(me.id);
            let signed_out = move |()| {
                emoji.close();
                live.sign_out();
            };
            texts.follow_other_pages(me.id, Callback::new(signed_out));
        }
        Some(Err(_)) => live.set_owner(None),
        _ => {}
    });
}

/// Returns the texts on the page. Asks before the user leaves the page while it alone has some of them, and puts back
/// what the browser has lost.
fn page_texts(outbox: Outbox, drafts: Drafts) -> PageTexts {
    ask_before_leaving(Signal::derive(move || outbox.has_unkept() || drafts.has_unkept()));
    effect(move || {
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

/// Returns a page of the list, or what the server finds.
async fn list_or_search((before, searched): (Option<Cursor>, Option<String>)) -> Result<Page<Conversation>, AppError> {
    match searched {
        Some(query) => api::find_conversations(query).await,
        None => api::list_conversations(before).await,
    }
}

#[component]
fn ConversationListPane(
    list: PageResource<Result<Page<Conversation>, AppError>>,
    before: Memo<Option<Cursor>>,
    searched: Memo<Option<String>>,
    inbox: Inbox,
    me: PageResource<Result<User, AppError>>,
) -> impl IntoView {
    let (filter, component) = (ListFilter::new(), DrawsAnew::here());
    let count = page_resource(|| (), |()| api::count_requests());
    reload_with_requests(move || count.refetch());
    let newest = move |shows_older: bool, is_search: bool| {
        let label = if is_search { "All conversations" } else { "Newest conversations" };
        (shows_older || is_search)
            .then(|| view! { <p class="pager"><a class="button" href="/messages">{label}</a></p> })
    };
    let rows = move || {
        let (shows_older, searched) = (before.read().is_some(), searched.get());
        Suspend::new(async move {
            let (me, list) = (me.await, list.await);
            after_dry_run().await;
            at_once(match (me, list) {
                (Ok(me), Ok(page)) => {
                    let is_search = searched.is_some();
                    let draw = move || {
                        let window = InboxWindow::new(me.id, page, !shows_older && !is_search);
                        inbox.show(me.id, window);
                        view! {
                            {newest(shows_older, is_search)}
                            <ConversationList window me=me.id filter searched/>
                        }
                        .into_any()
                    };
                    Case::A(component.draw(draw).into_any())
                }
                (Err(AppError::Unauthenticated), _) | (_, Err(AppError::Unauthenticated)) => {
                    Case::B(view! { <LoadError subject="This page" error=AppError::Unauthenticated/> }.into_any())
                }
                (Err(error), _) | (_, Err(error)) => Case::C(
                    view! {
                        <div class="notice">
                            <p>"Your conversations couldn't be loaded."</p>
                            <ErrorNote error=error.clone()/>
                            <TryAgain error/>
                        </div>
                    }
                    .into_any(),
                ),
            })
        })
    };
    view! {
        <FilterField filter searched/>
        <RequestsLink count/>
        <Transition fallback=ConversationListSkeleton>{move || rows()}</Transition>
    }
}

/// Content of the right pane of `/messages`, visible on a wide screen.
#[component]
pub fn NoConversationPage() -> impl IntoView {
    view! {
        <Title text="Messages · Cruddur"/>
        <div class="notice notice--quiet">
            <p class="notice__title">"Choose a conversation"</p>
            <p>"Pick one from the list, or type a name above it to find one. To write to someone else, start a new message."</p>
            <a class="button button--primary" href="/messages/new">"New message"</a>
            <p class="notice__keys">
                <kbd>"Alt"</kbd> " + " <kbd>"↓"</kbd> " opens the next conversation, " <kbd>"?"</kbd>
                " shows all keyboard shortcuts."
            </p>
        </div>
    }
}
