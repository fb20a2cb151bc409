//! The Lambda Runtime API for one function: hands out events and receives the results.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::fake_streams::{ARN, Record};

/// Returns a record in the JSON of a Lambda event, with the images of a stream's view.
pub(crate) fn record(number: &str, view: &str, record: &Record) -> Value {
    let row = record.new.as_ref().or(record.old.as_ref()).expect("an image");
    let mut change = json!({
        "ApproximateCreationDateTime": 1_795_253_168.0,
        "Keys": { "pk": row["pk"], "sk": row["sk"] },
        "SequenceNumber": number,
        "SizeBytes": 200,
        "StreamViewType": view,
    });
    for (image, row) in [("NewImage", &record.new), ("OldImage", &record.old)] {
        if let Some(row) = row
            && view.contains(if image == "NewImage" { "NEW" } else { "OLD" })
        {
            change[image] = row.clone();
        }
    }
    json!({
        "eventID": number,
        "eventName": record.event_name(),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": change,
        "eventSourceARN": ARN,
    })
}

/// The function's executable, in its own process. Killed when dropped.
pub(crate) struct Function {
    runtime: Arc<Runtime>,
    answers: mpsc::UnboundedReceiver<(String, Value)>,
    log: Log,
    _process: Child,
}

/// A file with a process's output. A pipe would block the process when it is full. Deleted when dropped.
struct Log(PathBuf);

struct Runtime {
    events: Mutex<VecDeque<Value>>,
    more: Notify,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

impl Function {
    /// Starts the function with this DynamoDB.
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
        let log = Log(std::env::temp_dir().join(format!("function-{}", Uuid::new_v4().simple())));
        let file = File::create(&log.0).expect("a file for the log");
        let process = Command::new(env!("CARGO_BIN_EXE_stream"))
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "stream"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
            .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"), ("AWS_REGION", "eu-central-1")])
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
            // With the log level of production.
            .env_remove("RUST_LOG")
            .stdout(file.try_clone().expect("the same file"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        Self { runtime, answers, log, _process: process }
    }

    /// Returns the function's output to standard output and standard error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log.0).expect("a log")).into_owned()
    }

    /// Invokes the function. Returns the kind of result (`response` or `error`) and the result.
    pub(crate) async fn invoke(&mut self, event: Value) -> (String, Value) {
        self.runtime.events.lock().expect("not poisoned").push_back(event);
        self.runtime.more.notify_one();
        let answer = tokio::time::timeout(Duration::from_secs(30), self.answers.recv());
        answer.await.expect("an answer within 30 s").expect("the runtime is there")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // A leftover file does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

/// Waits for an event without a timeout.
async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    loop {
        let event = runtime.events.lock().expect("not poisoned").pop_front();
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
