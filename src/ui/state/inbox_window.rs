//! The list of conversations on the page, kept up to date.

use leptos::leptos_dom::helpers::{TimeoutHandle, is_server, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::{self, Conversation, UNREAD_COUNT_MAX};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::domain::user::{self, User};
use crate::ui::state::InboxRows;
use crate::ui::state::delivery_reports::DeliveryReports;
use crate::ui::state::expected_rows::pull_delay;
use crate::ui::state::focus::focus;
use crate::ui::state::reactive::effect;

/// The part of the inbox that the page shows, starting from one response of the server.
#[derive(Clone, Copy)]
pub struct InboxWindow {
    rows: RwSignal<InboxRows>,
    /// True if the window contains the newest conversations. A window on an older part does not change.
    at_newest: bool,
    /// Number of unread messages in the conversations after the rows; in all conversations, if `at_newest` is false.
    unread_elsewhere: RwSignal<u64>,
    pulling: StoredValue<bool>,
    /// Timer of the next pull, and the attempt that it is.
    scheduled: StoredValue<Option<(u32, TimeoutHandle)>>,
}

impl InboxWindow {
    /// Starts with a page from the server. `at_newest`: it is the newest page.
    pub fn new(me: user::Id, page: Page<Conversation>, at_newest: bool) -> Self {
        Self {
            rows: RwSignal::new(InboxRows::new(me, page)),
            at_newest,
            unread_elsewhere: RwSignal::new(0),
            pulling: StoredValue::new(false),
            scheduled: StoredValue::new(None),
        }
    }

    /// Returns the ids of the loaded rows, newest first.
    pub fn ids(&self) -> Vec<conversation::Id> {
        self.rows.read().rows().iter().map(|row| row.id).collect()
    }

    /// Returns the ids of the loaded rows for which `is_shown` is true, newest first.
    pub fn ids_of(&self, is_shown: impl Fn(&Conversation) -> bool) -> Vec<conversation::Id> {
        self.rows.read().rows().iter().filter(|row| is_shown(row)).map(|row| row.id).collect()
    }

    /// Returns a loaded row, or how it was last if it is no longer loaded.
    pub fn row(self, id: conversation::Id) -> Signal<Option<Conversation>> {
        let row = move |rows: &InboxRows| rows.rows().iter().find(|row| row.id == id).cloned();
        if is_server() {
            return Signal::stored(self.rows.with_untracked(row));
        }
        Memo::new(move |last: Option<&Option<Conversation>>| self.rows.with(row).or_else(|| last.cloned().flatten()))
            .into()
    }

    /// Returns the number of unread messages in all conversations, at most [`UNREAD_COUNT_MAX`].
    fn unread(&self) -> u64 {
        let loaded = if self.at_newest { self.rows.read().unread() } else { 0 };
        (loaded + self.unread_elsewhere.get()).min(UNREAD_COUNT_MAX)
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.read().rows().is_empty()
    }

    /// Returns the cursor of the page after the loaded rows.
    pub fn older(&self) -> Option<Cursor> {
        self.rows.read().older().cloned()
    }

    /// Returns the action that loads a page of older rows.
    pub fn load_older_action(self) -> Action<(), Result<(), AppError>> {
        Action::new(move |(): &()| self.load_older())
    }

    /// Loads a page of older rows. Changes nothing if the user has left the list meanwhile.
    async fn load_older(self) -> Result<(), AppError> {
        let pull = self.rows.try_with_untracked(InboxRows::pull_older).flatten();
        if let Some(pull) = pull {
            let page = api::list_conversations(Some(pull.cursor.clone())).await?;
            let unread_before = self.rows.try_with_untracked(InboxRows::unread).unwrap_or_default();
            self.update(|rows| rows.extend(&pull, page));
            // The new rows count themselves from now on.
            let unread = self.rows.try_with_untracked(InboxRows::unread).unwrap_or_default();
            self.unread_elsewhere.try_update(|elsewhere| {
                *elsewhere = elsewhere.saturating_sub(unread.saturating_sub(unread_before));
            });
            self.count_unread_elsewhere();
            self.pull();
        }
        Ok(())
    }

    fn apply(self, event: &Event) {
        if self.at_newest {
            self.update(|rows| rows.apply(event));
            self.pull();
        } else if !event.is_momentary() && !matches!(event, Event::MessageChanged { .. }) {
            self.count_unread_elsewhere();
        }
    }

    /// Asks the server for the number of unread messages that the rows do not contain.
    fn count_unread_elsewhere(self) {
        let Some(older) = self.rows.try_with_untracked(|rows| rows.older().cloned()) else { return };
        if self.at_newest && older.is_none() {
            let _ = self.unread_elsewhere.try_set(0);
            return;
        }
        spawn_local(async move {
            let count = api::count_unread(older.clone().filter(|_| self.at_newest)).await;
            // If the rows end elsewhere by now, another request is on its way.
            let is_current = self.rows.try_with_untracked(|rows| rows.older() == older.as_ref()) == Some(true);
            if let (Ok(count), true) = (count, is_current) {
                self.unread_elsewhere.try_set(count);
            }
        });
    }

    /// Changes the rows. A focused row keeps the focus, even if it moves or is drawn anew.
    fn update(&self, change: impl FnOnce(&mut InboxRows)) {
        let focused = document().active_element().filter(|it| it.class_list().contains("conversation"));
        self.rows.try_update(change);
        if let Some(address) = focused.and_then(|row| row.get_attribute("href")) {
            // After the rows have been drawn, and only if the focus has not gone elsewhere.
            request_animation_frame(move || {
                if document().active_element().is_none_or(|it| it.tag_name() == "BODY") {
                    focus(&format!(".conversation[href=\"{address}\"]"));
                }
            });
        }
    }

    /// Pulls until nothing is missing, one request at a time. As long as the server does not show a row that is late,
    /// the delays grow: requests without a delay would hit the server in a loop. A failed request is retried at the
    /// next event.
    fn pull(self) {
        let attempt = self.rows.try_with_untracked(InboxRows::next_attempt).flatten();
        let Some(attempt) = attempt.filter(|_| self.at_newest && self.pulling.try_get_value() == Some(false)) else {
            return;
        };
        match self.scheduled.try_get_value().flatten() {
            Some((scheduled, _)) if scheduled <= attempt => return,
            // An event has come that does not have to wait so long.
            Some((_, timer)) => timer.clear(),
            None => {}
        }
        if attempt == 0 {
            return self.pull_now();
        }
        let timer = set_timeout_with_handle(move || self.pull_now(), pull_delay(attempt)).ok();
        let _ = self.scheduled.try_set_value(timer.map(|timer| (attempt, timer)));
    }

    fn pull_now(self) {
        let _ = self.scheduled.try_set_value(None);
        // A page of older rows may have brought what was missing.
        if self.rows.try_with_untracked(InboxRows::is_incomplete) != Some(true) {
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
        let Some(pull) = self.rows.try_with_untracked(InboxRows::pull) else { return Ok(()) };
        let mut page = api::list_conversations(None).await?;
        while page.items.len() < pull.depth
            && let Some(cursor) = page.older.take()
        {
            let next = api::list_conversations(Some(cursor)).await?;
            page.items.extend(next.items);
            page.older = next.older;
        }
        self.update(|rows| rows.refresh(&pull, page));
        self.count_unread_elsewhere();
        Ok(())
    }
}

/// Handle to the list of conversations, for any component of the page.
#[derive(Clone, Copy)]
pub struct Inbox {
    me: StoredValue<Option<user::Id>>,
    /// The window that is on the page now. Each response of the server gets a new one: a list that is about to be
    /// replaced must not be drawn with the rows of the next.
    window: RwSignal<Option<InboxWindow>>,
    /// True if an event arrived before there was a window.
    missed: StoredValue<bool>,
    /// Number of unread messages in all conversations, at most [`UNREAD_COUNT_MAX`]. Not known before the page is
    /// hydrated.
    pub unread: RwSignal<u64>,
    delivery_reports: DeliveryReports,
}

impl Inbox {
    /// Creates the handle to a list that has not been drawn yet.
    pub fn new() -> Self {
        Self {
            me: StoredValue::new(None),
            window: RwSignal::new(None),
            missed: StoredValue::new(false),
            unread: RwSignal::new(0),
            delivery_reports: DeliveryReports::new(),
        }
    }

    /// Shows a window to the user `me` from now on.
    pub fn show(&self, me: user::Id, window: InboxWindow) {
        self.me.set_value(Some(me));
        self.window.set(Some(window));
        let (unread, delivery_reports) = (self.unread, self.delivery_reports);
        effect(move || {
            unread.try_set(window.unread());
            delivery_reports.report(me, window.rows);
        });
        effect(move || window.count_unread_elsewhere());
        if self.missed.get_value() {
            self.missed.set_value(false);
            window.apply(&Event::Resync);
        }
    }

    /// Returns [`Inbox::unread`] also outside a reactive scope. Always 0 on the server.
    pub fn unread_in_browser(&self) -> u64 {
        if cfg!(feature = "ssr") { 0 } else { self.unread.try_get().unwrap_or(0) }
    }

    /// Returns the conversation with a peer, if it is in the window.
    pub fn conversation_with(&self, peer: user::Id) -> Option<conversation::Id> {
        let window = self.window.get()?;
        window.rows.try_with(|rows| rows.conversation_with(peer)).flatten()
    }

    /// Returns the members of a conversation other than the user, if it is in the window.
    pub fn others(&self, conversation: conversation::Id) -> Option<Vec<User>> {
        let (me, window) = (self.me.get_value()?, self.window.get()?);
        let others = |row: &Conversation| row.others(me).cloned().collect();
        window.rows.try_with(|rows| rows.rows().iter().find(|row| row.id == conversation).map(others)).flatten()
    }

    /// Applies an event.
    pub fn apply(&self, event: &Event) {
        match self.window.try_get_untracked() {
            Some(Some(window)) => window.apply(event),
            Some(None) => self.missed.set_value(true),
            None => {}
        }
    }

    /// Returns the newest conversations, as many as need no presence subscription.
    pub fn newest(&self) -> Vec<conversation::Id> {
        let window = self.window.try_get_untracked().flatten().filter(|window| window.at_newest);
        let newest = |rows: &InboxRows| rows.rows().iter().take(PAGE_SIZE).map(|row| row.id).collect::<Vec<_>>();
        window.and_then(|window| window.rows.try_with_untracked(newest)).unwrap_or_default()
    }

    /// Loads the rows again, after a change that only the server knows.
    pub fn refetch(&self) {
        self.apply(&Event::Resync);
    }

    /// Shows a conversation as read up to `seq`, before the server confirms it.
    pub fn mark_read(&self, conversation: conversation::Id, seq: u64) {
        let window = self.window.try_get_untracked().flatten();
        let marked = window.and_then(|window| window.rows.try_with_untracked(|rows| rows.marked(conversation)));
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
