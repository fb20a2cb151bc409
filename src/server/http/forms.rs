//! Plain form posts, from browsers without WASM.
//!
//! A form posts to the path of its own page. The handler calls the server function that the page's script would call;
//! for a first message, a variant that takes a handle. On success it redirects (303). On failure it renders the same
//! page again with the error's status, the user's input and the validation messages. If that page cannot be rendered, a
//! plain error page is returned.

mod messages;

mod reports;

mod requests;

mod settings;

mod sign_in_steps;

mod sign_out;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
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
use crate::domain::page_user;
use crate::domain::refused_form::RefusedForm;
use crate::server::http::error_response::status;
use crate::server::http::media_type::{MediaType, media_type};
use crate::server::http::render::page;
use crate::server::http::request_limits::BODY_BYTES_MAX;
use crate::server::http::session::{CurrentUser, OtherUsersPage};
use crate::server::http::{error_page, layers};
use crate::server::state::AppState;

/// Values of a form's fields, by name.
type Fields = BTreeMap<String, String>;

/// Posted form.
struct Form {
    state: AppState,
    parts: Parts,
    fields: Fields,
}

/// Routes of all forms.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/signin", post(sign_in))
        .route("/signup", post(sign_up))
        .route("/confirm", post(confirm))
        .route("/forgot", post(forgot))
        .route("/signout", post(sign_out))
        .route("/signout-everywhere", post(sign_out_everywhere))
        .merge(messages::routes())
        .merge(settings::routes())
        .merge(sign_in_steps::routes())
        .merge(reports::routes())
}

async fn sign_in(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SignIn>(state, request, to_destination).await
}

async fn sign_up(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SignUp>(state, request, to_destination).await
}

/// Handles both buttons of the page: one submits the code, the other (`resend`) requests a new code.
async fn confirm(State(state): State<AppState>, request: Request) -> Response {
    submit_by_field::<api::ResendCode, api::Confirm>(state, request, "resend").await
}

/// Handles both steps of a password reset: an e-mail address requests a code, a code sets the password.
async fn forgot(State(state): State<AppState>, request: Request) -> Response {
    submit_by_field::<api::ResetPassword, api::ForgotPassword>(state, request, "code").await
}

async fn sign_out(State(state): State<AppState>, request: Request) -> Response {
    sign_out::submit::<api::SignOut>(state, request, "/signout").await
}

async fn sign_out_everywhere(State(state): State<AppState>, request: Request) -> Response {
    sign_out::submit::<api::SignOutEverywhere>(state, request, "/signout-everywhere").await
}

fn to_destination(_: &Fields, destination: &Destination) -> String {
    destination.0.clone()
}

async fn submit<F>(state: AppState, request: Request, target: fn(&Fields, &F::Output) -> String) -> Response
where
    F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
{
    match Form::read(state, request).await {
        Ok(form) => form.submit::<F>(target).await,
        Err(error) => error_page::for_error(&error),
    }
}

/// Handles a page with two forms: `F` takes the one with this field, and `G` the other one.
async fn submit_by_field<F, G>(state: AppState, request: Request, field: &str) -> Response
where
    F: ServerFn<Output = Destination, Error = AppError> + DeserializeOwned + 'static,
    G: ServerFn<Output = Destination, Error = AppError> + DeserializeOwned + 'static,
{
    match Form::read(state, request).await {
        Ok(form) if form.fields.contains_key(field) => form.submit::<F>(to_destination).await,
        Ok(form) => form.submit::<G>(to_destination).await,
        Err(error) => error_page::for_error(&error),
    }
}

impl Form {
    /// Reads the request. Only the content type `application/x-www-form-urlencoded` is accepted.
    async fn read(state: AppState, request: Request) -> Result<Self, AppError> {
        let (mut parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| AppError::TooLarge)?;
        let mut fields: Fields = match media_type(&parts.headers) {
            Some(MediaType::Form) => serde_urlencoded::from_bytes(&body).map_err(|_| AppError::Invalid(Vec::new()))?,
            Some(MediaType::Json) | None => return Err(AppError::Invalid(Vec::new())),
        };
        if let Some(page_user) = fields.remove(page_user::FIELD) {
            OtherUsersPage::mark(&mut parts.extensions, &page_user);
        }
        Ok(Self { state, parts, fields })
    }

