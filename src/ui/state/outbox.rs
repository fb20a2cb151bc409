//! Messages on their way: shown at once, and kept by the browser until the server has confirmed them. Runs in the
//! browser only.
//!
//! All pages of a user share the kept messages. One page at a time sends them, in the order in which they were
//! written. A message has its id from the beginning, so that the server stores it once, however often it is sent.

use std::time::Duration;

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Function, Promise, Reflect};
use serde::{Deserialize, Serialize};

use crate::api;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::{conversation, message, user};
use crate::ui::state::backoff::wait_after;
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::event_source::LiveEvents;
use crate::ui::state::local_store::LocalStore;
use crate::ui::state::page_resource::read_json;
use crate::ui::state::refusal::Refusal;

/// Name of the lock that lets one page of a browser send at a time.
const LOCK: &str = "cruddur-outbox";

/// Message that is not stored yet, as far as this page knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The idempotency key: the server stores the message once per id.
    pub id: message::Id,
    /// The only target to which the message is ever sent. Serialized as a field named `conversation` or `person`.
    #[serde(flatten)]
    pub target: Target,
    pub body: String,
    pub refused: Option<Refusal>,
}

/// Messages of the user that are not stored yet.
#[derive(Clone, Copy)]
pub struct Outbox {
    store: StoredValue<Option<LocalStore>>,
    /// In the order in which they were written.
    items: RwSignal<Vec<Unsent>>,
    /// The messages that the browser refused to keep: only this page has them.
    unsaved: StoredValue<Vec<message::Id>>,
    /// The recipient and the conversation of the last first message that was stored, as far as this page knows.
    started: RwSignal<Option<(user::Id, conversation::Id)>>,
    sending: StoredValue<bool>,
    failures: StoredValue<u32>,
    live: LiveEvents,
}

impl Outbox {
    /// Creates an empty outbox that dispatches its messages to `live` once they are stored.
    pub fn new(live: LiveEvents) -> Self {
        Self {
            store: StoredValue::new(None),
            items: RwSignal::new(Vec::new()),
            unsaved: StoredValue::new(Vec::new()),
            started: RwSignal::new(None),
            sending: StoredValue::new(false),
            failures: StoredValue::new(0),
            live,
        }
    }

    /// Resumes with the messages that `me` left unsent, here or on another page. Call it once the page is hydrated.
    pub fn start(self, me: user::Id) {
        self.store.set_value(Some(LocalStore::new("unsent", me)));
        self.load();
        self.send();
        let other_pages = window_event_listener_untyped("storage", move |_| self.load());
        on_cleanup(move || other_pages.remove());
        self.live.listen(Callback::new(move |event: Event| match event {
            // The event may arrive before the response, or without it.
            Event::MessageSent { conversation, message } => self.mark_stored(message.id, conversation),
            Event::Resync => self.send(),
            _ => {}
        }));
    }

    /// Returns the unsent messages that are shown at a target. A first message is also shown in the conversation that
    /// has been started since.
    pub fn of(&self, target: ComposeTarget) -> Vec<Unsent> {
        self.items.read().iter().filter(|item| target.targets().any(|it| it == item.target)).cloned().collect()
    }

    /// Returns the conversation with a recipient that a first message has just started.
    pub fn started_with(&self, recipient: user::Id) -> Option<conversation::Id> {
        self.started.get().filter(|(other, _)| *other == recipient).map(|(_, conversation)| conversation)
    }

    /// Returns whether nothing is unsent.
    pub fn is_empty(&self) -> bool {
        self.items.read_untracked().is_empty()
    }

    /// Adds a message, and sends it.
    pub fn push(self, item: Unsent) {
        self.save(&item);
        self.items.update(|items| items.push(item));
        self.send();
    }

    /// Retries a refused message.
    pub fn retry(self, id: message::Id) {
        self.set_refused(id, None);
        self.send();
    }

    /// Discards a refused message.
    pub fn discard(self, id: message::Id) {
        self.remove(id);
    }

    /// Removes a message that the server has stored. A first message has started a conversation.
    fn mark_stored(self, id: message::Id, conversation: conversation::Id) {
        let target = |items: &Vec<Unsent>| items.iter().find(|item| item.id == id).map(|item| item.target);
        if let Some(Some(Target::Person(recipient))) = self.items.try_with_untracked(target) {
            self.started.set(Some((recipient, conversation)));
        }
        self.remove(id);
    }

    fn remove(self, id: message::Id) {
        if self.items.try_with_untracked(|items| items.iter().any(|item| item.id == id)) == Some(true) {
            if let Some(store) = self.store.get_value() {
                store.remove(&id.to_string());
            }
            self.items.update(|items| items.retain(|item| item.id != id));
        }
    }

    fn set_refused(self, id: message::Id, reason: Option<Refusal>) {
        self.items.update(|items| {
            for item in items.iter_mut().filter(|item| item.id == id) {
                item.refused.clone_from(&reason);
                self.save(item);
            }
        });
    }

