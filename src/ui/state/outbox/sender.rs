//! The outbox of a page. Runs in the browser only.

use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::{
    TimeoutHandle, set_interval_with_handle, set_timeout_with_handle, window_event_listener,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::{conversation, message, user};
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::event_source::LiveEvents;
use crate::ui::state::local_store::LocalStore;
use crate::ui::state::outbox::lock::{self, Held};
use crate::ui::state::outbox::queue::{Command, Queue, Shown};
use crate::ui::state::outbox::unsent::NewUnsent;
use crate::ui::state::page_clock::{new_message_id, now};
use crate::ui::state::page_resource::read_json;
use crate::ui::state::reactive::effect;

/// Interval of the check for messages that other pages have not sent, and for a storage that was wiped without notice.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// This page and the lock that lets one page send at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    Free,
    Requested,
    Held(Held),
}

/// Messages of the user that are not stored yet.
#[derive(Clone, Copy)]
pub struct Outbox {
    pub(super) store: StoredValue<Option<LocalStore>>,
    pub(super) queue: StoredValue<Queue>,
    shown: RwSignal<Vec<Shown>>,
    /// Composers on the page, each of which shows the messages of its target.
    composers: RwSignal<Vec<ComposeTarget>>,
    /// The recipient and the conversation of the last first message that was stored, as far as this page knows.
    started: RwSignal<Option<(user::Id, conversation::Id)>>,
    lock: StoredValue<Lock>,
    timer: StoredValue<Option<TimeoutHandle>>,
    pub(super) live: LiveEvents,
}

impl Outbox {
    /// Creates an empty outbox that dispatches its messages to `live` once they are stored.
    pub fn new(live: LiveEvents) -> Self {
        Self {
            store: StoredValue::new(None),
            queue: StoredValue::new(Queue::default()),
            shown: RwSignal::new(Vec::new()),
            composers: RwSignal::new(Vec::new()),
            started: RwSignal::new(None),
            lock: StoredValue::new(Lock::Free),
            timer: StoredValue::new(None),
            live,
        }
    }

    /// Resumes with the messages that `me` left unsent, here or on another page. Call it once the page is hydrated.
    pub fn start(self, me: user::Id) {
        let store = LocalStore::new("unsent", me);
        self.store.set_value(Some(store));
        self.check();
        let other_pages = window_event_listener(ev::storage, move |event| match event.key() {
            Some(key) if event.new_value().is_none() => {
                let removed = event.old_value().and_then(|text| read_json(&text).ok());
                if let (Some(_), Some(item)) = (store.name_in(&key), removed) {
                    self.change(|queue| queue.removed_elsewhere(&item));
                    self.reconcile();
                }
            }
            Some(key) if store.name_in(&key).is_none() => {}
            // Without a key, all was removed: by a script or by the user, but not by a page of this app.
            _ => self.check(),
        });
        let checks = set_interval_with_handle(move || self.check(), CHECK_INTERVAL).ok();
        on_cleanup(move || {
            other_pages.remove();
            if let Some(checks) = checks {
                checks.clear();
            }
        });
        self.live.listen(Callback::new(move |event: Event| match event {
            // The event may arrive before the response, or without it.
            Event::MessageSent { conversation, message, .. } => self.mark_stored(&message, conversation),
            Event::Resync => {
                self.queue.try_update_value(Queue::hurry);
                self.send();
            }
            _ => {}
        }));
    }

    /// Returns the entries that are listed at a target. A first message is also listed in the conversation that has
    /// been started since.
    pub fn of(&self, target: ComposeTarget) -> Vec<Shown> {
        self.listed(|it| target.targets().any(|target| target == it))
    }

    /// Returns the entries that no composer of the page lists.
    pub fn elsewhere(&self) -> Vec<Shown> {
        let here: Vec<Target> = self.composers.read().iter().flat_map(|it| it.targets()).collect();
        self.listed(|it| !here.contains(&it))
    }

    /// Returns whether the page has a composer for messages to this user alone.
    pub fn has_composer_for(&self, recipient: user::Id) -> bool {
        self.composers.read().iter().any(|it| it.peer() == Some(recipient))
    }

    fn listed(&self, is_of: impl Fn(Target) -> bool) -> Vec<Shown> {
        self.shown.read().iter().filter(|shown| shown.is_listed() && is_of(shown.item.target)).cloned().collect()
    }

    /// Returns the changes of stored messages in a conversation.
    pub fn changes_in(&self, target: Target) -> Vec<Shown> {
        let is_change = |shown: &&Shown| shown.item.target == target && shown.item.is_change();
        self.shown.read().iter().filter(is_change).cloned().collect()
    }

    /// Notes that a composer shows the messages of its target, as long as the caller's reactive owner exists.
    pub fn show_at(self, target: ComposeTarget) {
        effect(move || self.composers.update(|composers| composers.push(target)));
        on_cleanup(move || {
            self.composers.try_update(|composers| {
                let at = composers.iter().position(|it| *it == target);
                at.map(|at| composers.remove(at))
            });
        });
    }

    /// Returns the conversation with a recipient that a first message has just started.
    pub fn started_with(&self, recipient: user::Id) -> Option<conversation::Id> {
        self.started.get().filter(|(other, _)| *other == recipient).map(|(_, conversation)| conversation)
    }

