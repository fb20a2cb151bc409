//! What the browser keeps for a person: under keys with their id, so that nobody else who signs in here sees it.

use leptos::prelude::window;
use leptos::web_sys::Storage;

use crate::domain::user;

/// A kind of thing that is kept, of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shelf {
    kind: &'static str,
    owner: user::Id,
}

impl Shelf {
    /// Where `owner` keeps things of this kind.
    pub(super) fn new(kind: &'static str, owner: user::Id) -> Self {
        Self { kind, owner }
    }

    /// Everything on it, by name. Nothing where the browser keeps nothing.
    pub(super) fn all(&self) -> Vec<(String, String)> {
        let Some(storage) = storage() else { return Vec::new() };
        let prefix = self.key("");
        let keys = (0..storage.length().unwrap_or(0)).filter_map(|n| storage.key(n).ok().flatten());
        let keys: Vec<_> = keys.filter(|key| key.starts_with(&prefix)).collect();
        let mut all: Vec<_> = keys
            .into_iter()
            .filter_map(|key| Some((key[prefix.len()..].to_owned(), storage.get_item(&key).ok()??)))
            .collect();
        all.sort();
        all
    }

    /// Whose it is.
    pub(super) fn owner(&self) -> user::Id {
        self.owner
    }

    /// Keeps a text. Not where the browser refuses: it may be full, or told not to.
    pub(super) fn put(&self, name: &str, text: &str) -> bool {
        storage().is_some_and(|storage| storage.set_item(&self.key(name), text).is_ok())
    }

    /// Keeps it no longer.
    pub(super) fn remove(&self, name: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&self.key(name));
        }
    }

    fn key(&self, name: &str) -> String {
        format!("cruddur/{}/{}/{name}", self.kind, self.owner)
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
