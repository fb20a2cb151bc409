//! The list of conversations on the page, kept up to date.

use std::collections::HashMap;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::{self, Conversation};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::domain::user;
use crate::ui::state::InboxRows;
use crate::ui::state::expected_rows::pull_delay;
use crate::ui::state::focus::focus;

/// The part of the inbox that the page shows, starting from one response of the server.
#[derive(Clone, Copy)]
pub struct InboxWindow {
    rows: RwSignal<InboxRows>,
    /// True if the window contains the newest conversations. A window on an older part does not change.
    at_newest: bool,
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
            pulling: StoredValue::new(false),
            scheduled: StoredValue::new(None),
        }
    }

    /// Returns the loaded rows, newest first.
    pub fn rows(&self) -> Vec<Conversation> {
        self.rows.read().rows().to_vec()
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
            self.update(|rows| rows.extend(&pull, page));
            self.pull();
        }
        Ok(())
    }

    fn apply(self, event: &Event) {
        if self.at_newest {
            self.update(|rows| rows.apply(event));
            self.pull();
        }
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
    /// the delays grow: requests without a delay would hit the server in a loop. A failed request is retried at the next
    /// event.
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
        Ok(())
    }
}

/// Reports to the server which messages have reached this page. The server informs their senders.
#[derive(Clone, Copy)]
struct DeliveryReports {
    /// The last reported sequence number of each conversation.
    reported: StoredValue<HashMap<conversation::Id, u64>>,
    reporting: StoredValue<bool>,
}

impl DeliveryReports {
    fn new() -> Self {
        Self { reported: StoredValue::new(HashMap::new()), reporting: StoredValue::new(false) }
    }

    /// Reports the unread messages of `window`, one conversation at a time. A failed report is retried at the next
    /// change.
    fn report(self, me: user::Id, window: InboxWindow) {
        if self.next(me, window).is_none() || self.reporting.try_get_value() != Some(false) {
            return;
        }
        self.reporting.set_value(true);
        spawn_local(async move {
            while let Some((conversation, seq)) = self.next(me, window) {
                if api::mark_delivered(conversation, seq).await.is_err() {
                    break;
                }
                self.reported.try_update_value(|reported| reported.insert(conversation, seq));
            }
            let _ = self.reporting.try_set_value(false);
        });
    }

    fn next(self, me: user::Id, window: InboxWindow) -> Option<(conversation::Id, u64)> {
        let reported = self.reported.try_get_value()?;
        let is_unreported = |row: &&Conversation| {
            row.unread() > 0
                && row.last_author.is_some_and(|author| author != me)
                && reported.get(&row.id).is_none_or(|reported| *reported < row.seq)
        };
        let unreported = |rows: &InboxRows| rows.rows().iter().find(is_unreported).map(|row| (row.id, row.seq));
        window.rows.try_with_untracked(unreported).flatten()
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
    /// Number of unread messages in the window. Not known before the page is hydrated.
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
        Effect::new(move |_| {
            unread.try_set(window.rows.read().unread());
            delivery_reports.report(me, window);
        });
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
