//! Forms that are posted without WASM.
//!
//! A form posts to the path of its own page. What it asks for is the server function that the page's script would call, or
//! for a first message one that takes a handle. When that succeeds, the browser is led on (303); when it does not, the same
//! page is rendered again with the error's status, what was typed, and what is wrong with it. Where that page cannot be
//! rendered, a plain one says so.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use leptos::prelude::{Owner, provide_context};
use leptos::reactive::computed::ScopedFuture;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;
use serde::de::DeserializeOwned;

use crate::api;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::refused_form::Refused;
use crate::server::http::error_page;
use crate::server::http::layers;
use crate::server::http::refuse::status;
use crate::server::http::render::page;
use crate::server::http::request_limits::BODY_BYTES_MAX;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// What a form's fields hold, by name.
type Fields = BTreeMap<String, String>;

/// A form on its way: the request's head, and the fields as they came.
struct Form {
    state: AppState,
    parts: Parts,
    fields: Fields,
}

/// The routes of all forms.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/signin", post(sign_in))
        .route("/signup", post(sign_up))
        .route("/confirm", post(confirm))
        .route("/forgot", post(forgot))
        .route("/settings", post(save_settings))
        .route("/signout", post(sign_out))
        .route("/signout-everywhere", post(sign_out_everywhere))
        .route("/messages/{message_group_uuid}", post(send_message))
        .route("/messages/new/{handle}", post(start_conversation))
}

async fn sign_in(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SignIn>(state, request, to_destination).await
}

async fn sign_up(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SignUp>(state, request, to_destination).await
}

/// Two buttons: one tries the code, the other (`resend`) asks for a new one.
async fn confirm(State(state): State<AppState>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.fields.contains_key("resend") => form.submit::<api::ResendCode>(to_destination).await,
        Ok(form) => form.submit::<api::Confirm>(to_destination).await,
        Err(error) => error_page::show(&error),
    }
}

/// Two steps: an e-mail address asks for a code, a code sets a password.
async fn forgot(State(state): State<AppState>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.fields.contains_key("code") => form.submit::<api::ResetPassword>(to_destination).await,
        Ok(form) => form.submit::<api::ForgotPassword>(to_destination).await,
        Err(error) => error_page::show(&error),
    }
}

async fn save_settings(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SaveSettings>(state, request, to_destination).await
}

async fn sign_out(State(state): State<AppState>, request: Request) -> Response {
    leave::<api::SignOut>(state, request, "/signout").await
}

async fn sign_out_everywhere(State(state): State<AppState>, request: Request) -> Response {
    leave::<api::SignOutEverywhere>(state, request, "/signout-everywhere").await
}

/// Signing out has no page of its own on which to say that it failed.
async fn leave<F>(state: AppState, request: Request, action: &'static str) -> Response
where
    F: ServerFn<Output = Destination, Error = AppError> + DeserializeOwned + 'static,
{
    let form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::show(&error),
    };
    match form.lead_on::<F>(to_destination).await {
        Ok(response) => response,
        // Whose session has ended already is where they wanted to be.
        Err(AppError::Unauthenticated) => Redirect::to("/signin").into_response(),
        Err(error) => error_page::may_be_signed_in(&error, action),
    }
}

/// The form says which conversation it was rendered for. It must be the one that it is posted to: otherwise a message
/// could reach the wrong person.
async fn send_message(State(state): State<AppState>, Path(path): Path<String>, request: Request) -> Response {
    let form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::show(&error),
    };
    if form.fields.get("conversation") != Some(&path) {
        let error = AppError::Conflict("This form belongs to another conversation. Nothing was sent.".to_owned());
        return form.refused(error).await;
    }
    form.submit::<api::SendMessage>(|fields, _| format!("/messages/{}", fields["conversation"])).await
}

async fn start_conversation(State(state): State<AppState>, Path(path): Path<String>, request: Request) -> Response {
    let form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::show(&error),
    };
    if form.fields.get("handle") != Some(&path) {
        let error = AppError::Conflict("This form belongs to another person. Nothing was sent.".to_owned());
        return form.refused(error).await;
    }
    form.submit::<api::StartConversation>(to_destination).await
}

