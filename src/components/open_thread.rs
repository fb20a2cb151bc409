//! A conversation that is open on the page: what it shows, and what is done in it.

use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::components::composer::Draft;
use crate::components::inbox::Inbox;
use crate::components::way_on::way_on;
use crate::conversation;
use crate::error::AppError;
use crate::event::Event;
use crate::live::outbox::Unsent;
use crate::live::{Live, Outbox, Timeline};
use crate::message::Message;
use crate::page::{Cursor, Page};
use crate::user;

/// So many pixels from the end of the conversation count as its end.
const END_PX: i32 = 40;

/// So many pixels from the oldest message shown, older ones are asked for.
const NEAR_BEGINNING_PX: i32 = 600;

/// For how long somebody who is writing is said to be, without further word.
const TYPING_SHOWN: Duration = Duration::from_secs(5);

/// How often that is told while somebody writes on.
const TYPING_SAID: Duration = Duration::from_secs(3);

/// A conversation as this page knows it. Gone when another takes its place; an answer that comes later changes nothing.
#[derive(Clone, Copy)]
pub struct OpenThread {
    id: conversation::Id,
    me: user::Id,
    timeline: RwSignal<Timeline>,
    /// What the messages scroll in, from the bottom up.
    pub scroller: NodeRef<Div>,
    /// Whether this page follows the conversation: it was opened at its newest message, not at an older part.
    follows: bool,
    /// Whether the end is in view.
    pub at_end: RwSignal<bool>,
    /// How many messages have come while the end was not in view.
    pub unseen: RwSignal<u64>,
    /// What a screen reader is to say: the newest message of the other person.
    pub announced: RwSignal<Option<Message>>,
    /// Whether the other person is writing.
    pub typing: RwSignal<bool>,
    typing_heard: StoredValue<u64>,
    typing_said: StoredValue<bool>,
    catching_up: StoredValue<bool>,
    inbox: Inbox,
}

impl OpenThread {
    /// Opens a conversation at a page of it, beside a list.
    pub fn new(id: conversation::Id, me: user::Id, page: Page<Message>, inbox: Inbox) -> Self {
        let follows = page.newer.is_none();
        Self {
            id,
            me,
            timeline: RwSignal::new(Timeline::new(id, page)),
            scroller: NodeRef::new(),
            follows,
            at_end: RwSignal::new(true),
            unseen: RwSignal::new(0),
            announced: RwSignal::new(None),
            typing: RwSignal::new(false),
            typing_heard: StoredValue::new(0),
            typing_said: StoredValue::new(false),
            catching_up: StoredValue::new(false),
            inbox,
        }
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("/messages/{}", self.id)
    }

    /// Which conversation.
    pub fn id(&self) -> conversation::Id {
        self.id
    }

    /// What is shown, oldest first.
    pub fn messages(self) -> Signal<Vec<Message>> {
        Signal::derive(move || self.timeline.read().messages().to_vec())
    }

    /// Asks for what is older than all that is shown.
    pub fn older(self) -> Option<Cursor> {
        self.timeline.read().older().cloned()
    }

    /// Listens to what happens in this conversation, as long as it is open.
    pub fn follow(self, live: Live) {
        live.listen(Callback::new(move |event: Event| self.heed(&event)));
    }

    fn heed(self, event: &Event) {
        match event {
            Event::Typing { conversation, author } if *conversation == self.id && *author != self.me => {
                self.is_typing()
            }
            Event::MessageSent { conversation, message } if *conversation == self.id => {
                if message.author != self.me {
                    self.typing.try_set(false);
                }
                self.apply(event);
            }
            Event::Resync => self.apply(event),
            _ => {}
        }
    }

    /// Tells the other person that one is writing: at once, then every now and then while it goes on.
    pub fn say_typing(self) {
        if self.follows && self.typing_said.try_get_value() == Some(false) {
            self.typing_said.set_value(true);
            let again = move || {
                let _ = self.typing_said.try_set_value(false);
            };
            set_timeout(again, TYPING_SAID);
            // Worth nothing once it is late: a failure is not tried again.
            spawn_local(async move { drop(api::typing(self.id).await) });
        }
    }

    fn is_typing(self) {
        self.typing.try_set(true);
        let Some(heard) = self.typing_heard.try_get_value() else { return };
        let _ = self.typing_heard.try_set_value(heard + 1);
        let end = move || {
            // Only the last word counts.
            if self.typing_heard.try_get_value() == Some(heard + 1) {
                self.typing.try_set(false);
            }
        };
        set_timeout(end, TYPING_SHOWN);
    }

    /// Takes in an event, and asks for what is missing.
    fn apply(self, event: &Event) {
        if self.follows {
            self.grow(|timeline| timeline.apply(event));
            self.catch_up();
        }
    }

