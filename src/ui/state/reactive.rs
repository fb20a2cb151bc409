//! Effects and memos that share their code. Those of Leptos are compiled anew for every closure: here the closure is
//! boxed.

use leptos::leptos_dom::helpers::is_server;
use leptos::prelude::*;

/// Runs a function after hydration, and again when what it has read changes.
#[track_caller]
pub fn effect(run: impl FnMut() + 'static) {
    boxed_effect(Box::new(run));
}

#[track_caller]
fn boxed_effect(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

/// Returns the value of a function, which runs again when what it has read changes. Only another value notifies the
/// readers.
#[track_caller]
pub fn memo<T: PartialEq + Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    boxed_memo(Box::new(value))
}

#[track_caller]
fn boxed_memo<T: PartialEq + Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| value())
}

/// Like [`memo`], for a value that is there when the page is drawn. It does not change on the server, so it costs no
/// node of the reactive graph there: a list has several such values in each row.
#[track_caller]
pub fn row_memo<T>(value: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    if is_server() { Signal::stored(untrack(value)) } else { memo(value).into() }
}
