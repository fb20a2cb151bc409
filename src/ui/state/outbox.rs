//! Messages on their way: shown at once, and kept by the browser until the server has said yes. Runs in the browser only.
//!
//! All pages of a person share what is kept. They send by turns, in the order in which it was written, and a message has
//! one id from the beginning, so that whatever is repeated is stored once.

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
use crate::ui::state::compose_target::{Place, To};
use crate::ui::state::event_source::Live;
use crate::ui::state::local_store::Shelf;

/// The longest wait before a message is tried again.
const PAUSE_SECS_MAX: u64 = 30;

/// The lock by which the pages of a browser take turns.
const LOCK: &str = "cruddur-outbox";

/// A message that is not stored yet, as far as this page knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Its id, by which it is stored once.
    pub id: message::Id,
    /// Where it was written, and nowhere else does it go. Kept as a field named `conversation` or `person`.
    #[serde(flatten)]
    pub to: To,
    /// What it says.
    pub body: String,
    /// Why the server will not have it.
    pub refused: Option<String>,
}

/// What this person has written that is not stored yet.
#[derive(Clone, Copy)]
pub struct Outbox {
    shelf: StoredValue<Option<Shelf>>,
    /// In the order in which it was written.
    items: RwSignal<Vec<Unsent>>,
    /// Those of which the browser would keep nothing: this page has them alone.
    unkept: StoredValue<Vec<message::Id>>,
    /// With whom a first message has begun a conversation, as this page has last heard, and which.
    begun: RwSignal<Option<(user::Id, conversation::Id)>>,
    sending: StoredValue<bool>,
    failures: StoredValue<u32>,
    live: Live,
}

impl Outbox {
    /// An empty one, whose messages are told to `live` once they are stored.
    pub fn new(live: Live) -> Self {
        Self {
            shelf: StoredValue::new(None),
            items: RwSignal::new(Vec::new()),
            unkept: StoredValue::new(Vec::new()),
            begun: RwSignal::new(None),
            sending: StoredValue::new(false),
            failures: StoredValue::new(0),
            live,
        }
    }

    /// Goes on with what `me` left unsent, here or on another page. To be called when the page is alive.
    pub fn start(self, me: user::Id) {
        self.shelf.set_value(Some(Shelf::new("unsent", me)));
        self.load();
        self.send();
        let others = window_event_listener_untyped("storage", move |_| self.load());
        on_cleanup(move || others.remove());
        self.live.listen(Callback::new(move |event: Event| match event {
            // Whether or not its answer has arrived.
            Event::MessageSent { conversation, message } => self.stored(message.id, conversation),
            Event::Resync => self.send(),
            _ => {}
        }));
    }

    /// What is unsent and shown in a place. A first message is shown in the conversation that there is since, too.
    pub fn of(&self, place: Place) -> Vec<Unsent> {
        self.items.read().iter().filter(|item| place.ways().any(|to| to == item.to)).cloned().collect()
    }

    /// The conversation with somebody that a first message has just begun.
    pub fn begun(&self, with: user::Id) -> Option<conversation::Id> {
        self.begun.get().filter(|(other, _)| *other == with).map(|(_, conversation)| conversation)
    }

    /// Whether nothing is unsent.
    pub fn is_empty(&self) -> bool {
        self.items.read_untracked().is_empty()
    }

    /// Takes a message over.
    pub fn push(self, item: Unsent) {
        self.keep(&item);
        self.items.update(|items| items.push(item));
        self.send();
    }

    /// Tries again what was refused.
    pub fn retry(self, id: message::Id) {
        self.change(id, None);
        self.send();
    }

    /// Throws away what was refused.
    pub fn discard(self, id: message::Id) {
        self.remove(id);
    }

    /// A message is stored. If it was a first one, there is a conversation.
    fn stored(self, id: message::Id, conversation: conversation::Id) {
        let to = |items: &Vec<Unsent>| items.iter().find(|item| item.id == id).map(|item| item.to);
        if let Some(Some(To::Person(with))) = self.items.try_with_untracked(to) {
            self.begun.set(Some((with, conversation)));
        }
        self.remove(id);
    }

    fn remove(self, id: message::Id) {
        if self.items.try_with_untracked(|items| items.iter().any(|item| item.id == id)) == Some(true) {
            if let Some(shelf) = self.shelf.get_value() {
                shelf.remove(&id.to_string());
            }
            self.items.update(|items| items.retain(|item| item.id != id));
        }
    }

    fn change(self, id: message::Id, refused: Option<String>) {
        self.items.update(|items| {
            for item in items.iter_mut().filter(|item| item.id == id) {
                item.refused.clone_from(&refused);
                self.keep(item);
            }
        });
    }

