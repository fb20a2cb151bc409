//! A proxy in front of a DynamoDB with faults that no emulator has: throttling, conflicts, failures after a commit,
//! unprocessed keys, and requests that are held.

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
use tokio::sync::watch;

use super::dynamodb::{DynamoDb, web_client_of};

/// Fault of a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The request fails with this status and error, and nothing is done.
    Refused(u16, Value),
    /// The request is processed, but the response is an error.
    FailedAfterwards,
    /// Nothing is processed, and the response says so (`BatchGetItem`).
    LeftUnprocessed,
}

impl Fault {
    /// Throttling (DynamoDB Developer Guide, "Error handling").
    pub(crate) fn throttled() -> Self {
        Self::Refused(400, error("ProvisionedThroughputExceededException"))
    }

    /// The server's own credentials are refused, with this code.
    pub(crate) fn refused_credentials(code: &str) -> Self {
        Self::Refused(400, error(code))
    }

    /// A fault of the service.
    pub(crate) fn trouble() -> Self {
        Self::Refused(500, error("InternalServerError"))
    }

    /// Another transaction with the same token is in progress.
    pub(crate) fn in_progress() -> Self {
        Self::Refused(400, error("TransactionInProgressException"))
    }

    /// A cancelled transaction, with one reason per part.
    pub(crate) fn cancelled(reasons: &[&str]) -> Self {
        let mut answer = error("TransactionCanceledException");
        answer["CancellationReasons"] = reasons.iter().map(|code| json!({ "Code": code })).collect();
        Self::Refused(400, answer)
    }
}

fn error(name: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "planned by the test" })
}

/// Planned faults by operation, with the number of requests that they will affect.
type Plan = Arc<Mutex<HashMap<&'static str, (usize, Fault)>>>;

/// A proxy in front of a DynamoDB with planned faults.
pub(crate) struct FaultProxy {
    endpoint: String,
    account: String,
    plan: Plan,
    hold: watch::Sender<Hold>,
    requests: Arc<Mutex<Vec<String>>>,
    answered: watch::Sender<usize>,
}

/// Requests that are held: writes whose body contains a text, and all requests of an operation.
#[derive(Clone, Copy, Default)]
struct Hold {
    text: Option<&'static str>,
    operation: Option<&'static str>,
    /// Number of requests held so far.
    count: usize,
}

impl FaultProxy {
    /// Starts a proxy in front of `dynamodb`, with no fault planned.
    pub(crate) async fn start(dynamodb: &DynamoDb) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let (plan, hold) = (Plan::default(), watch::Sender::new(Hold::default()));
        let (requests, answered) = (Arc::<Mutex<Vec<String>>>::default(), watch::Sender::new(0));
        let state = ProxyState {
            plan: Arc::clone(&plan),
            requests: Arc::clone(&requests),
            answered: answered.clone(),
            hold: hold.clone(),
            to: dynamodb.endpoint().to_owned(),
            http: reqwest::Client::new(),
        };
        let proxy = Router::new().fallback(answer).with_state(state);
        tokio::spawn(async move { axum::serve(listener, proxy).await });
        Self { endpoint, account: dynamodb.account().to_owned(), plan, hold, requests, answered }
    }

    /// Returns the proxy's address.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes the next `times` requests of an operation fail with `fault`.
    pub(crate) fn plan(&self, operation: &'static str, times: usize, fault: Fault) {
        self.plan.lock().expect("no test panics while it plans").insert(operation, (times, fault));
    }

    /// Returns the number of planned faults that have not happened yet.
    pub(crate) fn remaining(&self) -> usize {
        self.plan.lock().expect("no test panics while it plans").values().map(|(times, _)| times).sum()
    }

    /// Returns the number of requests since the last call.
    pub(crate) fn take_count(&self) -> usize {
        self.take_requests().len()
    }

    /// Returns the operations of the requests since the last call, with the number of parts of a transaction.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().expect("no test panics while it takes them"))
    }

    /// Removes all planned faults.
    pub(crate) fn clear(&self) {
        self.plan.lock().expect("no test panics while it plans").clear();
    }

    /// Holds all writes whose body contains `text`, until [`FaultProxy::release`].
    pub(crate) fn hold_writes_with(&self, text: &'static str) {
        self.hold.send_modify(|hold| hold.text = Some(text));
    }

    /// Holds all requests of an operation, until [`FaultProxy::release`].
    pub(crate) fn hold_operation(&self, operation: &'static str) {
        self.hold.send_modify(|hold| *hold = Hold { operation: Some(operation), ..Hold::default() });
    }

    /// Forgets the requests that have been answered and held so far.
    pub(crate) fn take_answers(&self) {
        self.answered.send_replace(0);
        self.hold.send_replace(Hold::default());
    }

    /// Waits until as many requests have been held, and as many answered.
    pub(crate) async fn until_held_and_answered(&self, held: usize, answered: usize) {
        self.until_held(held).await;
        self.answered.subscribe().wait_for(|count| *count >= answered).await.expect("the proxy runs");
    }

    /// Waits until at least `count` requests have been held.
    pub(crate) async fn until_held(&self, count: usize) {
        self.hold.subscribe().wait_for(|hold| hold.count >= count).await.expect("the proxy runs");
    }

    /// Forwards the held requests, and holds no more.
    pub(crate) fn release(&self) {
        self.hold.send_modify(|hold| (hold.text, hold.operation) = (None, None));
    }

    /// Returns a client with the timeouts and retries of the web server.
    pub(crate) async fn client(&self) -> Client {
        web_client_of(&self.endpoint, &self.account).await
    }
}