fn to_destination(_: &Fields, destination: &Destination) -> String {
    destination.0.clone()
}

async fn submit<F>(state: AppState, request: Request, led_to: fn(&Fields, &F::Output) -> String) -> Response
where
    F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
{
    match Form::read(state, request).await {
        Ok(form) => form.submit::<F>(led_to).await,
        Err(error) => error_page::show(&error),
    }
}

impl Form {
    /// Reads the body, as `application/x-www-form-urlencoded` and nothing else.
    async fn read(state: AppState, request: Request) -> Result<Self, AppError> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| AppError::TooLarge)?;
        let fields = match is_form(&parts.headers) {
            true => serde_urlencoded::from_bytes(&body).map_err(|_| AppError::Invalid(Vec::new()))?,
            false => return Err(AppError::Invalid(Vec::new())),
        };
        Ok(Self { state, parts, fields })
    }

    /// Calls the server function with the fields, and leads on or renders the page again.
    async fn submit<F>(self, led_to: impl Fn(&Fields, &F::Output) -> String) -> Response
    where
        F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    {
        match self.lead_on::<F>(led_to).await {
            Ok(response) => response,
            Err(error) => self.refused(error).await,
        }
    }

    /// Calls the server function with the fields, and leads on.
    async fn lead_on<F>(&self, led_to: impl Fn(&Fields, &F::Output) -> String) -> Result<Response, AppError>
    where
        F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    {
        let pairs = serde_urlencoded::to_string(&self.fields).unwrap_or_default();
        let args = serde_urlencoded::from_str::<F>(&pairs).map_err(|_| AppError::Invalid(Vec::new()))?;
        let options = ResponseOptions::default();
        let output = self.call(args, options.clone()).await?;
        let mut response = Redirect::to(&led_to(&self.fields, &output)).into_response();
        append_headers(&mut response, &options);
        Ok(response)
    }

    /// Runs the server function in the context that it has when script calls it.
    async fn call<F>(&self, args: F, options: ResponseOptions) -> Result<F::Output, AppError>
    where
        F: ServerFn<Error = AppError> + 'static,
    {
        let (state, parts) = (self.state.clone(), self.parts.clone());
        let owner = Owner::new();
        let run = owner.with(|| {
            provide_context(state);
            provide_context(parts);
            provide_context(options);
            ScopedFuture::new(args.run_body())
        });
        run.await
    }

    /// The page of the form once more, with what was typed and why it was refused.
    async fn refused(mut self, error: AppError) -> Response {
        if self.is_signed_out() {
            return self.signed_out();
        }
        // What was typed goes back into the page, but a password never does.
        self.fields.retain(|name, _| name != "password");
        let code = status(&error);
        let retry_after = error.retry_after_secs();
        let refused = Refused { error, fields: self.fields };
        self.parts.method = Method::GET;
        let request = Request::from_parts(self.parts, Body::empty());
        let mut response = page(self.state, request, move || provide_context(refused.clone())).await;
        *response.status_mut() = code;
        if let Some(secs) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, secs.into());
        }
        response
    }

    /// Whether the page of the form would only lead to the sign-in.
    fn is_signed_out(&self) -> bool {
        layers::is_personal(self.parts.uri.path())
            && CurrentUser::of(&self.parts).is_err_and(|error| error == AppError::Unauthenticated)
    }

    /// To the sign-in and back; where a text was to be sent, by way of a page that gives it back.
    fn signed_out(&self) -> Response {
        match self.fields.get("body") {
            Some(text) => error_page::signed_out(&layers::sign_in_path(&self.parts.uri), text),
            None => layers::to_sign_in(&self.parts.uri),
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type
        .and_then(|text| text.parse::<mime::Mime>().ok())
        .is_some_and(|mime| mime.essence_str() == mime::APPLICATION_WWW_FORM_URLENCODED.essence_str())
}

fn append_headers(response: &mut Response, options: &ResponseOptions) {
    // Only a panic while it is held poisons the lock, and nothing panics while it is held.
    let Ok(parts) = options.0.read() else { return };
    for (name, value) in &parts.headers {
        response.headers_mut().append(name, value.clone());
    }
}