    fn keep(self, item: &Unsent) {
        let text = serde_json::to_string(item).unwrap_or_default();
        let is_kept = self.shelf.get_value().is_some_and(|shelf| shelf.put(&item.id.to_string(), &text));
        self.unkept.update_value(|unkept| {
            unkept.retain(|id| *id != item.id);
            unkept.extend((!is_kept).then_some(item.id));
        });
    }

    /// Takes over what is kept: other pages write and send too. Ids are made in the order of time, and so sort by it.
    fn load(self) {
        let Some(shelf) = self.shelf.try_get_value().flatten() else { return };
        let Some(known) = self.items.try_get_untracked() else { return };
        let kept = shelf.all().into_iter().filter_map(|(_, text)| serde_json::from_str::<Unsent>(&text).ok());
        let unkept = self.unkept.get_value();
        let unkept = known.iter().filter(|item| unkept.contains(&item.id)).cloned();
        let mut items: Vec<_> = kept.chain(unkept).collect();
        items.sort_by_key(|item| item.id);
        if items != known {
            self.items.set(items);
        }
    }

    /// Sends what there is, unless that is under way.
    fn send(self) {
        if self.is_empty() || self.sending.try_get_value() != Some(false) {
            return;
        }
        self.sending.set_value(true);
        in_turn(Box::new(move || {
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
        // Another page may have been at it while this one waited.
        self.load();
        while let Some(Some(next)) = self.items.try_with_untracked(|items| first(items)) {
            let Unsent { id, to, body, .. } = next;
            let author = self.shelf.try_get_value().flatten().map(|shelf| shelf.owner());
            let sent = match to {
                To::Conversation(conversation) => {
                    api::send_message(conversation, id, body, author).await.map(|message| (conversation, message))
                }
                // Also where a conversation has begun since: it goes on in that.
                To::Person(with) => api::send_first_message(with, id, body, author).await,
            };
            match sent {
                Ok((conversation, message)) => {
                    let _ = self.failures.try_set_value(0);
                    self.live.tell(&Event::MessageSent { conversation, message });
                    self.stored(id, conversation);
                }
                Err(AppError::Unauthenticated) => {
                    self.live.signed_out.try_set(true);
                    return;
                }
                Err(error) if error.retry_after_secs().is_some() => return self.pause(&error),
                Err(error) => self.change(id, Some(error.to_string())),
            }
        }
    }

    /// Tries again in a while, or as soon as the page hears from the server.
    fn pause(self, error: &AppError) {
        let Some(failures) = self.failures.try_get_value() else { return };
        let _ = self.failures.try_set_value(failures + 1);
        let doubled = 2_u64.pow(failures.min(5));
        let secs = match error {
            AppError::RateLimited { retry_after_secs } => *retry_after_secs,
            _ => doubled.min(PAUSE_SECS_MAX),
        };
        set_timeout(move || self.send(), Duration::from_secs(secs));
    }
}

/// The first that the server has not refused.
fn first(items: &[Unsent]) -> Option<Unsent> {
    items.iter().find(|item| item.refused.is_none()).cloned()
}

/// Runs `work` when no other page of this browser is at it (Web Locks), or at once where the browser has no locks.
fn in_turn(work: Box<dyn FnOnce() -> Promise>) {
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

    fn unsent(n: u128, to: To) -> Unsent {
        Unsent { id: message::Id(Uuid::from_u128(n)), to, body: "hello".to_owned(), refused: None }
    }

    #[test]
    fn a_message_is_kept_with_where_it_goes() {
        let id = Uuid::from_u128(2);
        for (to, field) in [
            (To::Conversation(conversation::Id(id)), "\"conversation\":\"00000000-0000-0000-0000-000000000002\""),
            (To::Person(user::Id(id)), "\"person\":\"00000000-0000-0000-0000-000000000002\""),
        ] {
            let kept = serde_json::to_string(&unsent(1, to)).expect("JSON");
            assert!(kept.contains(field), "{kept}");
            assert_eq!(serde_json::from_str::<Unsent>(&kept).expect(&kept), unsent(1, to));
        }
    }

    #[test]
    fn what_was_refused_stands_in_nobodys_way() {
        let talk = To::Conversation(conversation::Id(Uuid::from_u128(9)));
        let mut items = [unsent(1, To::Person(user::Id(Uuid::from_u128(2)))), unsent(2, talk)];
        assert_eq!(first(&items), Some(items[0].clone()));
        items[0].refused = Some("This cannot be.".to_owned());
        assert_eq!(first(&items), Some(items[1].clone()));
    }
}
