//! Submission of the forms that sign out, which have no page of their own.

use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::server_fn::ServerFn;
use serde::de::DeserializeOwned;

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::server::http::error_page;
use crate::server::http::forms::{Form, to_destination};
use crate::server::state::AppState;

/// Submits a sign-out. There is no page to render again, so a failure gets a plain error page.
pub(super) async fn submit<F>(state: AppState, request: Request, action: &'static str) -> Response
where
    F: ServerFn<Output = Destination, Error = AppError> + DeserializeOwned + 'static,
{
    let form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::for_error(&error),
    };
    match form.call_and_redirect::<F>(to_destination).await {
        Ok(response) => response,
        // The session has already ended, which is the intended result.
        Err(AppError::Unauthenticated) => Redirect::to("/signin").into_response(),
        // Another user has signed in since, and stays signed in.
        Err(AppError::Forbidden) => error_page::other_users_page(None),
        Err(error) => error_page::sign_out_failed(&error, action),
    }
}
