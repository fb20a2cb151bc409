//! Lock that one tab of a browser holds at a time (Web Locks, W3C). The browser releases it when the tab goes away,
//! even after a crash. Runs in the browser only.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::window;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::AbortController;
use leptos::web_sys::js_sys::{Array, Function, Object, Promise, Reflect};

/// Change of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockChange {
    Granted,
    /// Another tab has taken the lock.
    Stolen,
}

/// Request for a lock, and the lock once it is granted. Dropping it releases the lock or withdraws the request.
pub(super) struct TabLock {
    waiting: AbortController,
    /// Resolves the promise that holds the lock.
    release: Rc<RefCell<Option<Function>>>,
    is_active: Rc<Cell<bool>>,
}

impl TabLock {
    /// Requests the lock of this name: after the tabs that have asked before, or at once with `steal`. `None` if the
    /// browser has no locks, as outside a secure context.
    pub(super) fn request(name: &str, steal: bool, on_change: Rc<dyn Fn(LockChange)>) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
        let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
        let lock =
            Self { waiting: AbortController::new().ok()?, release: Rc::default(), is_active: Rc::new(Cell::new(true)) };
        let options = Object::new();
        let (option, value) =
            if steal { ("steal", JsValue::TRUE) } else { ("signal", JsValue::from(lock.waiting.signal())) };
        let _ = Reflect::set(&options, &option.into(), &value);
        let held = request.apply(&locks, &Array::of3(&name.into(), &options, &lock.on_granted(&on_change))).ok()?;
        // The promise is rejected if the lock is stolen or the request withdrawn.
        let then = Reflect::get(&held, &"then".into()).ok()?.dyn_into::<Function>().ok()?;
        let is_active = Rc::clone(&lock.is_active);
        let on_rejected = Closure::once_into_js(move |_: JsValue| {
            if is_active.replace(false) {
                on_change(LockChange::Stolen);
            }
        });
        let _ = then.call2(&held, &JsValue::UNDEFINED, &on_rejected);
        Some(lock)
    }

    /// Returns the callback of the request. It holds the lock until its promise is resolved.
    fn on_granted(&self, on_change: &Rc<dyn Fn(LockChange)>) -> JsValue {
        let (is_active, release, on_change) =
            (Rc::clone(&self.is_active), Rc::clone(&self.release), Rc::clone(on_change));
        Closure::once_into_js(move |_: JsValue| -> JsValue {
            if !is_active.get() {
                return JsValue::UNDEFINED;
            }
            let held = Promise::new(&mut |resolve, _| *release.borrow_mut() = Some(resolve));
            on_change(LockChange::Granted);
            held.into()
        })
    }
}

impl Drop for TabLock {
    fn drop(&mut self) {
        self.is_active.set(false);
        self.waiting.abort();
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
