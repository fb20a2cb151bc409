//! Server functions of message requests.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::conversation::{self, Conversation};
use crate::domain::error::AppError;

/// Returns the requests that the caller has received, the one with the newest message first. At most
/// [`REQUESTS_MAX`](crate::domain::request::REQUESTS_MAX).
#[server(prefix = "/rpc", endpoint = "list_requests", client = Client)]
pub async fn list_requests() -> Result<Vec<Conversation>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::requests;
    respond_as_user(async |state, me| requests::list(state, me).await).await
}

/// Returns the number of requests that the caller has received.
#[server(prefix = "/rpc", endpoint = "count_requests", client = Client)]
pub async fn count_requests() -> Result<u64, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::requests;
    respond_as_user(async |state, me| requests::count(state, me).await).await
}

/// Accepts a request that the caller has received. A repeated call changes nothing. Not found for its sender.
#[server(prefix = "/rpc", endpoint = "accept_request", client = Client)]
pub async fn accept_request(conversation: conversation::Id) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::requests;
    respond_as_user(async |state, me| requests::accept(state, me, conversation).await).await
}

/// Deletes a request from the caller's list. Another message of its sender lists it again. Not found for its sender.
#[server(prefix = "/rpc", endpoint = "delete_request", client = Client)]
pub async fn delete_request(conversation: conversation::Id) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::requests;
    respond_as_user(async |state, me| requests::delete(state, me, conversation).await).await
}
