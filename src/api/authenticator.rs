//! Server functions about the caller's authenticator app.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::authenticator::Authenticator;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;

/// Returns the state of the caller's second factor.
#[server(prefix = "/rpc", endpoint = "load_authenticator", client = Client)]
pub async fn load_authenticator() -> Result<Authenticator, AppError> {
    use crate::server::accounts::authenticator;
    use crate::server::http::respond::respond;
    respond(async |call| authenticator::load(&call.state, &call.parts).await).await
}

/// Makes a key for an authenticator app.
#[server(prefix = "/rpc", endpoint = "start_authenticator", client = Client)]
pub async fn start_authenticator() -> Result<Destination, AppError> {
    use crate::server::accounts::authenticator;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| authenticator::start(state, parts).await).await
}

/// Turns the authenticator app with the key of [`start_authenticator`] on.
#[server(prefix = "/rpc", endpoint = "turn_on_authenticator", client = Client)]
pub async fn turn_on_authenticator(code: String, current_password: String) -> Result<Destination, AppError> {
    use crate::server::accounts::authenticator;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| authenticator::turn_on(state, parts, &code, current_password).await).await
}

/// Turns the caller's authenticator app off.
#[server(prefix = "/rpc", endpoint = "turn_off_authenticator", client = Client)]
pub async fn turn_off_authenticator(current_password: String) -> Result<Destination, AppError> {
    use crate::server::accounts::authenticator;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| authenticator::turn_off(state, parts, current_password).await).await
}
