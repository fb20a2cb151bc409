//! Context and error handling of server functions.

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use tracing::{Instrument, Span};

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::accounts::AccountOutcome;
use crate::server::failure::Failure;
use crate::server::http::error_response::status;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Context of a server function call.
pub struct Call {
    pub state: AppState,
    /// Head of the request.
    pub parts: Parts,
    options: Option<ResponseOptions>,
}

impl Call {
    /// Returns the signed-in user.
    pub fn user(&self) -> Result<&CurrentUser, AppError> {
        CurrentUser::of(&self.parts)
    }

    /// Returns the signed-in user. Fails if `author` names another user: the signed-in user of a browser may have
    /// changed since the text was written.
    pub fn author(&self, author: Option<user::Id>) -> Result<&CurrentUser, AppError> {
        let me = self.user()?;
        if author.is_some_and(|author| author != me.user.id) {
            return Err(AppError::Unauthenticated);
        }
        Ok(me)
    }
}

/// Runs the body of a server function. A failure sets the status of the response, or of the page that is being
/// rendered.
pub async fn respond<T>(work: impl AsyncFnOnce(Call) -> Result<T, Failure>) -> Result<T, AppError> {
    // Read before the first await: the context belongs to the owner that runs now.
    let options = use_context::<ResponseOptions>();
    let call = Call { state: expect_context(), parts: expect_context(), options: options.clone() };
    let span = call.parts.extensions.get::<Span>().cloned().unwrap_or_else(Span::none);
    // Boxed: otherwise its state, which is large, would lie on the stack of every layer above.
    let result = Box::pin(async { work(call).await.map_err(Failure::into_public) }).instrument(span).await;
    if let (Err(error), Some(options)) = (&result, options) {
        options.set_status(status(error));
        if let Some(secs) = error.retry_after_secs() {
            options.insert_header(header::RETRY_AFTER, HeaderValue::from(secs));
        }
    }
    result
}

/// Like [`respond`], for the signed-in user.
pub async fn respond_as_user<T>(
    work: impl AsyncFnOnce(&AppState, &CurrentUser) -> Result<T, Failure>,
) -> Result<T, AppError> {
    respond(async |call| work(&call.state, call.user()?).await).await
}

/// Like [`respond`], for the functions of `accounts`. Copies the outcome's headers into the response and returns its
/// destination.
pub async fn respond_with_outcome(
    work: impl AsyncFnOnce(&AppState, &Parts) -> Result<AccountOutcome, Failure>,
) -> Result<Destination, AppError> {
    respond(async |call| {
        let outcome = work(&call.state, &call.parts).await?;
        if let Some(options) = &call.options {
            for (name, value) in &outcome.headers {
                options.append_header(name.clone(), value.clone());
            }
        }
        Ok(outcome.destination)
    })
    .await
}
