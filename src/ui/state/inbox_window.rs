//! The list of conversations on the page, kept up to date.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::{self, Conversation};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::domain::user;
use crate::ui::components::focus::focus;
use crate::ui::state;

/// What the list shows, from one answer of the server on.
#[derive(Clone, Copy)]
pub struct Rows {
    known: RwSignal<state::Inbox>,
    /// Whether the newest conversations are among them. An older part of the list stays as it is.
    at_newest: bool,
    pulling: StoredValue<bool>,
}

impl Rows {
    /// Begins with a page from the server, which may be the newest one.
    pub fn new(me: user::Id, page: Page<Conversation>, at_newest: bool) -> Self {
        Self { known: RwSignal::new(state::Inbox::new(me, page)), at_newest, pulling: StoredValue::new(false) }
    }

    /// Newest first.
    pub fn shown(&self) -> Vec<Conversation> {
        self.known.read().rows().to_vec()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.read().rows().is_empty()
    }

    /// Asks for what is older than all that is shown.
    pub fn older(&self) -> Option<Cursor> {
        self.known.read().older().cloned()
    }

    /// Takes in what is older. The list may have been left meanwhile.
    pub fn extend(&self, page: Page<Conversation>) {
        self.change(|known| known.extend(page));
    }

    fn apply(self, event: &Event) {
        if self.at_newest {
            self.change(|known| known.apply(event));
            self.pull();
        }
    }

    /// Changes what is shown. A row that has the focus keeps it, wherever it moves and whatever of it is drawn anew.
    fn change(&self, change: impl FnOnce(&mut state::Inbox)) {
        let focused = document().active_element().filter(|it| it.class_list().contains("conversation"));
        self.known.try_update(change);
        if let Some(address) = focused.and_then(|row| row.get_attribute("href")) {
            // Once it has been drawn, unless the focus has gone elsewhere.
            request_animation_frame(move || {
                if document().active_element().is_none_or(|it| it.tag_name() == "BODY") {
                    focus(&format!(".conversation[href=\"{address}\"]"));
                }
            });
        }
    }

    /// Asks for what is missing, one question at a time. A question that fails is asked again with the next event.
    fn pull(self) {
        let incomplete = self.known.try_with_untracked(state::Inbox::is_incomplete).unwrap_or(false);
        if !incomplete || self.pulling.try_get_value() != Some(false) {
            return;
        }
        self.pulling.set_value(true);
        spawn_local(async move {
            let done = self.refresh().await;
            if self.pulling.try_set_value(false).is_none() && done.is_ok() {
                self.pull();
            }
        });
    }

    async fn refresh(self) -> Result<(), AppError> {
        let Some(pull) = self.known.try_with_untracked(state::Inbox::pull) else { return Ok(()) };
        let mut page = api::list_conversations(None).await?;
        while page.items.len() < pull.depth
            && let Some(cursor) = page.older.take()
        {
            let next = api::list_conversations(Some(cursor)).await?;
            page.items.extend(next.items);
            page.older = next.older;
        }
        self.change(|known| known.refresh(&pull, page));
        Ok(())
    }
}

/// Tells the server what has reached this page, which tells whoever wrote it.
#[derive(Clone, Copy)]
struct Arrivals {
    /// Up to which place in each conversation it has been told.
    told: StoredValue<HashMap<conversation::Id, u64>>,
    telling: StoredValue<bool>,
}

impl Arrivals {
    fn new() -> Self {
        Self { told: StoredValue::new(HashMap::new()), telling: StoredValue::new(false) }
    }

    /// Goes through what is unread in `rows`, one conversation at a time. What fails is told again with the next change.
    fn tell(self, me: user::Id, rows: Rows) {
        if self.next(me, rows).is_none() || self.telling.try_get_value() != Some(false) {
            return;
        }
        self.telling.set_value(true);
        spawn_local(async move {
            while let Some((conversation, seq)) = self.next(me, rows) {
                if api::mark_delivered(conversation, seq).await.is_err() {
                    break;
                }
                self.told.try_update_value(|told| told.insert(conversation, seq));
            }
            let _ = self.telling.try_set_value(false);
        });
    }

