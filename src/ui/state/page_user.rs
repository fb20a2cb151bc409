//! The user for whom the page was rendered.

use leptos::prelude::*;

use crate::api::client;
use crate::domain::page_user::PageUser;

/// Returns the id of the user for whom the server has rendered the document; `None` if it was rendered for no user.
pub fn page_user() -> Option<String> {
    match cfg!(target_arch = "wasm32") {
        true => client::page_user(),
        false => use_context::<PageUser>().map(|PageUser(user)| user.to_string()),
    }
}