    /// Changes what is shown at its end without moving what is being read.
    fn grow(self, change: impl FnOnce(&mut Timeline)) {
        let scroller = self.scroller.try_get_untracked().flatten();
        let before = scroller.as_ref().map(|scroller| (scroller.scroll_top(), scroller.scroll_height()));
        let at_end = self.at_end.try_get_untracked().unwrap_or(true);
        let last = self.timeline.try_with_untracked(Timeline::last_seq).unwrap_or(0);
        self.timeline.try_update(|timeline| {
            change(timeline);
            if at_end {
                timeline.forget_oldest();
            }
        });
        self.note_new(last, at_end);
        if let (false, Some(scroller), Some((top, height))) = (at_end, scroller, before) {
            // Before the next frame is painted.
            request_animation_frame(move || scroller.set_scroll_top(top - (scroller.scroll_height() - height)));
        }
    }

    /// Counts and announces what the other person has written after `last`.
    fn note_new(self, last: u64, at_end: bool) {
        let new = self.timeline.try_with_untracked(|timeline| {
            let mut theirs =
                timeline.messages().iter().filter(|message| message.seq > last && message.author != self.me);
            (theirs.clone().count() as u64, theirs.next_back().cloned())
        });
        let Some((count, Some(newest))) = new else { return };
        self.announced.try_set(Some(newest));
        if !at_end {
            self.unseen.try_update(|unseen| *unseen += count);
        }
    }

    /// Asks for what comes after all that is known, until nothing does. A question that fails is asked again with the
    /// next event.
    fn catch_up(self) {
        let lacks = move || self.timeline.try_with_untracked(|timeline| !timeline.is_at_newest()).unwrap_or(false);
        if !lacks() || self.catching_up.try_get_value() != Some(false) {
            return;
        }
        self.catching_up.set_value(true);
        spawn_local(async move {
            while lacks() {
                let Some(pull) = self.timeline.try_with_untracked(Timeline::pull) else { return };
                let Ok(page) = api::messages_after(self.id, pull.after.clone()).await else { break };
                self.grow(|timeline| timeline.extend(&pull, page));
            }
            let _ = self.catching_up.try_set_value(false);
        });
    }

    /// Puts what is sent from here into the outbox, for this conversation, whichever is open when it is stored.
    pub fn send_action(self, outbox: Outbox) -> Action<Draft, Result<(), AppError>> {
        let way = way_on();
        Action::new(move |(id, body): &Draft| {
            outbox.push(Unsent { id: *id, conversation: self.id, body: body.clone(), refused: None });
            if self.follows {
                self.at_end.set(true);
                request_animation_frame(move || self.show_end());
            } else {
                // An older part of the conversation is not where the message belongs.
                way.set(Some(self.path()));
            }
            async { Ok(()) }
        })
    }

    /// Scrolls to the newest message.
    pub fn show_end(self) {
        if let Some(Some(scroller)) = self.scroller.try_get_untracked() {
            scroller.set_scroll_top(0);
        }
    }

    /// Takes note of where one reads. Near the beginning of what is shown, `load` gets what is older.
    pub fn scrolled(self, load: impl Fn(Cursor)) {
        let Some(Some(scroller)) = self.scroller.try_get_untracked() else { return };
        // Counted from the end, and so below zero.
        let from_end = -scroller.scroll_top();
        let at_end = from_end <= END_PX;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        if at_end && self.unseen.get_untracked() > 0 {
            self.unseen.set(0);
        }
        let from_beginning = scroller.scroll_height() - scroller.client_height() - from_end;
        if from_beginning < NEAR_BEGINNING_PX
            && let Some(cursor) = untrack(|| self.older())
        {
            load(cursor);
        }
    }

    /// Puts an older page before what is shown.
    pub fn load_action(self) -> Action<Cursor, Result<(), AppError>> {
        Action::new(move |cursor: &Cursor| {
            let cursor = cursor.clone();
            async move {
                let page = api::list_messages(self.id, cursor.clone()).await?;
                // The link may be gone with what it led to: the focus goes to what is read next.
                let focused = document().active_element().and_then(|it| it.closest(".pager").ok().flatten());
                if page.older.is_none()
                    && focused.is_some()
                    && let Some(Some(scroller)) = self.scroller.try_get_untracked()
                {
                    let _ = scroller.focus();
                }
                self.timeline.try_update(|timeline| timeline.prepend(&cursor, page));
                Ok(())
            }
        })
    }

    /// Tells the server what has been read: up to the newest message, once it is in view in a window that has the focus.
    pub fn mark_read_when_seen(self) {
        let newest = Memo::new(move |_| self.timeline.read().last_seq());
        let told = StoredValue::new(0);
        let tell = move || {
            let (seq, focused) = (newest.get_untracked(), document().has_focus().unwrap_or(false));
            if self.follows && focused && self.at_end.get_untracked() && seq > told.get_value() {
                told.set_value(seq);
                self.inbox.read(self.id, seq);
                spawn_local(async move {
                    if api::mark_read(self.id, seq).await.is_err() {
                        // Told again with the next message, or when the window gets the focus again.
                        let _ = told.try_set_value(0);
                    }
                });
            }
        };
        Effect::new(move |_| {
            newest.track();
            self.at_end.track();
            tell();
        });
        Effect::new(move |_| {
            let focus = window_event_listener(leptos::ev::focus, move |_| tell());
            on_cleanup(move || focus.remove());
        });
    }
}