    fn next(self, me: user::Id, rows: Rows) -> Option<(conversation::Id, u64)> {
        let told = self.told.try_get_value()?;
        let is_untold = |row: &&Conversation| {
            row.unread() > 0
                && row.last_author.is_some_and(|author| author != me)
                && told.get(&row.id).is_none_or(|told| *told < row.seq)
        };
        let untold = |known: &state::Inbox| known.rows().iter().find(is_untold).map(|row| (row.id, row.seq));
        rows.known.try_with_untracked(untold).flatten()
    }
}

/// The way from anywhere on the page to the list.
#[derive(Clone, Copy)]
pub struct Inbox {
    me: StoredValue<Option<user::Id>>,
    /// The rows that are on the page now. New ones for each answer of the server: a list that is about to be replaced
    /// must not be drawn with what is meant for the next.
    rows: RwSignal<Option<Rows>>,
    /// Whether something has happened before there were any.
    missed: StoredValue<bool>,
    /// How many messages are unread in the rows on the page. Not known before the page is alive.
    pub unread: RwSignal<u64>,
    arrivals: Arrivals,
}

impl Inbox {
    /// A list that nobody has drawn yet.
    pub fn new() -> Self {
        Self {
            me: StoredValue::new(None),
            rows: RwSignal::new(None),
            missed: StoredValue::new(false),
            unread: RwSignal::new(0),
            arrivals: Arrivals::new(),
        }
    }

    /// The list shows these now, to this person.
    pub fn show(&self, me: user::Id, rows: Rows) {
        self.me.set_value(Some(me));
        self.rows.set(Some(rows));
        let (unread, arrivals) = (self.unread, self.arrivals);
        Effect::new(move |_| {
            unread.try_set(rows.known.read().unread());
            arrivals.tell(me, rows);
        });
        if self.missed.get_value() {
            self.missed.set_value(false);
            rows.apply(&Event::Resync);
        }
    }

    /// The same for what may be asked for anywhere, also where the server has no reactive scope, and knows nothing.
    pub fn unread_in_browser(&self) -> u64 {
        if cfg!(feature = "ssr") { 0 } else { self.unread.try_get().unwrap_or(0) }
    }

    /// The conversation with somebody, if the list shows one.
    pub fn conversation_with(&self, person: user::Id) -> Option<conversation::Id> {
        let rows = self.rows.get()?;
        rows.known.try_with(|known| known.conversation_with(person)).flatten()
    }

    /// Something has happened.
    pub fn apply(&self, event: &Event) {
        match self.rows.try_get_untracked() {
            Some(Some(rows)) => rows.apply(event),
            Some(None) => self.missed.set_value(true),
            None => {}
        }
    }

    /// The newest conversations, so many as the server tells of by itself who is there.
    pub fn newest(&self) -> Vec<conversation::Id> {
        let rows = self.rows.try_get_untracked().flatten().filter(|rows| rows.at_newest);
        let newest = |known: &state::Inbox| known.rows().iter().take(PAGE_SIZE).map(|row| row.id).collect::<Vec<_>>();
        rows.and_then(|rows| rows.known.try_with_untracked(newest)).unwrap_or_default()
    }

    /// Only the server knows what has changed.
    pub fn refetch(&self) {
        self.apply(&Event::Resync);
    }

    /// A conversation has been read up to a message.
    pub fn read(&self, conversation: conversation::Id, seq: u64) {
        let known = self.rows.try_get_untracked().flatten();
        let marked = known.and_then(|rows| rows.known.try_with_untracked(|known| known.marked(conversation)));
        if let (Some(reader), Some(unmarked)) = (self.me.try_get_value().flatten(), marked) {
            self.apply(&Event::ConversationRead { conversation, reader, seq, unmarked });
        }
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}
