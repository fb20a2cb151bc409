//! Server function that blocks users.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::error::AppError;
use crate::domain::user;

/// Blocks a user (`on`), or removes the caller's block of them. From then on nothing passes between the two until the block
/// is removed. A repeated call changes nothing. Not found for the caller, and for a user who does not exist.
#[server(prefix = "/rpc", endpoint = "block_user", client = Client)]
pub async fn block_user(user: user::Id, on: bool) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::blocks;
    respond_as_user(async |state, me| blocks::set(state, me, user, on).await).await
}
