//! Server functions that find users and conversations by name.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::conversation::{Conversation, Recipient};
use crate::domain::error::AppError;
use crate::domain::page::Page;
use crate::domain::user::{self, User};

/// Returns the caller's newest conversations with a member, other than the caller, whose handle or names have words
/// that begin with the words of `query`; at most one page. Looks at the newest
/// [`SEARCHED_MAX`](conversation::SEARCHED_MAX) conversations.
#[server(prefix = "/rpc", endpoint = "find_conversations", client = Client)]
pub async fn find_conversations(query: String) -> Result<Page<Conversation>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::recipients;
    respond_as_user(async |state, me| recipients::find_conversations(state, me, &query).await).await
}

/// Returns users whose handle or names have words that begin with the words of `query`; none for a query that is too
/// short.
#[server(prefix = "/rpc", endpoint = "search_users", client = Client)]
pub async fn search_users(query: String) -> Result<Vec<User>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::recipients;
    respond_as_user(async |state, me| recipients::search_users(state, me, &query).await).await
}

/// Returns the recipient of a first message: the user with the id, or else with the handle. The caller is a conflict.
#[server(prefix = "/rpc", endpoint = "find_recipient", client = Client)]
pub async fn find_recipient(handle: String, id: Option<user::Id>) -> Result<Recipient, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::recipients;
    respond_as_user(async |state, me| recipients::find_recipient(state, me, &handle, id).await).await
}
