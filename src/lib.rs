//! Cruddur Messages: people sign in with a browser and write to each other.
//!
//! # Map
//!
//! Four rooms. [`domain`]: the vocabulary that browser and server share. [`api`]: every call that a browser can make.
//! [`ui`]: pages, components and their state, also rendered on the server. `server`: everything behind the gate below.
//!
//! # Invariants
//!
//! 1. Outside `server/`, `bin/` and `main.rs` nothing names a database, AWS or axum.
//! 2. Only `server/store/table.rs` spells a DynamoDB key; only `sql/` holds SQL.
//! 3. A message is read or written only with a `Membership`, and only `server/store/conversations.rs` makes one.
//! 4. Server functions hold no logic: who, parse, one call, answer.
//! 5. [`error::AppError`] carries no cause. Causes are logged once, in `server/respond.rs`.
#![recursion_limit = "256"]

pub mod domain;

pub mod api;

pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

/// Takes over the page that the server rendered. The browser's entry point.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leave_links_to_the_browser();
    leptos::mount::hydrate_lazy(ui::app::App);
}

/// Until the page is alive its links load documents: the router listens, at the window, before it can answer.
#[cfg(feature = "hydrate")]
fn leave_links_to_the_browser() {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;

    let listener =
        wasm_bindgen::closure::Closure::<dyn Fn(leptos::web_sys::Event)>::new(|event: leptos::web_sys::Event| {
            if document().document_element().is_some_and(|html| !html.has_attribute("data-hydrated")) {
                event.stop_propagation();
            }
        });
    let _ = document().add_event_listener_with_callback("click", listener.as_ref().unchecked_ref());
    listener.forget();
}
