//! The lock that lets one page of a browser send at a time (Web Locks). Runs in the browser only.

use std::cell::{Cell, RefCell};

use leptos::prelude::window;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Function, Promise, Reflect};

/// Name of the lock.
const LOCK: &str = "cruddur-outbox";

thread_local! {
    /// Functions that release the locks of this page, with the number of each.
    static HELD: RefCell<Vec<(Held, Function)>> = const { RefCell::new(Vec::new()) };
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Lock that this page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held(u32);

impl Held {
    /// Gives the lock to the next page. Does nothing the second time.
    pub(super) fn release(self) {
        let release = HELD.with_borrow_mut(|held| {
            let at = held.iter().position(|(it, _)| *it == self);
            at.map(|at| held.swap_remove(at).1)
        });
        if let Some(release) = release {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

/// Calls `start` once no other page of this browser holds the lock, or at once if the browser has no locks.
pub(super) fn acquire(start: Box<dyn FnOnce(Held)>) {
    let work = move || {
        let mut start = Some(start);
        Promise::new(&mut |release, _| {
            if let Some(start) = start.take() {
                LAST.set(LAST.get() + 1);
                let lock = Held(LAST.get());
                HELD.with_borrow_mut(|held| held.push((lock, release)));
                start(lock);
            }
        })
    };
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
