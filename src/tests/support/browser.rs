//! A browser for the account functions, without HTTP: it keeps a cookie and follows redirects.

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Parser;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::accounts::{self, AccountOutcome};
use cruddur_messages::server::config::Config;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::http::error_response::status;
use cruddur_messages::server::http::session::{self, CurrentUser, cookie};
use cruddur_messages::server::state::AppState;
use leptos::prelude::LeptosOptions;
use tower::ServiceExt;

/// Key that seals the sessions of tests.
pub const SESSION_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Address and credentials of a user pool.
#[derive(Debug, Clone)]
pub struct PoolAddress {
    pub endpoint: String,
    pub user_pool_id: String,
    pub client_id: String,
    pub client_secret: Option<String>,
}

/// Returns the configuration of a server with this database and this user pool.
pub fn config(database_url: &str, pool: &PoolAddress) -> Config {
    let mut arguments = vec!["cruddur-messages".to_owned()];
    let mut set = |name: &str, value: &str| arguments.push(format!("--{name}={value}"));
    set("database-url", database_url);
    set("user-pool-id", &pool.user_pool_id);
    set("client-id", &pool.client_id);
    set("cognito-endpoint", &pool.endpoint);
    set("session-key", SESSION_KEY);
    // A test that stops a server does not wait for a load balancer.
    set("shutdown-delay-secs", "0");
    set("stream-close-secs", "0");
    if let Some(secret) = &pool.client_secret {
        set("client-secret", secret);
    }
    Config::parse_from(arguments)
}

/// Creates a server's application state.
pub async fn server(config: Config) -> AppState {
    let options = LeptosOptions::builder().output_name("cruddur-messages").build();
    AppState::connect(config, options).await.expect("a configuration that can work")
}

/// A browser that is connected to one server.
#[derive(Clone)]
pub struct Browser {
    pub server: AppState,
    /// Value of the session cookie.
    pub cookie: Option<String>,
}

impl Browser {
    /// Creates a browser without a cookie.
    pub fn new(server: &AppState) -> Self {
        Self { server: server.clone(), cookie: None }
    }

    /// Returns a browser with the same cookie for another server.
    pub fn at(&self, server: &AppState) -> Self {
        Self { server: server.clone(), cookie: self.cookie.clone() }
    }

    /// Signs in. Returns the path of the next page.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Result<String, AppError> {
        self.sign_in_to(email, password, "").await
    }

    /// Signs in with `next` as the page to return to.
    pub async fn sign_in_to(&mut self, email: &str, password: &str, next: &str) -> Result<String, AppError> {
        let answer = accounts::sign_in(&self.server, &self.parts().await, email, password.to_owned(), next).await;
        self.follow(answer)
    }

    /// Signs up.
    pub async fn sign_up(&mut self, name: &str, handle: &str, email: &str, password: &str) -> Result<String, AppError> {
        let parts = self.parts().await;
        let answer = accounts::sign_up(&self.server, &parts, name, handle, email, password.to_owned(), "").await;
        self.follow(answer)
    }

    /// Confirms a sign-up with a code.
    pub async fn confirm(&mut self, email: &str, code: &str) -> Result<String, AppError> {
        let answer = accounts::confirm(&self.server, &self.parts().await, email, code, "").await;
        self.follow(answer)
    }

    /// Requests another sign-up code.
    pub async fn resend_code(&mut self, email: &str) -> Result<String, AppError> {
        let answer = accounts::resend_code(&self.server, &self.parts().await, email, "").await;
        self.follow(answer)
    }

    /// Requests a code for a password reset.
    pub async fn forgot_password(&mut self, email: &str) -> Result<String, AppError> {
        let answer = accounts::forgot_password(&self.server, &self.parts().await, email, "").await;
        self.follow(answer)
    }

    /// Sets a new password.
    pub async fn reset_password(&mut self, email: &str, code: &str, password: &str) -> Result<String, AppError> {
        let parts = self.parts().await;
        let answer = accounts::reset_password(&self.server, &parts, email, code, password.to_owned(), "").await;
        self.follow(answer)
    }

    /// Signs out.
    pub async fn sign_out(&mut self) -> Result<String, AppError> {
        let answer = accounts::sign_out(&self.server, &self.parts().await, None).await;
        self.follow(answer)
    }

    /// Signs out on every device.
    pub async fn sign_out_everywhere(&mut self) -> Result<String, AppError> {
        let answer = accounts::sign_out_everywhere(&self.server, &self.parts().await, None).await;
        self.follow(answer)
    }

    /// Returns the handle of the signed-in user, as the session layer resolves it. Stores the cookie that the response
    /// sets.
    pub async fn whoami(&mut self) -> Result<String, AppError> {
        let response = self.get().await;
        self.store_cookie(response.headers());
        let (status, body) = (response.status(), response.into_body());
        let body = axum::body::to_bytes(body, 10_000).await.expect("a body");
        match status {
            StatusCode::OK => Ok(String::from_utf8(body.to_vec()).expect("a handle")),
            StatusCode::UNAUTHORIZED => Err(AppError::Unauthenticated),
            StatusCode::SERVICE_UNAVAILABLE => Err(AppError::Unavailable),
            other => panic!("{other}"),
        }
    }

    /// Returns the response of a route behind the session layer.
    pub async fn get(&self) -> Response {
        let router =
            Router::new().route("/", get(handle)).layer(from_fn_with_state(self.server.clone(), session::resolve));
        router.oneshot(self.request()).await.expect("a router answers")
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().uri("/").header(header::USER_AGENT, "Test browser");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("{}={cookie}", cookie::NAME));
        }
        request.body(Body::empty()).expect("a request")
    }

    /// Returns a request's head as a handler sees it after the session layer.
    async fn parts(&self) -> Parts {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
        let take = move |request: Request<Body>| {
            let sender = sender.lock().expect("not poisoned").take().expect("one request");
            sender.send(request.into_parts().0).expect("the receiver waits");
            async {}
        };
        let router =
            Router::new().route("/", get(take)).layer(from_fn_with_state(self.server.clone(), session::resolve));
        router.oneshot(self.request()).await.expect("a router answers");
        receiver.await.expect("the head")
    }

    fn follow(&mut self, answer: Result<AccountOutcome, Failure>) -> Result<String, AppError> {
        let answer = answer.map_err(Failure::into_public)?;
        self.store_cookie(&answer.headers);
        Ok(answer.destination.0)
    }

    fn store_cookie(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("visible ASCII");
            let Some(rest) = line.strip_prefix(&format!("{}=", cookie::NAME)) else { continue };
            self.cookie = rest.split(';').next().filter(|value| !value.is_empty()).map(str::to_owned);
        }
    }
}

async fn handle(request: Request<Body>) -> Response {
    match CurrentUser::of(&request.into_parts().0) {
        Ok(me) => me.user.handle_text().to_owned().into_response(),
        Err(error) => status(&error).into_response(),
    }
}
