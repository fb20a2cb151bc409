//! The JSON API, as programs see it. Every answer in these tests must be as the OpenAPI document says.

mod cors;
mod document;
mod reading;
mod sending;
mod tokens;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use futures::future::join_all;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::app::{Answer, Browser, TestApp};
use crate::support::dynamodb::TABLE;

/// The id of a conversation that nobody has.
const NOWHERE: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

/// A program: no cookies, perhaps a token.
#[derive(Clone)]
struct Program {
    server: SocketAddr,
    http: reqwest::Client,
    authorization: Option<String>,
    from: String,
}

impl Program {
    /// One without a token, at an address of its own.
    fn anonymous(app: &TestApp) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let from = format!("198.51.100.{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { server: app.address, http: reqwest::Client::new(), authorization: None, from }
    }

    /// One that says this of who it is.
    fn saying(app: &TestApp, authorization: &str) -> Self {
        Self { authorization: Some(authorization.to_owned()), ..Self::anonymous(app) }
    }

    /// One with the access token of somebody whom the pool knows.
    async fn of(app: &TestApp, name: &str) -> Self {
        Self::saying(app, &format!("Bearer {}", app.pool.tokens(name).await.access))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.server);
        let request = self.http.request(method, url).header("x-forwarded-for", &self.from);
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    async fn post(&self, message: &Value) -> Answer {
        self.send(self.request(Method::POST, "/api/messages").json(message)).await
    }

    async fn post_once(&self, key: &str, message: &Value) -> Answer {
        let request = self.request(Method::POST, "/api/messages").header("idempotency-key", key);
        self.send(request.json(message)).await
    }

    /// Sends a request, and holds the answer to the document.
    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.http.execute(request).await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.expect("text") };
        if method != Method::OPTIONS {
            document::hold(&method, &path, &answer);
        }
        answer
    }
}

/// Somebody new: their browser, where they have signed in, and a program with their token.
async fn arrive(app: &TestApp, name: &str) -> (Browser, Program) {
    let browser = app.sign_in(name).await;
    (browser, Program::of(app, name).await)
}

/// The answers to requests that are made all at once.
async fn at_once<T: Future<Output = Answer>>(count: usize, request: impl Fn() -> T) -> Vec<Answer> {
    join_all((0..count).map(|_| request())).await
}

/// Asserts that of many requests some were told to wait, and none was told anything else than `otherwise`.
fn demand_some_refused(answers: &[Answer], otherwise: StatusCode) {
    let (refused, answered): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    assert!(!refused.is_empty() && !answered.is_empty(), "{} refused, {} not", refused.len(), answered.len());
    assert!(answered.iter().all(|answer| answer.status == otherwise));
    for answer in refused {
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)));
        assert!(answer.text.starts_with(r#"{"error":"rate_limited","message":"#), "{}", answer.text);
    }
}

/// Writes a message as it is, past all rules.
async fn put(app: &TestApp, row: MessageRow) {
    let put = app.dynamodb.client().put_item().table_name(TABLE).set_item(Some(row.item()));
    put.send().await.expect("a row is written");
}
