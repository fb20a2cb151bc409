//! Server functions about the caller's own account.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::session::{self, Session};
use crate::domain::user::User;

/// Returns the caller's active sessions, at most [`session::LISTED_MAX`].
#[server(prefix = "/rpc", endpoint = "list_sessions", client = Client)]
pub async fn list_sessions() -> Result<Vec<Session>, AppError> {
    use crate::server::accounts::sessions;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| sessions::list(state, me).await).await
}

/// Ends one of the caller's sessions.
#[server(prefix = "/rpc", endpoint = "end_session", client = Client)]
pub async fn end_session(session: session::Id) -> Result<Destination, AppError> {
    use crate::server::accounts::sessions;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| sessions::end(state, parts, session).await).await
}

/// Ends all of the caller's sessions but the one of this call.
#[server(prefix = "/rpc", endpoint = "end_other_sessions", client = Client)]
pub async fn end_other_sessions() -> Result<Destination, AppError> {
    use crate::server::accounts::sessions;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| Ok(sessions::end_others(state, me).await?.destination)).await
}

/// Returns the caller's name and handle as they are stored.
#[server(prefix = "/rpc", endpoint = "load_profile", client = Client)]
pub async fn load_profile() -> Result<User, AppError> {
    use crate::server::accounts::profile;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| profile::load(state, me).await).await
}

/// Gives the caller another name and handle. `seen_name` and `seen_handle`: those that the form has shown. What is
/// still the same stays as it is stored.
#[server(prefix = "/rpc", endpoint = "save_profile", client = Client)]
pub async fn save_profile(
    name: String,
    handle: String,
    #[server(default)] seen_name: Option<String>,
    #[server(default)] seen_handle: Option<String>,
) -> Result<Destination, AppError> {
    use crate::server::accounts::profile;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| {
        let name = Some(name).filter(|name| seen_name.as_ref() != Some(name));
        let handle = Some(handle).filter(|handle| seen_handle.as_ref() != Some(handle));
        profile::save(state, me, name.as_deref(), handle.as_deref()).await?;
        Ok(Destination("/settings/profile?saved=1".to_owned()))
    })
    .await
}

/// Requests the deletion of the caller's account, and signs the caller out everywhere.
#[server(prefix = "/rpc", endpoint = "delete_account", client = Client)]
pub async fn delete_account(
    current_password: String,
    #[server(default)] delete_messages: bool,
) -> Result<Destination, AppError> {
    use crate::server::accounts::deletion;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| deletion::request(state, parts, current_password, delete_messages).await)
        .await
}

/// Sets a new password. Ends all of the caller's sessions but the one of this call.
#[server(prefix = "/rpc", endpoint = "change_password", client = Client)]
pub async fn change_password(current_password: String, password: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::change_password(state, parts, current_password, password).await)
        .await
}
