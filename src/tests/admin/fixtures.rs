//! Calls of the admin tool and their results.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::cognito::Pool;
use crate::support::dynamodb::DynamoDb;

// Exit codes.
pub(super) const SUCCESS: i32 = 0;
pub(super) const FAILED: i32 = 1;
pub(super) const USAGE_ERROR: i32 = 2;
pub(super) const REFUSED: i32 = 3;

/// Admin tool with these environment variables and no others.
#[derive(Clone)]
pub(super) struct Admin(pub(super) BTreeMap<String, String>);

/// Result of a call.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Admin {
    /// Sets credentials of AWS, but no endpoint.
    pub(super) fn new() -> Self {
        let path = std::env::var("PATH").expect("a PATH");
        let bare = Self(BTreeMap::from([("PATH".to_owned(), path)]));
        // Invalid credentials: AWS refuses a call that reaches it.
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]
            .into_iter()
            .fold(bare, |admin, (name, value)| admin.with(name, value))
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn on_database(self, url: &str) -> Self {
        self.with("DATABASE_URL", url)
    }

    pub(super) fn on_dynamodb(self, dynamodb: &DynamoDb) -> Self {
        self.with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.endpoint())
    }

    pub(super) fn on_pool(self, pool: &Pool) -> Self {
        self.with("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &pool.address.endpoint)
            .with("AWS_COGNITO_USER_POOL_ID", &pool.address.user_pool_id)
    }

    /// Calls the tool without a terminal.
    pub(super) async fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
        command.args(arguments).env_clear().envs(&self.0).stdin(Stdio::null()).kill_on_drop(true);
        Run::of(command.output().await.expect("the admin tool starts"))
    }

    /// Calls the tool on a terminal, and types a line.
    pub(super) async fn run_on_terminal(&self, line: &str, arguments: &[&str]) -> Run {
        let call = [env!("CARGO_BIN_EXE_admin"), &arguments.join(" ")].join(" ");
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &call, "/dev/null"]).env_clear().envs(&self.0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("script starts, from Debian's bsdutils");
        let mut keyboard = child.stdin.take().expect("a pipe");
        keyboard.write_all(format!("{line}\n").as_bytes()).await.expect("the line is typed");
        let run = Run::of(child.wait_with_output().await.expect("the tool exits"));
        drop(keyboard);
        run
    }

    /// Calls the tool with `--json`, asserts success, and returns the document.
    pub(super) async fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(run.code, SUCCESS, "{arguments:?}: {run:?}");
        run.document()
    }

    /// Calls the tool, asserts success, and returns the text on standard output.
    pub(super) async fn text(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert_eq!(run.code, SUCCESS, "{arguments:?}: {run:?}");
        run.out
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("the tool exits without a signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Parses the document on standard output.
    pub(super) fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
