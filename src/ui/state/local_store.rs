//! Values that the browser keeps for one user. Their keys contain the user's id, so that another user who signs in with
//! the same browser neither sees them nor removes them.

use leptos::prelude::*;
use leptos::web_sys::Storage;

use crate::domain::sorted::{SortedMap, sort_by};
use crate::domain::user;

/// Key of the notice to the other pages that a user has signed out. Its value is the id of the user.
const SIGN_OUT_KEY: &str = "cruddur/sign-out";

/// Beginning of the keys of all values.
const PREFIX: &str = "cruddur/";

thread_local! {
    /// Texts that the browser has refused to keep, by key. They last until the page is loaded again.
    static UNKEPT: ArcRwSignal<SortedMap<String, String>> = ArcRwSignal::new(SortedMap::default());
}

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
        let value = |key: String| Some((self.name_in(&key)?.to_owned(), storage.get_item(&key).ok()??));
        let mut all: Vec<_> = keys(&storage).into_iter().filter_map(value).collect();
        sort_by(&mut all, Ord::cmp);
        all
    }

    pub(super) fn owner(&self) -> user::Id {
        self.owner
    }

    /// Returns a value.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        storage()?.get_item(&self.key(name)).ok().flatten()
    }

    /// Stores a value. Returns false if the browser refuses: the storage may be full or disabled.
    pub(super) fn put(&self, name: &str, text: &str) -> bool {
        storage().is_some_and(|storage| storage.set_item(&self.key(name), text).is_ok())
    }

    /// Keeps a text of the user: the browser does, or else this page. Returns false if the browser refuses.
    pub(super) fn keep(&self, name: &str, text: &str) -> bool {
        let is_kept = self.put(name, text);
        set_unkept(self.key(name), (!is_kept).then_some(text));
        is_kept
    }

    /// Returns the text that this page alone has.
    pub(super) fn unkept(&self, name: &str) -> Option<String> {
        UNKEPT.with(|unkept| unkept.read_untracked().get(&self.key(name)).cloned())
    }

    /// Returns a text of the user, from this page or from the browser.
    pub(super) fn kept(&self, name: &str) -> Option<String> {
        self.unkept(name).or_else(|| self.get(name))
    }

    /// Forgets a text of the user.
    pub(super) fn forget(&self, name: &str) {
        self.remove(name);
        self.forget_unkept(name);
    }

    /// Forgets the text that this page alone has.
    pub(super) fn forget_unkept(&self, name: &str) {
        set_unkept(self.key(name), None);
    }

    pub(super) fn remove(&self, name: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&self.key(name));
        }
    }

    /// Returns the name in the key of a value of this store.
    pub(super) fn name_in<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.key(""))
    }

    fn key(&self, name: &str) -> String {
        format!("{PREFIX}{}/{}/{name}", self.kind, self.owner)
    }
}

/// Removes all values of a user who has signed out, and notifies the other pages.
pub(super) fn remove_all_of(owner: user::Id) {
    forget_all_unkept();
    let Some(storage) = storage() else { return };
    // First, so that the other pages do not take the removed values for lost ones, and put them back.
    let _ = storage.set_item(SIGN_OUT_KEY, &owner.to_string());
    let of_owner = format!("/{owner}/");
    for key in keys(&storage).into_iter().filter(|key| key.starts_with(PREFIX) && key.contains(&of_owner)) {
        let _ = storage.remove_item(&key);
    }
    let _ = storage.remove_item(SIGN_OUT_KEY);
}

/// Returns whether this page alone has some of the user's texts. Runs in the browser only.
pub(super) fn has_unkept() -> bool {
    UNKEPT.with(|unkept| unkept.read().values().any(|text| !text.trim().is_empty()))
}

/// Forgets the texts that this page alone has.
pub(super) fn forget_all_unkept() {
    UNKEPT.with(|unkept| unkept.set(SortedMap::default()));
}

fn set_unkept(key: String, text: Option<&str>) {
    UNKEPT.with(|unkept| {
        if unkept.read_untracked().get(&key).map(String::as_str) != text {
            unkept.update(|unkept| match text {
                Some(text) => unkept.insert(key, text.to_owned()),
                None => drop(unkept.remove(&key)),
            });
        }
    });
}

/// Returns the user who has signed out on another page, if a storage event with this key and value says so.
pub(super) fn signed_out_user(key: Option<String>, value: Option<String>) -> Option<user::Id> {
    value.filter(|_| key.as_deref() == Some(SIGN_OUT_KEY))?.parse().ok()
}

/// Returns a setting of this browser, which belongs to no user and outlives a sign-out.
pub(super) fn browser_setting(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{name}")).ok().flatten()
}

/// Keeps a setting of this browser, unless the browser refuses.
pub(super) fn keep_browser_setting(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("{PREFIX}{name}"), value);
    }
}

/// Returns a setting of this tab, which lasts as long as the tab.
pub(super) fn tab_setting(name: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(&format!("{PREFIX}{name}")).ok()?
}

/// Keeps a setting of this tab, unless the browser refuses.
pub(super) fn keep_tab_setting(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(&format!("{PREFIX}{name}"), value);
    }
}

fn keys(storage: &Storage) -> Vec<String> {
    (0..storage.length().unwrap_or(0)).filter_map(|n| storage.key(n).ok().flatten()).collect()
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