    /// Returns whether nothing is unsent.
    pub fn is_empty(&self) -> bool {
        self.shown.read().is_empty()
    }

    /// Returns whether this page alone has some of the messages.
    pub fn has_unkept(&self) -> bool {
        self.shown.read().iter().any(|shown| !shown.is_kept)
    }

    /// Adds a message or a change, and sends it.
    pub fn push(self, new: NewUnsent) {
        self.reconcile();
        self.change(|queue| queue.push(new, now()));
        self.send();
    }

    /// Replaces the text of a message that is not stored yet. Returns false if it is not there any more.
    pub fn edit(self, id: message::Id, body: &str) -> bool {
        self.reconcile();
        let is_there = self.queue.try_with_value(|queue| queue.contains(id)) == Some(true);
        self.change(|queue| queue.edit(id, body, new_message_id()));
        self.send();
        is_there
    }

    /// Retries a refused message.
    pub fn retry(self, id: message::Id) {
        self.change(|queue| queue.retry(id, new_message_id()));
        self.send();
    }

    /// Discards a message.
    pub fn discard(self, id: message::Id) {
        self.reconcile();
        self.change(|queue| queue.removed(id));
    }

    /// Forgets the messages of the user, who has signed out and discarded them. Their keys are removed elsewhere.
    pub fn forget(self) {
        self.change(Queue::forget);
    }

    /// Takes over what other pages have kept, and puts back what the browser has lost.
    pub fn reconcile(self) {
        if let Some(store) = self.store.try_get_value().flatten() {
            let kept = store.all().into_iter().filter_map(|(_, text)| read_json(&text).ok()).collect();
            self.change(|queue| queue.reconcile(kept, now()));
        }
    }

    fn check(self) {
        self.reconcile();
        self.send();
    }

    /// Removes a message that the server has stored. A first message has started a conversation.
    pub(super) fn mark_stored(self, message: &Message, conversation: conversation::Id) {
        let Some(target) = self.queue.try_with_value(|queue| queue.target(message.id)).flatten() else { return };
        if let Target::Person(recipient) = target {
            self.started.try_set(Some((recipient, conversation)));
        }
        // Another page may have changed the text meanwhile.
        self.reconcile();
        self.change(|queue| queue.stored(conversation, message));
    }

    /// Changes the queue, carries out its commands, and shows the result.
    fn change(self, change: impl FnOnce(&mut Queue) -> Vec<Command>) {
        let store = self.store.try_get_value().flatten();
        let shown = self.queue.try_update_value(|queue| {
            for command in change(queue) {
                match (command, store) {
                    (Command::Put(item), Some(store)) => {
                        let text = serde_json::to_string(&item).unwrap_or_default();
                        queue.note_kept(item.id, store.put(&item.id.to_string(), &text));
                    }
                    (Command::Remove(id), Some(store)) => store.remove(&id.to_string()),
                    (_, None) => {}
                }
            }
            queue.shown(now())
        });
        let Some(shown) = shown else { return };
        if self.shown.try_with_untracked(|before| *before != shown) == Some(true) {
            self.shown.set(shown);
        }
    }

    /// Sends what is due, once no other page sends.
    fn send(self) {
        let is_due = self.queue.try_with_value(|queue| queue.next_due_ms().is_some_and(|at| at <= now().page_ms));
        if is_due != Some(true) {
            return self.send_later();
        }
        match self.lock.try_get_value() {
            Some(Lock::Held(held)) => self.start_due(held),
            Some(Lock::Free) => {
                self.lock.set_value(Lock::Requested);
                lock::acquire(Box::new(move |held| self.start_locked(held)));
            }
            Some(Lock::Requested) | None => {}
        }
    }

    fn start_locked(self, held: Held) {
        if self.lock.try_set_value(Lock::Held(held)).is_some() {
            return held.release();
        }
        // Another page may have sent some while this one waited for the lock.
        self.reconcile();
        self.start_due(held);
        self.release_if_idle(held);
    }

    /// Starts a request for each message that is due.
    fn start_due(self, held: Held) {
        let due = self.queue.try_update_value(|queue| queue.start_due(now())).unwrap_or_default();
        for item in due {
            spawn_local(async move {
                let outcome = self.attempt(&item).await;
                // Another page may have changed the text meanwhile.
                self.reconcile();
                self.change(|queue| queue.answered(&item, outcome, now()));
                self.send();
                self.release_if_idle(held);
            });
        }
    }

    fn release_if_idle(self, held: Held) {
        if self.queue.try_with_value(Queue::is_sending) != Some(true) {
            let _ = self.lock.try_set_value(Lock::Free);
            held.release();
            self.send_later();
        }
    }

    /// Sends again when the next message is due; a resync of the page sends sooner.
    fn send_later(self) {
        let due = self.queue.try_with_value(Queue::next_due_ms).flatten();
        let timer = due.and_then(|at| {
            let wait = Duration::from_millis(at.saturating_sub(now().page_ms).max(1));
            set_timeout_with_handle(move || self.send(), wait).ok()
        });
        if let Some(Some(before)) = self.timer.try_update_value(|it| std::mem::replace(it, timer)) {
            before.clear();
        }
    }
}
