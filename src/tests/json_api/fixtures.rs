//! Fixtures of the JSON API tests: a client that checks every response against the OpenAPI document.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use cruddur_messages::domain::message;
use cruddur_messages::domain::user::{self, User};
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use futures::future::join_all;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::document;
use crate::support::app::{Answer, Browser, TestApp};
use crate::support::dynamodb::TABLE;

/// Id of a conversation that does not exist.
pub(crate) const UNKNOWN_CONVERSATION: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

/// Client of the JSON API: no cookies, and possibly a token.
#[derive(Clone)]
pub(crate) struct ApiClient {
    server: SocketAddr,
    http: reqwest::Client,
    authorization: Option<String>,
    address: String,
}

impl ApiClient {
    /// Returns a client without a token, at an address of its own.
    pub(crate) fn anonymous(app: &TestApp) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let address = format!("198.51.100.{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { server: app.address, http: reqwest::Client::new(), authorization: None, address }
    }

    /// Returns a client that sends this `Authorization` header.
    pub(crate) fn with_authorization(app: &TestApp, authorization: &str) -> Self {
        Self { authorization: Some(authorization.to_owned()), ..Self::anonymous(app) }
    }

    /// Returns a client with an access token of a user in the pool.
    pub(crate) async fn with_token_of(app: &TestApp, name: &str) -> Self {
        Self::with_authorization(app, &format!("Bearer {}", app.pool.tokens(name).await.access))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.server);
        let request = self.http.request(method, url).header("x-forwarded-for", &self.address);
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, message: &Value) -> Answer {
        self.send(self.request(Method::POST, "/api/messages").json(message)).await
    }

    pub(crate) async fn post_with_key(&self, key: &str, message: &Value) -> Answer {
        let request = self.request(Method::POST, "/api/messages").header("idempotency-key", key);
        self.send(request.json(message)).await
    }

    /// Sends a request, and checks the response against the OpenAPI document.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.http.execute(request).await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.expect("text") };
        if method != Method::OPTIONS {
            document::assert_documented(&method, &path, &answer);
        }
        answer
    }
}

/// Creates a user. Returns a browser in which they are signed in, and a client with their token.
pub(crate) async fn new_user(app: &TestApp, name: &str) -> (Browser, ApiClient) {
    let browser = app.sign_in(name).await;
    (browser, ApiClient::with_token_of(app, name).await)
}

/// Makes a number of requests concurrently, and returns their responses.
pub(crate) async fn concurrently<T: Future<Output = Answer>>(count: usize, request: impl Fn() -> T) -> Vec<Answer> {
    join_all((0..count).map(|_| request())).await
}

/// Asserts that some of the requests were rate limited, and that all others were answered with `otherwise`.
pub(crate) fn assert_some_rate_limited(answers: &[Answer], otherwise: StatusCode) {
    let (limited, answered): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    assert!(!limited.is_empty() && !answered.is_empty(), "{} limited, {} not", limited.len(), answered.len());
    assert!(answered.iter().all(|answer| answer.status == otherwise));
    for answer in limited {
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)));
        assert_eq!(answer.text, r#"["rate_limited"]"#);
    }
}

/// Writes a message of a user who is not a member, as the old app allowed, before all others.
pub(crate) async fn put_foreign_message(app: &TestApp, conversation: &str, author: user::Id) {
    let row = MessageRow::new(
        conversation.parse().expect("an id"),
        SortTime::stored("2022-12-31T23:59:59").expect("a time"),
        message::Id(Uuid::new_v4()),
        User::stored(author, "old".to_owned(), "Old".to_owned()),
        "from outside".to_owned(),
        0,
    );
    put_message(app, row).await;
}

/// Writes a message straight into the table, without any checks.
pub(crate) async fn put_message(app: &TestApp, row: MessageRow) {
    let put = app.dynamodb.client().put_item().table_name(TABLE).set_item(Some(row.item()));
    put.send().await.expect("a row is written");
}