    fn save(self, item: &Unsent) {
        let text = serde_json::to_string(item).unwrap_or_default();
        let is_saved = self.store.get_value().is_some_and(|store| store.put(&item.id.to_string(), &text));
        self.unsaved.update_value(|unsaved| {
            unsaved.retain(|id| *id != item.id);
            unsaved.extend((!is_saved).then_some(item.id));
        });
    }

    /// Loads the kept messages: other pages write and send, too. Ids are ordered by time, and so are the messages.
    fn load(self) {
        let Some(store) = self.store.try_get_value().flatten() else { return };
        let Some(known) = self.items.try_get_untracked() else { return };
        let saved = store.all().into_iter().filter_map(|(_, text)| read_json::<Unsent>(&text).ok());
        let unsaved = self.unsaved.get_value();
        let unsaved = known.iter().filter(|item| unsaved.contains(&item.id)).cloned();
        let mut items: Vec<_> = saved.chain(unsaved).collect();
        items.sort_by_key(|item| item.id);
        if items != known {
            self.items.set(items);
        }
    }

    /// Sends all messages, unless this page is already doing so.
    fn send(self) {
        if self.is_empty() || self.sending.try_get_value() != Some(false) {
            return;
        }
        self.sending.set_value(true);
        run_locked(Box::new(move || {
            Promise::new(&mut |done, _| {
                spawn_local(async move {
                    self.send_all().await;
                    let _ = self.sending.try_set_value(false);
                    let _ = done.call0(&JsValue::NULL);
                });
            })
        }));
    }

    async fn send_all(self) {
        // Another page may have sent some while this one waited for the lock.
        self.load();
        while let Some(Some(next)) = self.items.try_with_untracked(|items| next_to_send(items)) {
            let Unsent { id, target, body, .. } = next;
            let author = self.store.try_get_value().flatten().map(|store| store.owner());
            let sent = match target {
                Target::Conversation(conversation) => {
                    api::send_message(conversation, id, body, author).await.map(|message| (conversation, message))
                }
                // If a conversation has been started since, the server adds the message to it.
                Target::Person(recipient) => api::send_first_message(recipient, id, body, author).await,
            };
            match sent {
                Ok((conversation, message)) => {
                    let _ = self.failures.try_set_value(0);
                    self.live.dispatch(&Event::MessageSent { conversation, message });
                    self.mark_stored(id, conversation);
                }
                Err(AppError::Unauthenticated) => {
                    self.live.signed_out.try_set(true);
                    return;
                }
                Err(error) if error.retry_after_secs().is_some() => return self.retry_later(&error),
                Err(error) => self.set_refused(id, Some(Refusal::from(&error))),
            }
        }
    }

    /// Retries after a backoff; a resync of the page retries sooner.
    fn retry_later(self, error: &AppError) {
        let Some(failures) = self.failures.try_get_value() else { return };
        let failures = failures + 1;
        let _ = self.failures.try_set_value(failures);
        let wait = match error {
            AppError::RateLimited { retry_after_secs } => Duration::from_secs(*retry_after_secs),
            _ => wait_after(failures),
        };
        set_timeout(move || self.send(), wait);
    }
}

/// Returns the first message that the server has not refused.
fn next_to_send(items: &[Unsent]) -> Option<Unsent> {
    items.iter().find(|item| item.refused.is_none()).cloned()
}

/// Runs `work` while no other page of this browser does (Web Locks), or at once if the browser has no locks.
fn run_locked(work: Box<dyn FnOnce() -> Promise>) {
    let navigator = window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).unwrap_or_default();
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    match request {
        Some(request) => {
            let work = Closure::once_into_js(move |_: JsValue| work());
            let _ = request.apply(&locks, &Array::of2(&LOCK.into(), &work));
        }
        None => drop(work()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn unsent(n: u128, target: Target) -> Unsent {
        Unsent { id: message::Id(Uuid::from_u128(n)), target, body: "hello".to_owned(), refused: None }
    }

    #[test]
    fn a_message_is_stored_with_its_target() {
        let id = Uuid::from_u128(2);
        for (target, field) in [
            (Target::Conversation(conversation::Id(id)), "\"conversation\":\"00000000-0000-0000-0000-000000000002\""),
            (Target::Person(user::Id(id)), "\"person\":\"00000000-0000-0000-0000-000000000002\""),
        ] {
            let stored = serde_json::to_string(&unsent(1, target)).expect("JSON");
            assert!(stored.contains(field), "{stored}");
            assert_eq!(serde_json::from_str::<Unsent>(&stored).expect(&stored), unsent(1, target));
        }
    }

    #[test]
    fn a_refused_message_does_not_block_the_next_one() {
        let conversation = Target::Conversation(conversation::Id(Uuid::from_u128(9)));
        let mut items = [unsent(1, Target::Person(user::Id(Uuid::from_u128(2)))), unsent(2, conversation)];
        assert_eq!(next_to_send(&items), Some(items[0].clone()));
        items[0].refused = Some(Refusal::from(&AppError::NotFound));
        assert_eq!(next_to_send(&items), Some(items[1].clone()));
    }
}
