//! Conditional views and keyed lists. They work as those of Leptos do, which are compiled anew for every use: here all
//! uses share one copy of the code, because what differs is boxed.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use leptos::children::ViewFn;
use leptos::either::EitherOf4;
use leptos::prelude::*;

use crate::ui::state::focus::keep_focus;

/// One of several views that are drawn in the same place. Another case is drawn anew, even if its elements are the
/// same: a field must not keep the text of the one before.
pub type Case = EitherOf4<AnyView, AnyView, AnyView, AnyView>;

/// Draws its children as long as a condition holds, and otherwise the fallback. A value that stays the same draws
/// nothing anew.
#[component]
pub fn Show<W>(children: ChildrenFn, when: W, #[prop(optional, into)] fallback: ViewFn) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    show(Box::new(when), children, fallback)
}

fn show(when: Box<dyn Fn() -> bool + Send + Sync>, children: ChildrenFn, fallback: ViewFn) -> AnyView {
    let when = ArcMemo::new(move |_| when());
    let draw = move || if when.get() { children() } else { fallback.run() };
    draw.into_any()
}

/// Draws an item under each key once, as long as the key is in the list.
#[component]
pub fn For<E, I, T, F, V, G, K>(
    /// Items, each with another key.
    each: E,
    key: G,
    children: F,
) -> impl IntoView
where
    E: Fn() -> I + Send + 'static,
    I: IntoIterator<Item = T> + 'static,
    T: Send + 'static,
    F: Fn(T) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
    G: Fn(&T) -> K + Send + 'static,
    K: Hash,
{
    let rows = move || {
        let row = |item| {
            let (key, children) = (hash(key(&item)), children.clone());
            Row { key, draw: Box::new(move || children(item).into_any()) }
        };
        each().into_iter().map(row).collect()
    };
    list(Box::new(rows))
}

/// Item that is not drawn yet.
struct Row {
    /// Hash of its key. Of a million keys, two have the same with a probability of 1 to 40 million.
    key: u64,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

fn list(rows: Box<dyn Fn() -> Vec<Row> + Send>) -> AnyView {
    let each = move || {
        keep_focus();
        rows()
    };
    view! { <leptos::prelude::For each key=|row: &Row| row.key children=|row: Row| (row.draw)()/> }.into_any()
}

fn hash(key: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}
