//! State and actions of a conversation that is open on the page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};

use crate::api;
use crate::domain::conversation::{self, ConversationView, Receipts};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::message::{self, Message};
use crate::domain::page::Cursor;
use crate::domain::user;
use crate::ui::state::compose_target::Target;
use crate::ui::state::composer::OutgoingMessage;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::outbox::Unsent;
use crate::ui::state::scroller::Scroller;
use crate::ui::state::typing_indicator::TypingIndicator;
use crate::ui::state::{LiveEvents, Outbox, Timeline};

/// Distance from either end of the loaded messages, in pixels, at which the next page is loaded.
pub(super) const NEAR_PX: i32 = 600;

/// A conversation as this page knows it. Dropped when another is opened; a later response changes nothing.
#[derive(Clone, Copy)]
pub struct OpenConversation {
    pub(super) id: conversation::Id,
    pub(super) me: user::Id,
    pub(super) timeline: RwSignal<Timeline>,
    pub scroller: Scroller,
    /// True if new messages are appended as they come. Otherwise the page shows an older part of the conversation, and
    /// the next messages are loaded when the user scrolls to its end.
    pub follows: RwSignal<bool>,
    /// The user's read position at opening; `None` if the first unread message was not on the page.
    pub read_before: RwSignal<Option<u64>>,
    /// True if the user reads on from the first message shown.
    from_first: bool,
    /// Sequence number of the newest message at opening.
    newest_seq: u64,
    /// The highest sequence number that has been in view.
    seen_seq: RwSignal<u64>,
    /// Last message of a segment of unread messages, after which more have been loaded since.
    pub(super) segment_end: StoredValue<Option<(message::Id, u64)>>,
    /// Sequence number at the end of the last segment that the user has scrolled past.
    pub(super) passed_seq: StoredValue<u64>,
    /// True if the page is hydrated and scrolled to the position where the user reads on.
    pub entered: RwSignal<bool>,
    /// New messages of the peer for a screen reader to announce, oldest first.
    pub announced: RwSignal<Vec<Message>>,
    /// The peer's receipts; `None` if receipts are turned off.
    pub receipts: RwSignal<Option<Receipts>>,
    pub typing: TypingIndicator,
    pub(super) pulling: StoredValue<bool>,
    /// The read position that the server knows.
    acknowledged_seq: StoredValue<u64>,
    /// True if the server has the conversation marked as unread.
    marked_unread: StoredValue<bool>,
    inbox: Inbox,
}

impl OpenConversation {
    /// Opens a conversation at a page of it, beside the list. `from_first`: the user reads on from the first message
    /// shown.
    pub fn new(view: &ConversationView, me: user::Id, inbox: Inbox, from_first: bool) -> Self {
        let follows = view.messages.newer.is_none();
        let read_before = view.unread_after(me);
        let timeline = Timeline::new(view.id, view.messages.clone());
        let seen = if from_first { view.read } else { timeline.last_seq().max(view.read) };
        Self {
            id: view.id,
            me,
            scroller: Scroller::new(read_before.is_none() && !from_first),
            from_first,
            newest_seq: view.newest,
            follows: RwSignal::new(follows),
            read_before: RwSignal::new(read_before),
            seen_seq: RwSignal::new(read_before.unwrap_or(seen)),
            segment_end: StoredValue::new(None),
            passed_seq: StoredValue::new(0),
            entered: RwSignal::new(false),
            timeline: RwSignal::new(timeline),
            announced: RwSignal::new(Vec::new()),
            receipts: RwSignal::new(view.receipts),
            typing: TypingIndicator::new(view.id),
            pulling: StoredValue::new(false),
            acknowledged_seq: StoredValue::new(view.read),
            marked_unread: StoredValue::new(view.marked),
            inbox,
        }
    }

    /// Returns the path of the conversation's page.
    pub fn path(&self) -> String {
        format!("/messages/{}", self.id)
    }

    /// Returns the loaded messages, oldest first.
    pub fn messages(self) -> Signal<Vec<Message>> {
        Signal::derive(move || self.timeline.read().messages().to_vec())
    }

    /// Returns the cursor of the page before the loaded messages.
    pub fn older(self) -> Option<Cursor> {
        self.timeline.read().older().cloned()
    }

    /// Returns the number of messages that have not been in view.
    pub fn unseen(self) -> u64 {
        self.timeline.read().latest_seq().max(self.newest_seq).saturating_sub(self.seen_seq.get())
    }

    /// Scrolls to the first unread message once the page has been drawn.
    pub fn enter(self) {
        Effect::new(move |_| {
            if self.scroller.node.get().is_some() {
                request_animation_frame(move || {
                    if self.from_first {
                        self.scroller.scroll_to(".message");
                    } else if self.read_before.try_get_untracked().flatten().is_some() {
                        self.scroller.scroll_to(".unread-line");
                    }
                    self.entered.try_set(true);
                    self.load_next();
                });
            }
        });
    }

    /// Applies the events of this conversation as long as it is open.
    pub fn listen(self, live: LiveEvents) {
        live.listen(Callback::new(move |event: Event| self.handle(&event)));
        // Events that came after the server read the page and before this listener was added are missing. If the stream
        // is not open yet, it dispatches a resync of its own when it opens.
        Effect::new(move |_| {
            if live.connected.get_untracked() == Some(true) {
                self.handle(&Event::Resync);
            }
        });
    }

