//! A conversation: its head, its messages, the way to older ones, and where to write.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::avatar::Avatar;
use crate::components::composer::Composer;
use crate::components::form::Refused;
use crate::components::heading::Heading;
use crate::components::inbox::Inbox;
use crate::components::message_list::MessageList;
use crate::components::open_thread::OpenThread;
use crate::components::pager::OlderLink;
use crate::conversation::Thread;
use crate::page::Cursor;
use crate::user::{self, User};

/// A conversation. It belongs to the `thread` that it was made for: another one needs another pane.
#[component]
pub fn ThreadPane(
    /// The other person, and some of the messages.
    thread: Thread,
    /// Who reads.
    me: user::Id,
    /// The list beside it.
    inbox: Inbox,
    /// Why a message was refused that was sent without WASM.
    refused: Option<Refused>,
) -> impl IntoView {
    let Thread { id, with, messages: page, next_message } = thread;
    let newer = page.newer.clone();
    let open = OpenThread::new(id, page, inbox);
    open.mark_read_when_seen();
    let label = format!("Messages with {}", with.display_name);
    view! {
        <section class="thread" aria-labelledby="heading">
            <ThreadHead with=with.clone()/>
            // Bottom to top, so that the newest is in view without script, and stays where it is when older ones come.
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label node_ref=open.scroller>
                <div class="thread__content">
                    <Beginning open with=with.clone()/>
                    <MessageList messages=open.messages me with/>
                    {newer.map(|newer| view! { <NewerLinks open newer/> })}
                </div>
            </div>
            <Composer
                action=open.path()
                bound_to=("conversation", id.to_string())
                next_message
                send=open.send_action()
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
) -> impl IntoView {
    view! {
        <div class="thread__head">
            <a class="button button--quiet thread__back" href="/messages" aria-label="Back to all messages">
                <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M15 5l-7 7 7 7"/>
                </svg>
            </a>
            <Avatar user=with.clone()/>
            <div class="thread__who">
                <Heading><bdi>{with.display_name.to_string()}</bdi></Heading>
                <p class="thread__handle">"@" <bdi>{with.handle.to_string()}</bdi></p>
            </div>
        </div>
    }
}

/// What is above the messages: the way to older ones, or that there are none.
#[component]
fn Beginning(open: OpenThread, with: User) -> impl IntoView {
    let load = open.load_action();
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    let name = StoredValue::new(with.display_name.to_string());
    move || match open.older.get() {
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

#[component]
fn NewerLinks(open: OpenThread, newer: Cursor) -> impl IntoView {
    view! {
        <p class="pager">
            <a class="button" href=format!("{}?after={newer}", open.path())>"Newer messages"</a>
            <a class="button" href=open.path()>"Newest messages"</a>
        </p>
    }
}
