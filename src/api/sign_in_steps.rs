//! Server functions of the steps of a sign-in after the password.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;

/// Replaces the temporary password of the user who is signing in, and signs in.
#[server(prefix = "/rpc", endpoint = "set_first_password", client = Client)]
pub async fn set_first_password(password: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| {
        Ok(accounts::set_first_password(state, parts, password, &next).await?.marked_as_signed_in())
    })
    .await
}

/// Proves the second factor of the user who is signing in with a code, and signs in.
#[server(prefix = "/rpc", endpoint = "answer_sign_in_code", client = Client)]
pub async fn answer_sign_in_code(code: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| {
        Ok(accounts::answer_sign_in_code(state, parts, &code, &next).await?.marked_as_signed_in())
    })
    .await
}
