//! What Amazon's DynamoDB does and no emulator: it throttles, collides, fails after a commit, leaves part of the work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::dynamodb::{DynamoDb, web_client_of};

/// What goes wrong with a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It is refused with this status and error, and nothing is done.
    Refused(u16, Value),
    /// It is done, and the answer is an error all the same.
    FailedAfterwards,
    /// Nothing of it is done, which the answer says (`BatchGetItem`).
    LeftUnprocessed,
}

impl Fault {
    /// More requests than the table is paid for (DynamoDB Developer Guide, "Error handling").
    pub(crate) fn throttled() -> Self {
        Self::Refused(400, error("ProvisionedThroughputExceededException"))
    }

    /// The service has trouble of its own.
    pub(crate) fn trouble() -> Self {
        Self::Refused(500, error("InternalServerError"))
    }

    /// Another transaction with the same token is still at it.
    pub(crate) fn in_progress() -> Self {
        Self::Refused(400, error("TransactionInProgressException"))
    }

    /// A transaction was cancelled, for one reason a part.
    pub(crate) fn cancelled(reasons: &[&str]) -> Self {
        let mut answer = error("TransactionCanceledException");
        answer["CancellationReasons"] = reasons.iter().map(|code| json!({ "Code": code })).collect();
        Self::Refused(400, answer)
    }
}

fn error(name: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "as the test wishes" })
}

/// The faults to come, by operation: how many more, and which.
type Plan = Arc<Mutex<HashMap<&'static str, (usize, Fault)>>>;

/// Stands between a client and a DynamoDB, and fails as it is told to.
pub(crate) struct Faults {
    endpoint: String,
    account: String,
    plan: Plan,
}

impl Faults {
    /// In front of `dynamodb`, with no fault planned.
    pub(crate) async fn before(dynamodb: &DynamoDb) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let plan = Plan::default();
        let way = Way { plan: Arc::clone(&plan), to: dynamodb.endpoint().to_owned(), http: reqwest::Client::new() };
        let proxy = Router::new().fallback(answer).with_state(way);
        tokio::spawn(async move { axum::serve(listener, proxy).await });
        Self { endpoint, account: dynamodb.account().to_owned(), plan }
    }

    /// Where it answers.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The next so many requests of an operation fail in this way.
    pub(crate) fn plan(&self, operation: &'static str, times: usize, fault: Fault) {
        self.plan.lock().expect("no test panics while it plans").insert(operation, (times, fault));
    }

    /// How many of the planned faults have not been met.
    pub(crate) fn left(&self) -> usize {
        self.plan.lock().expect("no test panics while it plans").values().map(|(times, _)| times).sum()
    }

    /// No fault any more.
    pub(crate) fn end(&self) {
        self.plan.lock().expect("no test panics while it plans").clear();
    }

    /// A client with the timeouts and retries of the web server.
    pub(crate) async fn client(&self) -> Client {
        web_client_of(&self.endpoint, &self.account).await
    }
}

/// What the proxy needs for a request.
#[derive(Clone)]
struct Way {
    plan: Plan,
    to: String,
    http: reqwest::Client,
}

impl Way {
    fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut plan = self.plan.lock().expect("no test panics while it plans");
        let (times, fault) = plan.get_mut(operation).filter(|(times, _)| *times > 0)?;
        *times -= 1;
        Some(fault.clone())
    }

    async fn forward(&self, mut headers: HeaderMap, body: Bytes) -> Response {
        headers.remove(header::HOST);
        let answer = self.http.post(&self.to).headers(headers).body(body).send().await.expect("the DynamoDB answers");
        let status = answer.status();
        (status, [json_type()], answer.bytes().await.expect("a whole answer")).into_response()
    }
}

async fn answer(State(way): State<Way>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    match way.next_fault(&operation) {
        None => way.forward(headers, body).await,
        Some(Fault::Refused(status, error)) => told(status, &error),
        Some(Fault::FailedAfterwards) => {
            way.forward(headers, body).await;
            told(500, &error("InternalServerError"))
        }
        Some(Fault::LeftUnprocessed) => {
            let request: Value = serde_json::from_slice(&body).expect("a request in JSON");
            told(200, &json!({ "Responses": {}, "UnprocessedKeys": request["RequestItems"] }))
        }
    }
}

fn told(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [json_type()], body.to_string()).into_response()
}

fn json_type() -> (header::HeaderName, &'static str) {
    (header::CONTENT_TYPE, "application/x-amz-json-1.0")
}
