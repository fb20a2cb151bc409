//! Cruddur Messages: direct messages between signed-in users, in the browser.
//!
//! # Map
//!
//! The crate has four rooms: [`domain`], [`api`], [`ui`] and `server`. Programs and tests stand beside them.
//!
//! ```text
//! src/
//!   domain/                      shared vocabulary, compiled for browser and server
//!     text/                      rules about characters: blank, invisible, line breaks, scripts
//!     links/                     links in message texts
//!   api.rs                       the contract between browser and server: every server function
//!   api/                         the browser's client for them
//!   ui/                          everything that a browser shows; also rendered on the server
//!     app.rs                     document and routes
//!     pages/                     one file per page
//!     components/                views: they take values and signals, and draw
//!     intl.rs                    dates and numbers in words
//!     state/                     behavior of an open page, without markup
//!       open_conversation/       the conversation that the page shows
//!       outbox/                  messages until the server has stored them
//!       drafts/                  texts until they are sent
//!       emoji/                   table of all emoji, completion of shortcodes, picker
//!       law/                     property tests: any history of events ends in the server's state
//!       law_of_writing/          property tests: no text is lost, and none is sent twice
//!     wording.rs                 sentences for the codes of errors
//!   server/                      compiled for the server only
//!     config.rs                  configuration
//!     telemetry.rs               logs, and the start of the traces
//!     run.rs                     startup and shutdown
//!     state.rs                   handles that every request shares
//!     failure.rs                 the server's error type
//!     traces/                    traces for OpenTelemetry: a span for each request, and for the calls below it
//!     audit/                     audit log: security events, as log lines and in PostgreSQL
//!     http/                      router, layers, forms, error pages, events, rate limits
//!       session/                 session cookie to signed-in user
//!       json_api/                the JSON API for programs
//!     accounts/                  use cases: sign-up, sign-in, sign-out, password reset, the own account
//!     messaging/                 use cases: conversations, sending, receipts, presence, blocks, reports, settings
//!       export/                  all that a user can read, as a ZIP file
//!     cognito/                   the user pool
//!     live/                      event streams, bus between servers, presence
//!     stream/                    reads the table's stream, and feeds its changes to projections
//!       projections/             consumers of the stream, such as the move of inbox rows
//!     store/                     both databases
//!       postgres/                users and sessions
//!       dynamodb/                conversations and messages
//!         rows/                  every kind of row: its attributes, and their codec
//!         inbox/                 inbox rows: each member's list of conversations
//!         legacy/                rows of the old app, read or migrated when they are first used
//!   main.rs                      program: the web server
//!   bin/                         other programs
//!     admin/                     the admin tool: databases, table schema, whole migration, user pool
//!     stream/                    the Lambda function that reads the table's stream
//!   tests/                       integration tests
//!     audit/                     fault-injection test: no message may be lost or stored twice
//!     restart/                   load test: two servers are restarted under thousands of open pages
//!     soak/                      load test: thousands of open event streams
//! ```
//!
//! Dependencies point one way: `ui` uses `api`, `api` uses `server`, `server` uses `domain`. Leptos needs two
//! exceptions: the router renders `ui::app`, and the form handlers read the argument types that `#[server]` makes in
//! `api`.
//!
//! # Invariants
//!
//! 1. Only `server/`, `bin/`, `tests/` and `main.rs` name a database, AWS or axum.
//! 2. Only `server/store/dynamodb/table.rs` spells a DynamoDB key; only the folder `sql/` holds SQL.
//! 3. Rights are values. Messages are read only with a `Membership`, which `server/store/dynamodb/conversations.rs` and
//!    `membership.rs` beside it make. They are written only with a `WriteAccess` or a `DirectAccess`, which
//!    `write_access.rs` makes.
//! 4. Server functions hold no rules: each identifies the caller, parses, makes one call and returns the result.
//! 5. [`domain::error::AppError`] carries no cause and no sentence. Causes are logged once, by `server/failure.rs`.
//!    Sentences are chosen where they are shown: by [`ui::wording`] for pages, by `json_api/wording.rs` for programs.
//! 6. An event is a hint: it may be lost, repeated or late. A page that has missed events asks the server.
#![recursion_limit = "256"]

pub mod domain;

pub mod api;

pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

/// Hydrates the page that the server rendered. Entry point in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::prelude::document;
    use leptos::web_sys::Event;
    use wasm_bindgen::JsCast;

    console_error_panic_hook::set_once();
    load_documents_until_hydrated();
    // `public/early.js` restores the elements that the server has sent.
    if let Ok(event) = Event::new("cruddur:hydrate") {
        let _ = document().dispatch_event(&event);
    }
    if let Some(root) = document().get_element_by_id("app") {
        wasm_bindgen_futures::spawn_local(async {
            leptos::mount::hydrate_from_async(root.unchecked_into(), ui::app::App).await.forget();
        });
    }
}

/// Lets links load documents until the page is hydrated. The router listens for clicks at the window before it can
/// handle them, so a click would otherwise be lost.
#[cfg(feature = "hydrate")]
fn load_documents_until_hydrated() {
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
