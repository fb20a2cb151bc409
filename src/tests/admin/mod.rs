//! The admin tool, as it is called: the built executable, in a process of its own.

mod accounts;
mod adopting;
mod conversations;
mod databases;
mod linking;
mod refusals;
mod setup;
mod tables;

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::cognito::Pool;
use crate::support::dynamodb::DynamoDb;

/// Exit codes.
const DONE: i32 = 0;
const FAILED: i32 = 1;
const CALLED_WRONGLY: i32 = 2;
const REFUSED: i32 = 3;

/// Somebody who calls the tool, with no other variables than these.
#[derive(Clone)]
struct Admin(BTreeMap<String, String>);

/// What came of a call.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Admin {
    /// Somebody with an account at AWS, and no word of where else to go.
    fn new() -> Self {
        let path = std::env::var("PATH").expect("a PATH");
        let nobody = Self(BTreeMap::from([("PATH".to_owned(), path)]));
        // Credentials that open nothing: a call that gets as far as AWS is refused there.
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]
            .into_iter()
            .fold(nobody, |admin, (name, value)| admin.with(name, value))
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    fn on_database(self, url: &str) -> Self {
        self.with("DATABASE_URL", url)
    }

    fn on_dynamodb(self, dynamodb: &DynamoDb) -> Self {
        self.with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.endpoint())
    }

    fn on_pool(self, pool: &Pool) -> Self {
        self.with("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &pool.address.endpoint)
            .with("AWS_COGNITO_USER_POOL_ID", &pool.address.user_pool_id)
    }

    /// Calls it with nobody at a terminal.
    async fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
        command.args(arguments).env_clear().envs(&self.0).stdin(Stdio::null()).kill_on_drop(true);
        Run::of(command.output().await.expect("the admin tool starts"))
    }

    /// Calls it at a terminal, where somebody types a line.
    async fn typing(&self, line: &str, arguments: &[&str]) -> Run {
        let call = [env!("CARGO_BIN_EXE_admin"), &arguments.join(" ")].join(" ");
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &call, "/dev/null"]).env_clear().envs(&self.0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("script, of Debian's bsdutils");
        let mut keyboard = child.stdin.take().expect("a pipe");
        keyboard.write_all(format!("{line}\n").as_bytes()).await.expect("somebody reads");
        let run = Run::of(child.wait_with_output().await.expect("it ends"));
        drop(keyboard);
        run
    }

    /// Calls it as a program that expects success.
    async fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(run.code, DONE, "{arguments:?}: {run:?}");
        run.document()
    }

    /// Calls it as a person who expects success; answers with what is to be read.
    async fn text(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert_eq!(run.code, DONE, "{arguments:?}: {run:?}");
        run.out
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// The one document on standard output.
    fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
