//! Effects and memos that share their code. Those of Leptos are compiled anew for every closure: here the closure is
//! boxed.

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
