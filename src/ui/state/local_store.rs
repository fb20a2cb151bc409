//! Values that the browser keeps for one user. Their keys contain the user's id, so that another user who signs in with
//! the same browser does not see them.

use leptos::prelude::window;
use leptos::web_sys::Storage;

use crate::domain::user;

/// Values of one kind that the browser's local storage keeps for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LocalStore {
    kind: &'static str,
    owner: user::Id,
}

impl LocalStore {
    /// Returns the store for values of this kind that belong to `owner`.
    pub(super) fn new(kind: &'static str, owner: user::Id) -> Self {
        Self { kind, owner }
    }

    /// Returns all names and values, sorted by name. Empty if the browser has no local storage.
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

    pub(super) fn owner(&self) -> user::Id {
        self.owner
    }

    /// Stores a value. Returns false if the browser refuses: the storage may be full or disabled.
    pub(super) fn put(&self, name: &str, text: &str) -> bool {
        storage().is_some_and(|storage| storage.set_item(&self.key(name), text).is_ok())
    }

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
