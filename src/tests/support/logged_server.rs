//! A server process that cannot reach DynamoDB, and its log.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Child;
use uuid::Uuid;

use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::wait_until::wait_until;

/// A server process that cannot reach DynamoDB. Killed when dropped, and its log is deleted.
pub(crate) struct LoggedServer {
    pub(crate) address: SocketAddr,
    log: PathBuf,
    _child: Child,
}

impl LoggedServer {
    /// Starts a server with the database and the user pool of `app` and these variables, and waits until it answers.
    pub(crate) async fn without_dynamodb(app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let log = std::env::temp_dir().join(format!("server-{}.log", Uuid::new_v4().simple()));
        let file = std::fs::File::create(&log).expect("a file");
        let away = [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"), ("READ_STREAM", "false")];
        let (mut command, address) = Process::command(app, &[&away as &[_], variables].concat());
        let child = command.stderr(Stdio::from(file)).spawn().expect("the server starts");
        let health = format!("http://{address}/healthz");
        wait_until("it is alive", async || reqwest::get(&health).await.is_ok()).await;
        Self { address, log, _child: child }
    }

    /// Returns the log line of the failed request with this id.
    pub(crate) fn failure(&self, request: &str) -> Value {
        let text = std::fs::read_to_string(&self.log).expect("the log");
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let is_wanted = |line: &Value| line["message"] == "dependency unavailable" && line["span"]["id"] == request;
        lines.find(is_wanted).unwrap_or_else(|| panic!("no line of {request}: {text}"))
    }
}

impl Drop for LoggedServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}