/// State of the proxy.
#[derive(Clone)]
struct ProxyState {
    plan: Plan,
    requests: Arc<Mutex<Vec<String>>>,
    hold: watch::Sender<Hold>,
    answered: watch::Sender<usize>,
    to: String,
    http: reqwest::Client,
}

impl ProxyState {
    fn note(&self, operation: &str, body: &Bytes) {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts = request["TransactItems"].as_array().map(|parts| format!(" of {} parts", parts.len()));
        let request = format!("{operation}{}", parts.unwrap_or_default());
        self.requests.lock().expect("no test panics while it notes them").push(request);
    }

    fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut plan = self.plan.lock().expect("no test panics while it plans");
        let (times, fault) = plan.get_mut(operation).filter(|(times, _)| *times > 0)?;
        *times -= 1;
        Some(fault.clone())
    }

    /// Waits as long as the request is to be held.
    async fn wait_if_held(&self, operation: &str, body: &Bytes) {
        let body = String::from_utf8_lossy(body);
        let is_held = |hold: &Hold| {
            let is_write = ["TransactWriteItems", "UpdateItem"].contains(&operation);
            (is_write && hold.text.is_some_and(|it| body.contains(it))) || hold.operation == Some(operation)
        };
        self.hold.send_if_modified(|hold| {
            hold.count += usize::from(is_held(hold));
            is_held(hold)
        });
        self.hold.subscribe().wait_for(|hold| !is_held(hold)).await.expect("the proxy runs");
    }

    async fn forward(&self, mut headers: HeaderMap, body: Bytes) -> Response {
        headers.remove(header::HOST);
        let answer = self.http.post(&self.to).headers(headers).body(body).send().await.expect("the DynamoDB answers");
        let status = answer.status();
        (status, [json_type()], answer.bytes().await.expect("a whole answer")).into_response()
    }
}

async fn answer(State(state): State<ProxyState>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    state.note(&operation, &body);
    state.wait_if_held(&operation, &body).await;
    match state.next_fault(&operation) {
        None => {
            let response = state.forward(headers, body).await;
            state.answered.send_modify(|answered| *answered += 1);
            response
        }
        Some(Fault::Refused(status, error)) => json_response(status, &error),
        Some(Fault::FailedAfterwards) => {
            state.forward(headers, body).await;
            json_response(500, &error("InternalServerError"))
        }
        Some(Fault::LeftUnprocessed) => {
            let request: Value = serde_json::from_slice(&body).expect("a request in JSON");
            json_response(200, &json!({ "Responses": {}, "UnprocessedKeys": request["RequestItems"] }))
        }
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [json_type()], body.to_string()).into_response()
}

fn json_type() -> (header::HeaderName, &'static str) {
    (header::CONTENT_TYPE, "application/x-amz-json-1.0")
}
