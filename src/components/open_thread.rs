//! A conversation that is open on the page: what it shows, and what is done in it.

use leptos::html::Div;
use leptos::prelude::*;

use crate::api;
use crate::components::composer::Draft;
use crate::components::inbox::Inbox;
use crate::components::way_on::way_on;
use crate::conversation;
use crate::error::AppError;
use crate::message::Message;
use crate::page::{Cursor, Page};

/// A conversation as this page knows it. Gone when another takes its place; an answer that comes later changes nothing.
#[derive(Clone, Copy)]
pub struct OpenThread {
    id: conversation::Id,
    /// What is shown, oldest first.
    pub messages: RwSignal<Vec<Message>>,
    /// Asks for what is older than all that is shown.
    pub older: RwSignal<Option<Cursor>>,
    /// What the messages scroll in, from the bottom up.
    pub scroller: NodeRef<Div>,
    /// Whether the newest messages are among those shown.
    at_newest: bool,
    inbox: Inbox,
}

impl OpenThread {
    /// Opens a conversation at a page of it, beside a list.
    pub fn new(id: conversation::Id, page: Page<Message>, inbox: Inbox) -> Self {
        Self {
            id,
            messages: RwSignal::new(page.items),
            older: RwSignal::new(page.older),
            scroller: NodeRef::new(),
            at_newest: page.newer.is_none(),
            inbox,
        }
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("/messages/{}", self.id)
    }

    /// Sends into this conversation, whichever is open when the answer comes.
    pub fn send_action(self) -> Action<Draft, Result<(), AppError>> {
        let way = way_on();
        Action::new(move |(message, body): &Draft| {
            let (message, body) = (*message, body.clone());
            async move {
                let message = api::send_message(self.id, message, body).await?;
                self.inbox.sent(self.id, &message);
                // An older part of the conversation is not where the message belongs.
                if self.at_newest {
                    self.show_sent(message);
                } else if self.is_open() {
                    way.set(Some(self.path()));
                }
                Ok(())
            }
        })
    }

    /// Shows a message that has just been sent, wherever one was reading.
    fn show_sent(self, message: Message) {
        self.messages.try_update(|messages| add(messages, message));
        request_animation_frame(move || {
            if let Some(Some(scroller)) = self.scroller.try_get_untracked() {
                scroller.set_scroll_top(0);
            }
        });
    }

    fn is_open(&self) -> bool {
        self.messages.try_with_untracked(|_| ()).is_some()
    }

    /// Puts an older page before what is shown.
    pub fn load_action(self) -> Action<Cursor, Result<(), AppError>> {
        Action::new(move |cursor: &Cursor| {
            let cursor = cursor.clone();
            async move {
                let page = api::list_messages(self.id, cursor).await?;
                // The link may be gone with what it led to: the focus goes to what is read next.
                if page.older.is_none()
                    && let Some(Some(scroller)) = self.scroller.try_get_untracked()
                {
                    let _ = scroller.focus();
                }
                self.messages.try_update(|messages| prepend(messages, page.items));
                self.older.try_set(page.older);
                Ok(())
            }
        })
    }

    /// Tells the server what has been read: up to the newest message, once it is shown in a window that has the focus.
    pub fn mark_read_when_seen(self) {
        let newest = Memo::new(move |_| self.messages.read().last().map_or(0, |message| message.seq));
        let told = StoredValue::new(0);
        let tell = move || {
            let (seq, seen) = (newest.get_untracked(), document().has_focus().unwrap_or(false));
            if self.at_newest && seen && seq > told.get_value() {
                told.set_value(seq);
                self.inbox.read(self.id, seq);
                leptos::task::spawn_local(async move {
                    if api::mark_read(self.id, seq).await.is_err() {
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
