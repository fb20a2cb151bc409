//! A conversation: its head, its messages, the way to older ones, and where to write.

use leptos::either::Either;
use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::components::avatar::Avatar;
use crate::components::composer::{Composer, Draft};
use crate::components::form::Refused;
use crate::components::heading::Heading;
use crate::components::inbox::Inbox;
use crate::components::message_list::MessageList;
use crate::components::pager::OlderLink;
use crate::conversation::{self, Thread};
use crate::error::AppError;
use crate::message::Message;
use crate::page::Cursor;
use crate::user::{self, User};

/// A conversation as this page knows it.
#[derive(Clone, Copy)]
struct Open {
    id: conversation::Id,
    messages: RwSignal<Vec<Message>>,
    older: RwSignal<Option<Cursor>>,
    /// Whether the newest messages are among those shown.
    at_newest: bool,
    scroller: NodeRef<Div>,
    inbox: Inbox,
}

impl Open {
    /// Shows a message that has just been sent, wherever one was reading.
    fn show_sent(&self, message: Message) {
        self.messages.try_update(|messages| add(messages, message));
        let scroller = self.scroller;
        request_animation_frame(move || {
            // The scroller runs from the bottom up: 0 is the newest.
            if let Some(Some(scroller)) = scroller.try_get_untracked() {
                scroller.set_scroll_top(0);
            }
        });
    }
}

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
    let newer = page.newer;
    let open = Open {
        id,
        messages: RwSignal::new(page.items),
        older: RwSignal::new(page.older),
        at_newest: newer.is_none(),
        scroller: NodeRef::new(),
        inbox,
    };
    let send = send_action(open);
    mark_read_when_seen(open);
    let label = format!("Messages with {}", with.display_name);
    view! {
        <section class="thread" aria-labelledby="heading">
            <ThreadHead with=with.clone()/>
            // Bottom to top, so that the newest is in view without script, and stays where it is when older ones come.
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label node_ref=open.scroller>
                <div class="thread__content">
                    <Beginning open with=with.clone()/>
                    <MessageList messages=open.messages me with/>
                    {newer.map(|newer| view! { <NewerLinks id newer/> })}
                </div>
            </div>
            <Composer
                action=path_of(id)
                bound_to=("conversation", id.to_string())
                next_message
                send
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
fn Beginning(open: Open, with: User) -> impl IntoView {
    let load = Action::new(move |cursor: &Cursor| {
        let cursor = cursor.clone();
        async move {
            let page = api::list_messages(open.id, cursor).await?;
            // The link may be gone with what it led to: the focus goes to what is read next.
            if page.older.is_none()
                && let Some(Some(scroller)) = open.scroller.try_get_untracked()
            {
                let _ = scroller.focus();
            }
            open.messages.try_update(|messages| prepend(messages, page.items));
            open.older.try_set(page.older);
            Ok::<(), AppError>(())
        }
    });
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    let name = StoredValue::new(with.display_name.to_string());
    move || match open.older.get() {
        Some(cursor) => Either::Left(view! {
            <OlderLink
                href=format!("{}?before={cursor}", path_of(open.id))
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
fn NewerLinks(id: conversation::Id, newer: Cursor) -> impl IntoView {
    view! {
        <p class="pager">
            <a class="button" href=format!("{}?after={newer}", path_of(id))>"Newer messages"</a>
            <a class="button" href=path_of(id)>"Newest messages"</a>
        </p>
    }
}

/// The address of a conversation.
fn path_of(id: conversation::Id) -> String {
    format!("/messages/{id}")
}

/// Sends into the conversation that was open when the action was made, whatever is open when the answer comes.
fn send_action(open: Open) -> Action<Draft, Result<(), AppError>> {
    let navigate = use_navigate();
    Action::new_unsync(move |(message, body): &Draft| {
        let (message, body, navigate) = (*message, body.clone(), navigate.clone());
        async move {
            let message = api::send_message(open.id, message, body).await?;
            open.inbox.sent(open.id, &message);
            // An older part of the conversation is not where it belongs. None: the pane is gone.
            if open.at_newest {
                open.show_sent(message);
            } else if open.messages.try_get_untracked().is_some() {
                navigate(&path_of(open.id), Default::default());
            }
            Ok(())
        }
    })
}

/// Puts a message at the end, once.
fn add(messages: &mut Vec<Message>, message: Message) {
    if messages.iter().all(|shown| shown.id != message.id) {
        messages.push(message);
    }
}

/// Puts an older page before what is shown.
fn prepend(messages: &mut Vec<Message>, mut older: Vec<Message>) {
    older.retain(|message| messages.iter().all(|shown| shown.id != message.id));
    messages.splice(0..0, older);
}

/// Tells the server what has been read: the newest message, as soon as it is shown in a window that has the focus.
fn mark_read_when_seen(open: Open) {
    let newest = Memo::new(move |_| open.messages.read().last().map_or(0, |message| message.seq));
    let told = StoredValue::new(0);
    let tell = move || {
        let (seq, seen) = (newest.get_untracked(), document().has_focus().unwrap_or(false));
        if open.at_newest && seen && seq > told.get_value() {
            told.set_value(seq);
            open.inbox.read(open.id);
            leptos::task::spawn_local(async move {
                if api::mark_read(open.id, seq).await.is_err() {
                    // Told again with the next message, or when the window gets the focus again.
                    let _ = told.try_set_value(0);
                }
            });
        }
    };
    Effect::new(move |_| {
        newest.track();
        tell();
    });
    Effect::new(move |_| {
        let focus = window_event_listener(leptos::ev::focus, move |_| tell());
        on_cleanup(move || focus.remove());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::samples;

    fn message(n: u128) -> Message {
        samples::message(n, "hello", "2026-11-21T09:26:28.207802+00:00")
    }

    fn seqs(messages: &[Message]) -> Vec<u64> {
        messages.iter().map(|message| message.seq).collect()
    }

    #[test]
    fn a_message_is_added_once_however_often_it_is_answered() {
        let mut messages = vec![message(1)];
        add(&mut messages, message(2));
        add(&mut messages, message(2));
        assert_eq!(seqs(&messages), [1, 2]);
    }

    #[test]
    fn older_messages_come_before_and_are_not_repeated() {
        let mut messages = vec![message(3), message(4)];
        prepend(&mut messages, vec![message(1), message(2), message(3)]);
        assert_eq!(seqs(&messages), [1, 2, 3, 4]);
    }
}
