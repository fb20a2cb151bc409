//! A conversation that is open on the page: what it shows, and what is done in it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};

use crate::api;
use crate::domain::conversation::{self, Receipts, Thread};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::message::{self, Message};
use crate::domain::page::Cursor;
use crate::domain::user;
use crate::ui::components::composer::Draft;
use crate::ui::state::compose_target::To;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::outbox::Unsent;
use crate::ui::state::scroller::Scroller;
use crate::ui::state::typing_indicator::Writing;
use crate::ui::state::{Live, Outbox, Timeline};

/// So many pixels from either end of what is shown, more is asked for.
pub(super) const NEAR_PX: i32 = 600;

/// A conversation as this page knows it. Gone when another takes its place; an answer that comes later changes nothing.
#[derive(Clone, Copy)]
pub struct OpenThread {
    pub(super) id: conversation::Id,
    pub(super) me: user::Id,
    pub(super) timeline: RwSignal<Timeline>,
    /// What the messages scroll in.
    pub scroller: Scroller,
    /// Whether the conversation ends where the page does: what comes is shown. Otherwise, what comes next is asked for as
    /// one scrolls there.
    pub follows: RwSignal<bool>,
    /// Up to which place the person had read when it was opened; none where the unread did not begin there.
    pub read_before: RwSignal<Option<u64>>,
    pub(super) from_first: bool,
    /// The place of the newest message when it was opened.
    pub(super) newest: u64,
    /// Up to which place it has been in view.
    pub(super) seen: RwSignal<u64>,
    /// Where a part of the unread ended that more has come below since.
    pub(super) part_end: StoredValue<Option<(message::Id, u64)>>,
    /// Where the last such part ended whose end has been in view.
    pub(super) passed: StoredValue<u64>,
    /// Whether the page has been taken over, and shows where one goes on reading.
    pub entered: RwSignal<bool>,
    /// What a screen reader is to say: what the other person has just written, oldest first.
    pub announced: RwSignal<Vec<Message>>,
    /// How far the other person has got, where that is shown.
    pub receipts: RwSignal<Option<Receipts>>,
    /// Who is writing.
    pub writing: Writing,
    pub(super) asking: StoredValue<bool>,
    /// Up to which place the server knows that it has been read.
    pub(super) told: StoredValue<u64>,
    /// Whether the server has it marked as unread.
    pub(super) marked: StoredValue<bool>,
    pub(super) inbox: Inbox,
}

impl OpenThread {
    /// Opens a conversation at a page of it, beside a list. `from_first`: one reads on from the first message shown.
    pub fn new(thread: &Thread, me: user::Id, inbox: Inbox, from_first: bool) -> Self {
        let follows = thread.messages.newer.is_none();
        let read_before = thread.unread_after(me);
        let timeline = Timeline::new(thread.id, thread.messages.clone());
        let seen = if from_first { thread.read } else { timeline.last_seq().max(thread.read) };
        Self {
            id: thread.id,
            me,
            scroller: Scroller::new(read_before.is_none() && !from_first),
            from_first,
            newest: thread.newest,
            follows: RwSignal::new(follows),
            read_before: RwSignal::new(read_before),
            seen: RwSignal::new(read_before.unwrap_or(seen)),
            part_end: StoredValue::new(None),
            passed: StoredValue::new(0),
            entered: RwSignal::new(false),
            timeline: RwSignal::new(timeline),
            announced: RwSignal::new(Vec::new()),
            receipts: RwSignal::new(thread.receipts),
            writing: Writing::new(thread.id),
            asking: StoredValue::new(false),
            told: StoredValue::new(thread.read),
            marked: StoredValue::new(thread.marked),
            inbox,
        }
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("/messages/{}", self.id)
    }

    /// What is shown, oldest first.
    pub fn messages(self) -> Signal<Vec<Message>> {
        Signal::derive(move || self.timeline.read().messages().to_vec())
    }

    /// Asks for what is older than all that is shown.
    pub fn older(self) -> Option<Cursor> {
        self.timeline.read().older().cloned()
    }

    /// How many messages there are that have not been in view.
    pub fn unseen(self) -> u64 {
        self.timeline.read().heard().max(self.newest).saturating_sub(self.seen.get())
    }

    /// Shows where the unread begin, once the page has been drawn.
    pub fn enter(self) {
        Effect::new(move |_| {
            if self.scroller.node.get().is_some() {
                request_animation_frame(move || {
                    if self.from_first {
                        self.scroller.show(".message");
                    } else if self.read_before.try_get_untracked().flatten().is_some() {
                        self.scroller.show(".unread-line");
                    }
                    self.entered.try_set(true);
                    self.go_on();
                });
            }
        });
    }