    fn handle(self, event: &Event) {
        self.handle_receipts(event);
        match event {
            Event::Typing { conversation, author } if *conversation == self.id && *author != self.me => {
                self.typing.peer_started()
            }
            Event::MessageSent { conversation, message } if *conversation == self.id => {
                if message.author != self.me {
                    self.typing.peer_stopped();
                }
                self.apply(event);
            }
            Event::Resync => self.apply(event),
            _ => {}
        }
    }

    /// Returns the callback that puts a message into the outbox. Its target is this conversation, even if another is
    /// open by the time it is stored.
    pub fn send_via(self, outbox: Outbox) -> Callback<OutgoingMessage> {
        Callback::new(move |(id, body): OutgoingMessage| {
            outbox.push(Unsent { id, target: Target::Conversation(self.id), body, refused: None });
            self.typing.message_sent();
            // A reply implies that the messages before it have been read.
            self.read_before.set(None);
            self.show_newest();
        })
    }

    /// Handles a scroll event. Calls `load_older` near the beginning of the loaded messages.
    pub fn on_scroll(self, load_older: impl Fn(Cursor) + 'static) {
        if self.scroller.is_anchored() {
            // The position is not one that the user has scrolled to until the scroller has restored it.
            return request_animation_frame(move || self.on_scroll(load_older));
        }
        let Some((to_beginning, _)) = self.observe_scroll() else { return };
        if to_beginning < NEAR_PX
            && let Some(cursor) = untrack(|| self.older())
        {
            load_older(cursor);
        }
        self.load_next();
    }

    /// Reads the scroll position, and raises the seen position: to the last message if the end is in view, or else to
    /// the end of a segment that has been scrolled past.
    pub(super) fn observe_scroll(self) -> Option<(i32, i32)> {
        let position = self.scroller.observe();
        let seen = match self.scroller.at_end.try_get_untracked() {
            Some(true) => self.timeline.try_with_untracked(Timeline::last_seq),
            _ => self.segment_passed(),
        };
        if let Some(seen) = seen
            && self.seen_seq.try_get_untracked() < Some(seen)
        {
            self.seen_seq.try_set(seen);
        }
        position
    }

    /// Returns the action that prepends an older page. Beyond [`SHOWN_MAX`](crate::ui::state::timeline::SHOWN_MAX) it
    /// drops the newest messages, which are loaded again when the user scrolls back to them.
    pub fn load_older_action(self) -> Action<Cursor, Result<(), AppError>> {
        Action::new(move |cursor: &Cursor| {
            let cursor = cursor.clone();
            async move {
                let page = api::list_messages(self.id, cursor.clone()).await?;
                // At the beginning the link to older messages disappears: move its focus to the messages.
                let focused = document().active_element().and_then(|it| it.closest(".pager").ok().flatten());
                if page.older.is_none()
                    && focused.is_some()
                    && let Some(Some(scroller)) = self.scroller.node.try_get_untracked()
                {
                    let _ = scroller.focus();
                }
                self.scroller.keep_position(|| {
                    self.timeline.try_update(|timeline| {
                        timeline.prepend(&cursor, page);
                        if timeline.forget_newest() {
                            self.follows.try_set(false);
                        }
                    });
                });
                Ok(())
            }
        })
    }

    /// Returns the action that marks the conversation as unread and leaves it: an open conversation would be marked as
    /// read again.
    pub fn mark_unread_action(self) -> Action<(), Result<(), AppError>> {
        let action = Action::new(move |(): &()| {
            self.entered.set(false);
            async move {
                let marked = api::mark_unread(self.id).await;
                if marked.is_err() {
                    self.entered.try_set(true);
                }
                marked
            }
        });
        let (navigate, pathname) = (use_navigate(), use_location().pathname);
        Effect::new(move |_| {
            // Unless the user has opened another conversation meanwhile.
            if action.value().get() == Some(Ok(())) && pathname.get_untracked() == self.path() {
                navigate("/messages", Default::default());
            }
        });
        action
    }

    /// Sends the read position to the server when it changes and the window has the focus: up to the newest message
    /// once it is in view, or up to the end of each loaded segment of unread messages.
    pub fn mark_read_when_seen(self) {
        let acknowledge = move || {
            let (seq, focused) = (self.seen_seq.get_untracked(), document().has_focus().unwrap_or(false));
            let more = seq > self.acknowledged_seq.get_value();
            let in_view = self.scroller.at_end.get_untracked() || self.passed_seq.get_value() == seq;
            if focused && self.entered.get_untracked() && in_view && (more || self.marked_unread.get_value()) {
                self.acknowledged_seq.set_value(seq);
                self.marked_unread.set_value(false);
                self.inbox.mark_read(self.id, seq);
                spawn_local(async move {
                    if api::mark_read(self.id, seq).await.is_err() {
                        // The next message, or the next focus of the window, retries.
                        let _ = self.acknowledged_seq.try_set_value(0);
                    }
                });
            }
        };
        Effect::new(move |_| {
            self.seen_seq.track();
            self.entered.track();
            self.scroller.at_end.track();
            acknowledge();
        });
        Effect::new(move |_| {
            let focus = window_event_listener(leptos::ev::focus, move |_| acknowledge());
            on_cleanup(move || focus.remove());
        });
    }
}