    /// True for the form that blocks a user or removes the block. Pages of users have it beside their own form.
    fn is_block(&self) -> bool {
        self.fields.contains_key("user")
    }

    /// Blocks a user or removes the block, and shows the page again, with the text of a message that was refused
    /// because of the block.
    async fn submit_block(self) -> Response {
        let page = self.parts.uri.path().to_owned();
        match self.call_and_redirect::<api::BlockUser>(|_, ()| page.clone()).await {
            Ok(_) if self.fields.contains_key("body") => self.render(None).await,
            Ok(response) => response,
            Err(error) => self.render_again(error).await,
        }
    }

    /// Calls the server function with the fields, then redirects or renders the page again.
    async fn submit<F>(self, target: impl Fn(&Fields, &F::Output) -> String) -> Response
    where
        F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    {
        match self.call_and_redirect::<F>(target).await {
            Ok(response) => response,
            Err(error) => self.render_again(error).await,
        }
    }

    /// Calls the server function with the fields. On success, redirects to the path that `target` makes from the fields
    /// and the output.
    async fn call_and_redirect<F>(&self, target: impl Fn(&Fields, &F::Output) -> String) -> Result<Response, AppError>
    where
        F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    {
        let pairs = serde_urlencoded::to_string(&self.fields).unwrap_or_default();
        let args = serde_urlencoded::from_str::<F>(&pairs).map_err(|_| AppError::Invalid(Vec::new()))?;
        let options = ResponseOptions::default();
        let output = self.call(args, options.clone()).await?;
        let mut response = Redirect::to(&target(&self.fields, &output)).into_response();
        append_headers(&mut response, &options);
        Ok(response)
    }

    /// Runs the server function in the same context as a call from script.
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

    /// Renders the form's page again with the user's input and the error.
    async fn render_again(self, error: AppError) -> Response {
        self.render(Some(error)).await
    }

    async fn render(mut self, error: Option<AppError>) -> Response {
        if OtherUsersPage::is_in(&self.parts.extensions) {
            return error_page::other_users_page(self.fields.get("body").map(String::as_str));
        }
        if self.needs_sign_in() {
            return self.signed_out_response();
        }
        // The input goes back into the page, except for passwords.
        self.fields.retain(|name, _| !name.ends_with("password"));
        let code = error.as_ref().map_or(StatusCode::OK, status);
        let retry_after = error.as_ref().and_then(AppError::retry_after_secs);
        let refused = RefusedForm { error, fields: self.fields.into_iter().collect() };
        self.parts.method = Method::GET;
        let request = Request::from_parts(self.parts, Body::empty());
        let mut response = page(self.state, request, move || provide_context(refused.clone())).await;
        *response.status_mut() = code;
        if let Some(secs) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, secs.into());
        }
        response
    }

    /// True if the form's page would only redirect to the sign-in.
    fn needs_sign_in(&self) -> bool {
        layers::is_private(self.parts.uri.path())
            && CurrentUser::of(&self.parts).is_err_and(|error| error == AppError::Unauthenticated)
    }

    /// Redirects to the sign-in, which leads back. For a message it first shows a page with the text, which would be
    /// lost.
    fn signed_out_response(&self) -> Response {
        match self.fields.get("body") {
            Some(text) => error_page::unsent_text(&layers::sign_in_path(&self.parts.uri), text),
            None => layers::redirect_to_sign_in(&self.parts.uri),
        }
    }
}

fn append_headers(response: &mut Response, options: &ResponseOptions) {
    // The lock is never poisoned: nothing panics while holding it.
    let Ok(parts) = options.0.read() else { return };
    for (name, value) in &parts.headers {
        response.headers_mut().append(name, value.clone());
    }
}
