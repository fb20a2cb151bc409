//! Server functions of blocks.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::user::{self, User};

/// Blocks a user (`on`), or removes the caller's block of them. From then on nothing passes between the two until the
/// block is removed. A repeated call changes nothing. Not found for the caller, and for a user who does not exist.
#[server(prefix = "/rpc", endpoint = "block_user", client = Client)]
pub async fn block_user(user: user::Id, on: bool) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::blocks;
    respond_as_user(async |state, me| blocks::set(state, me, user, on).await).await
}

/// Returns the users whom the caller has blocked, by name. At most [`BLOCKED_MAX`](crate::domain::block::BLOCKED_MAX).
#[server(prefix = "/rpc", endpoint = "list_blocked", client = Client)]
pub async fn list_blocked() -> Result<Vec<User>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::blocks;
    respond_as_user(async |state, me| blocks::list(state, me).await).await
}

/// Removes the caller's block of a user. Leads to the list of those who are still blocked. A repeated call changes
/// nothing.
#[server(prefix = "/rpc", endpoint = "end_block", client = Client)]
pub async fn end_block(user: user::Id) -> Result<Destination, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::blocks;
    respond_as_user(async |state, me| {
        blocks::set(state, me, user, false).await?;
        Ok(Destination("/settings/blocked?unblocked=1".to_owned()))
    })
    .await
}
