//! Forms of the settings.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::api;
use crate::server::http::error_page;
use crate::server::http::forms::{Form, submit, submit_by_field, to_destination};
use crate::server::http::router::ZIP;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::export;
use crate::server::state::AppState;

/// Routes of the settings.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/settings", post(save_settings))
        .route("/settings/authenticator", post(authenticator))
        .route("/settings/blocked", post(end_block))
        .route("/settings/delete", post(delete_account))
        .route("/settings/email", post(change_email))
        .route("/settings/export", post(export))
        .route("/settings/password", post(change_password))
        .route("/settings/profile", post(save_profile))
        .route("/settings/sessions", post(end_sessions))
}

async fn save_settings(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SaveSettings>(state, request, to_destination).await
}

/// Sends the user's data as a file. Not a server function: the answer is no value for a page.
async fn export(State(state): State<AppState>, request: Request) -> Response {
    let form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::for_error(&error),
    };
    let started = match CurrentUser::of(&form.parts) {
        Ok(me) => export::start(&form.state, me).await,
        Err(error) => Err(error),
    };
    match started {
        Ok(parts) => {
            let name = HeaderValue::from_static("attachment; filename=\"cruddur-messages.zip\"");
            let kind = HeaderValue::from_static(ZIP);
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], Body::from_stream(parts))
                .into_response()
        }
        Err(error) => form.render_again(error).await,
    }
}

/// Handles the three forms of the page: a code turns the app on, a password alone turns it off, and the form without
/// fields starts the set-up.
async fn authenticator(State(state): State<AppState>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.fields.contains_key("code") => form.submit::<api::TurnOnAuthenticator>(to_destination).await,
        Ok(form) if form.fields.contains_key("current_password") => {
            form.submit::<api::TurnOffAuthenticator>(to_destination).await
        }
        Ok(form) => form.submit::<api::StartAuthenticator>(to_destination).await,
        Err(error) => error_page::for_error(&error),
    }
}

/// Handles both steps: an address requests a code, a code proves the address.
async fn change_email(State(state): State<AppState>, request: Request) -> Response {
    submit_by_field::<api::ConfirmEmail, api::ChangeEmail>(state, request, "code").await
}

async fn end_block(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::EndBlock>(state, request, to_destination).await
}

async fn delete_account(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::DeleteAccount>(state, request, to_destination).await
}

async fn change_password(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::ChangePassword>(state, request, to_destination).await
}

async fn save_profile(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SaveProfile>(state, request, to_destination).await
}

/// Ends the session that the form names, or else all others than the own one.
async fn end_sessions(State(state): State<AppState>, request: Request) -> Response {
    submit_by_field::<api::EndSession, api::EndOtherSessions>(state, request, "session").await
}
