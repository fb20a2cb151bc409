//! Server functions about the caller's e-mail address.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;

/// Returns the caller's verified e-mail address.
#[server(prefix = "/rpc", endpoint = "load_email", client = Client)]
pub async fn load_email() -> Result<Option<String>, AppError> {
    use crate::server::accounts::change_email;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| change_email::load(state, me).await).await
}

/// Sends a code to a new e-mail address.
#[server(prefix = "/rpc", endpoint = "change_email", client = Client)]
pub async fn change_email(email: String, current_password: String) -> Result<Destination, AppError> {
    use crate::server::accounts::change_email;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| Ok(change_email::request(state, me, &email, current_password).await?.destination))
        .await
}

/// Proves the address of [`change_email`] with its code.
#[server(prefix = "/rpc", endpoint = "confirm_email", client = Client)]
pub async fn confirm_email(code: String) -> Result<Destination, AppError> {
    use crate::server::accounts::change_email;
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |state, me| Ok(change_email::confirm(state, me, &code).await?.destination)).await
}