    /// Listens to what happens in this conversation, as long as it is open.
    pub fn follow(self, live: Live) {
        live.listen(Callback::new(move |event: Event| self.heed(&event)));
        // What was told after the server had looked, and before anybody listened here, is missing. Where the stream is not
        // open yet, it says the same when it is.
        Effect::new(move |_| {
            if live.connected.get_untracked() == Some(true) {
                self.heed(&Event::Resync);
            }
        });
    }

    pub(super) fn heed(self, event: &Event) {
        self.heed_receipts(event);
        match event {
            Event::Typing { conversation, author } if *conversation == self.id && *author != self.me => {
                self.writing.begins()
            }
            Event::MessageSent { conversation, message } if *conversation == self.id => {
                if message.author != self.me {
                    self.writing.ends();
                }
                self.apply(event);
            }
            Event::Resync => self.apply(event),
            _ => {}
        }
    }

    /// Puts what is sent from here into the outbox, for this conversation, whichever is open when it is stored.
    pub fn send_by(self, outbox: Outbox) -> Callback<Draft> {
        Callback::new(move |(id, body): Draft| {
            outbox.push(Unsent { id, to: To::Conversation(self.id), body, refused: None });
            self.writing.sent();
            // Who answers has read what was there.
            self.read_before.set(None);
            self.show_newest();
        })
    }

    /// Takes note of where one reads. Near the beginning of what is shown, `load_older` gets what is older.
    pub fn scrolled(self, load_older: impl Fn(Cursor) + 'static) {
        if self.scroller.is_held() {
            // What is below is not what one has scrolled to, until this has been put right.
            return request_animation_frame(move || self.scrolled(load_older));
        }
        let Some((to_beginning, _)) = self.look() else { return };
        if to_beginning < NEAR_PX
            && let Some(cursor) = untrack(|| self.older())
        {
            load_older(cursor);
        }
        self.go_on();
    }

    /// What is in view at the end has been seen, and so has a part of the unread whose end has been in view.
    pub(super) fn look(self) -> Option<(i32, i32)> {
        let look = self.scroller.look();
        let seen = match self.scroller.at_end.try_get_untracked() {
            Some(true) => self.timeline.try_with_untracked(Timeline::last_seq),
            _ => self.pass(),
        };
        if let Some(seen) = seen
            && self.seen.try_get_untracked() < Some(seen)
        {
            self.seen.try_set(seen);
        }
        look
    }

    /// Puts an older page before what is shown. Beyond [`SHOWN_MAX`] the newest go, until one scrolls there again.
    pub fn load_action(self) -> Action<Cursor, Result<(), AppError>> {
        Action::new(move |cursor: &Cursor| {
            let cursor = cursor.clone();
            async move {
                let page = api::list_messages(self.id, cursor.clone()).await?;
                // The link may be gone with what it led to: the focus goes to what is read next.
                let focused = document().active_element().and_then(|it| it.closest(".pager").ok().flatten());
                if page.older.is_none()
                    && focused.is_some()
                    && let Some(Some(scroller)) = self.scroller.node.try_get_untracked()
                {
                    let _ = scroller.focus();
                }
                self.scroller.hold(|| {
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

    /// Marks it as unread, and leaves it: open, it would be read.
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
            // Unless another one has been opened meanwhile.
            if action.value().get() == Some(Ok(())) && pathname.get_untracked() == self.path() {
                navigate("/messages", Default::default());
            }
        });
        action
    }

    /// Tells the server what has been read: up to the newest message, once it is in view in a window that has the focus. Far
    /// from it, up to the end of each part of the unread that is loaded.
    pub fn mark_read_when_seen(self) {
        let tell = move || {
            let (seq, focused) = (self.seen.get_untracked(), document().has_focus().unwrap_or(false));
            let more = seq > self.told.get_value();
            let in_view = self.scroller.at_end.get_untracked() || self.passed.get_value() == seq;
            if focused && self.entered.get_untracked() && in_view && (more || self.marked.get_value()) {
                self.told.set_value(seq);
                self.marked.set_value(false);
                self.inbox.read(self.id, seq);
                spawn_local(async move {
                    if api::mark_read(self.id, seq).await.is_err() {
                        // Told again with the next message, or when the window gets the focus again.
                        let _ = self.told.try_set_value(0);
                    }
                });
            }
        };
        Effect::new(move |_| {
            self.seen.track();
            self.entered.track();
            self.scroller.at_end.track();
            tell();
        });
        Effect::new(move |_| {
            let focus = window_event_listener(leptos::ev::focus, move |_| tell());
            on_cleanup(move || focus.remove());
        });
    }
}
