//! A conversation: its head, its messages, the way to older ones, and where to write.

use leptos::either::Either;
use leptos::prelude::*;

use crate::domain::conversation::Thread;
use crate::domain::error::AppError;
use crate::domain::page::Cursor;
use crate::domain::refused_form::Refused;
use crate::domain::user::{self, User};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::composer::Composer;
use crate::ui::components::date_form::DateForm;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::heading::Heading;
use crate::ui::components::message_list::MessageList;
use crate::ui::components::pager::OlderLink;
use crate::ui::components::presence::PresenceMark;
use crate::ui::components::unsent_messages::UnsentMessages;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::open_conversation::OpenThread;
use crate::ui::state::{Drafts, Live, Outbox, Place, Presence};

/// A conversation. It belongs to the `thread` that it was made for: another one needs another pane.
#[component]
pub fn ThreadPane(
    /// The other person, and some of the messages.
    thread: Thread,
    /// Who reads.
    me: user::Id,
    /// The list beside it.
    inbox: Inbox,
    /// Whether one reads on from the first message shown, rather than from the newest or the first that is unread.
    from_first: bool,
    /// Why a message was refused that was sent without WASM.
    refused: Option<Refused>,
) -> impl IntoView {
    let open = OpenThread::new(&thread, me, inbox, from_first);
    let Thread { id, with, messages, next_message, .. } = thread;
    let place = Place { conversation: Some(id), with: with.id };
    open.enter();
    open.mark_read_when_seen();
    let (live, outbox, drafts) = (expect_context::<Live>(), expect_context::<Outbox>(), expect_context::<Drafts>());
    open.follow(live);
    if let Some(presence) = use_context::<Presence>() {
        presence.watch(id);
    }
    let load = open.load_action();
    let on_scroll = move |_| {
        open.scrolled(move |cursor| {
            if !load.pending().get_untracked() {
                load.dispatch(cursor);
            }
        });
    };
    let label = format!("Messages with {}", with.display_name);
    view! {
        <section class="thread" aria-labelledby="heading">
            <ThreadHead with=with.clone() path=open.path() mark_unread=open.mark_unread_action()/>
            // Bottom to top, so that the newest is in view without script, and stays where it is when older ones come.
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label node_ref=open.scroller.node on:scroll=on_scroll>
                <div class="thread__content">
                    <Beginning open load with=with.clone()/>
                    <MessageList
                        messages=open.messages()
                        read_before=open.read_before
                        receipts=open.receipts
                        me
                        with=with.clone()
                    />
                    <UnsentMessages outbox place/>
                    {messages.newer.map(|newer| view! { <NewerLinks open newer/> })}
                </div>
            </div>
            <ThreadStatus open with/>
            <Composer
                typing=Callback::new(move |()| open.writing.say())
                action=open.path()
                bound_to=("conversation", id.to_string())
                next_message
                send=open.send_by(outbox)
                draft=(drafts, place)
                refused
            />
        </section>
    }
}

/// Who one writes with, and the way back on a narrow screen.
#[component]
pub fn ThreadHead(
    /// The other person.
    with: User,
    /// The conversation's address, once there is one.
    #[prop(optional, into)]
    path: Option<String>,
    /// Marks it as unread.
    #[prop(optional)]
    mark_unread: Option<Action<(), Result<(), AppError>>>,
) -> impl IntoView {
    view! {
        <div class="thread__head">
            <a class="button button--quiet button--icon thread__back" href="/messages" aria-label="Back to all messages">
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M15 5l-7 7 7 7"/>
                </svg>
            </a>
            <Avatar user=with.clone()/>
            <div class="thread__who">
                <Heading><bdi>{with.display_name.to_string()}</bdi></Heading>
                <p class="thread__handle">
                    "@" <bdi>{with.handle.to_string()}</bdi> <PresenceMark person=with.id/>
                </p>
            </div>
            <div class="thread__ways">
                {path.map(|path| view! { <DateForm path/> })}
                {mark_unread.map(|mark| view! { <MarkUnread mark/> })}
            </div>
        </div>
    }
}

/// For later. Only with WASM: without it nothing is marked as read either.
#[component]
fn MarkUnread(mark: Action<(), Result<(), AppError>>) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let failed = move || mark.value().get().and_then(Result::err).map(|error| view! { <ErrorNote error/> });
    let press = move |_| {
        if !mark.pending().get_untracked() {
            mark.dispatch(());
        }
    };
    view! {
        <Show when=move || alive.get()>
            <button class="button button--quiet button--icon" type="button" on:click=press>
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M20 11v8H4V6h10M4 7l8 6 4-3"/>
                    <circle cx="19" cy="6" r="3"/>
                </svg>
                <span class="visually-hidden">"Mark as unread"</span>
            </button>
        </Show>
        {failed}
    }
}

/// What is above the messages: the way to older ones, or that there are none.
#[component]
fn Beginning(open: OpenThread, load: Action<Cursor, Result<(), AppError>>, with: User) -> impl IntoView {
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    let name = StoredValue::new(with.display_name.to_string());
    move || match open.older() {
        Some(cursor) => Either::Left(view! {
            <OlderLink
                href=format!("{}?before={cursor}", open.path())
                label="Older messages"
                pending=load.pending().into()
                error
                load=Callback::new(move |()| drop(load.dispatch(cursor.clone())))
            />
        }),
        None => Either::Right(view! {
            <p class="thread__beginning">
                "This is the beginning of your conversation with " <bdi>{name.get_value()}</bdi> "."
            </p>
        }),
    }
}

/// Between the messages and the field: who is writing, and the way to the newest message.
#[component]
fn ThreadStatus(open: OpenThread, with: User) -> impl IntoView {
    let name = StoredValue::new(with.display_name.to_string());
    let to_newest = move |_| open.show_newest();
    let is_away = move || open.entered.get() && !(open.follows.get() && open.scroller.at_end.get());
    view! {
        <div class="visually-hidden" role="log" aria-label="New messages">
            <For each=move || open.announced.get() key=|message| message.id let:message>
                <p><bdi>{name.get_value()}</bdi> ": " <bdi>{message.body}</bdi></p>
            </For>
        </div>
        <div class="thread__status">
            <Show when=move || open.writing.theirs.get()>
                <p class="thread__typing"><bdi>{name.get_value()}</bdi> " is writing…"</p>
            </Show>
            <Show when=is_away>
                <button class="button thread__to-newest" type="button" on:click=to_newest>{move || to_newest_label(open.unseen())}</button>
            </Show>
        </div>
    }
}

fn to_newest_label(unseen: u64) -> String {
    match unseen {
        0 => "Newest messages".to_owned(),
        1 => "1 new message".to_owned(),
        many => format!("{many} new messages"),
    }
}

/// The way on from an older part, for a browser without WASM: with it, what comes next is there as one scrolls.
#[component]
fn NewerLinks(open: OpenThread, newer: Cursor) -> impl IntoView {
    view! {
        <Show when=move || !open.entered.get()>
            <p class="pager">
                <a class="button" href=format!("{}?after={newer}", open.path())>"Newer messages"</a>
                <a class="button" href=format!("{}?before={}", open.path(), Cursor::newest())>"Newest messages"</a>
            </p>
        </Show>
    }
}
