//! Cruddur Messages: people sign in with a browser and write to each other.
//!
//! # Map
//!
//! Shared, compiled for browser and server: [`user`], [`password`], [`conversation`], [`message`], [`page`], [`event`],
//! [`settings`], [`links`], [`error`].
//! The seam: [`api`], every call that a browser can make. The browser's side, also rendered on the server: [`app`],
//! [`pages`], [`components`], [`live`]. The server's side: `server`, behind the one gate below.
//!
//! # Invariants
//!
//! 1. Outside `server/`, `bin/` and `main.rs` nothing names a database, AWS or axum.
//! 2. Only `server/store/table.rs` spells a DynamoDB key; only `sql/` holds SQL.
//! 3. A message is read or written only with a `Membership`, and only `server/store/conversations.rs` makes one.
//! 4. Server functions hold no logic: who, parse, one call, answer.
//! 5. [`error::AppError`] carries no cause. Causes are logged once, in `server/respond.rs`.
#![recursion_limit = "256"]

pub mod user;

pub mod password;

pub mod conversation;

pub mod message;

pub mod page;

pub mod event;

pub mod settings;

pub mod links;

pub mod error;

pub mod api;

pub mod app;

pub mod pages;

pub mod components;

pub mod live;

#[cfg(feature = "ssr")]
pub mod server;

/// Takes over the page that the server rendered. The browser's entry point.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leave_links_to_the_browser();
    leptos::mount::hydrate_lazy(app::App);
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
