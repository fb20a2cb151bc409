//! `/privacy`: the page that says who can read messages, and for how long things are kept.
//!
//! It is no page of the app: it has no state, needs no script, and would be part of the code that every first visit
//! loads.

use axum::extract::State;
use axum::response::Html;

use crate::server::state::AppState;

/// Path of the page.
pub const PATH: &str = "/privacy";

/// The document. A test compares its times with the places where they hold.
const DOCUMENT: &str = include_str!("privacy.html");

/// Shows the page with the style of this build.
pub async fn show(State(state): State<AppState>) -> Html<String> {
    Html(DOCUMENT.replace("{style}", &state.files.page.style))
}
