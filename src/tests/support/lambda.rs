//! Lambda, as far as a function sees it: the Runtime API hands out an event and takes the answer.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// The executable of the function, in a process of its own. Killed when dropped.
pub(crate) struct Function {
    runtime: Arc<Runtime>,
    answers: mpsc::UnboundedReceiver<(String, Value)>,
    _process: Child,
}

struct Runtime {
    events: Mutex<VecDeque<Value>>,
    more: Notify,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

impl Function {
    /// Starts it with this DynamoDB.
    pub(crate) async fn start(dynamodb_endpoint: &str) -> Self {
        let (sender, answers) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime { events: Mutex::default(), more: Notify::new(), answers: sender });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(answered))
            .with_state(Arc::clone(&runtime));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        tokio::spawn(axum::serve(listener, router).into_future());
        let process = Command::new(env!("CARGO_BIN_EXE_stream"))
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "stream"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
            .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"), ("AWS_REGION", "eu-central-1")])
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        Self { runtime, answers, _process: process }
    }

    /// Invokes it: `response` or `error`, and what it answered.
    pub(crate) async fn invoke(&mut self, event: Value) -> (String, Value) {
        self.runtime.events.lock().expect("nobody panicked").push_back(event);
        self.runtime.more.notify_one();
        let answer = tokio::time::timeout(Duration::from_secs(30), self.answers.recv());
        answer.await.expect("an answer within 30 s").expect("the runtime is there")
    }
}

/// Waits for an event, as long as it takes.
async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    loop {
        let event = runtime.events.lock().expect("nobody panicked").pop_front();
        if let Some(event) = event {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("lambda-runtime-aws-request-id", Uuid::new_v4().to_string()),
                ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
                ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:stream".to_owned()),
                ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned()),
            ] {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a header"));
            }
            return (headers, event.to_string());
        }
        runtime.more.notified().await;
    }
}

async fn answered(
    State(runtime): State<Arc<Runtime>>,
    Path((_, kind)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    let answer = serde_json::from_str(&body).unwrap_or(Value::Null);
    let _ = runtime.answers.send((kind, answer));
    StatusCode::ACCEPTED
}
