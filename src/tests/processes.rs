//! Two servers as in production: two processes of the built executable with one database and one table.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cruddur_messages::domain::conversation::SentMessage;
use cruddur_messages::domain::message::Message;
use reqwest::StatusCode;
use tokio::process::{Child, Command};

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::browser::SESSION_KEY;
use crate::support::wait_until::wait_until;

/// Number of messages that each of the two users sends. Below the rate limit.
const SENDS: usize = 25;

/// A server process. Killed when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
}

impl Process {
    /// Starts a server with the databases and the user pool of `app`, and waits until it is ready.
    pub(crate) async fn start(app: &TestApp) -> Self {
        Self::start_with(app, &[]).await
    }

    /// Like [`Process::start`], with further environment variables.
    pub(crate) async fn start_with(app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let (mut command, address) = Self::command(app, variables);
        let process = Self { address, child: command.spawn().expect("the server starts") };
        tokio::time::timeout(Duration::from_secs(30), process.is_ready()).await.expect("ready within 30 s");
        process
    }

    /// Starts two servers with the same databases, user pool and variables.
    pub(crate) async fn start_two(app: &TestApp, variables: &[(&str, &str)]) -> (Self, Self) {
        tokio::join!(Self::start_with(app, variables), Self::start_with(app, variables))
    }

    /// Returns the command that starts a server with these variables, and the server's address.
    pub(crate) fn command(app: &TestApp, variables: &[(&str, &str)]) -> (Command, SocketAddr) {
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = free.local_addr().expect("a bound listener has an address");
        drop(free);
        let pool = &app.pool.address;
        let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur-messages"));
        command
            .env("DATABASE_URL", &app.database.url)
            .env("SESSION_KEY", SESSION_KEY)
            .env("AWS_COGNITO_USER_POOL_ID", &pool.user_pool_id)
            .env("AWS_COGNITO_USER_POOL_CLIENT_ID", &pool.client_id)
            .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &pool.endpoint)
            .env("AWS_ENDPOINT_URL_DYNAMODB", app.dynamodb.endpoint())
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1")])
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .envs([("LEPTOS_HASH_FILES", "false"), ("TRUSTED_PROXIES", "1"), ("LOCAL", "true"), ("LOG_FORMAT", "json")])
            .envs([("SHUTDOWN_DELAY_SECS", "0"), ("STREAM_CLOSE_SECS", "0")])
            .envs(variables.iter().copied())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(secret) = &pool.client_secret {
            command.env("AWS_COGNITO_USER_POOL_CLIENT_SECRET", secret);
        }
        (command, address)
    }

    /// Sends SIGTERM.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(kill.success());
    }

    async fn is_ready(&self) {
        let url = format!("http://{}/readyz", self.address);
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_sent_through_two_processes_have_one_order_without_gaps() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let (one, two) = Process::start_two(&app, &[]).await;

    // A session created on one server is valid on every other.
    let (mut ana, mut ben) = (ana.at(one.address), ben.at(two.address));
    let (sent, received) = tokio::join!(send_all(&mut ana, &conversation), send_all(&mut ben, &conversation));

    for messages in [&sent, &received] {
        assert!(messages.is_sorted_by(|a, b| a.seq < b.seq && a.sent_at < b.sent_at), "in the order of sending");
    }
    let all: BTreeSet<_> = sent.iter().chain(&received).map(|it| (it.seq, it.sent_at.clone())).collect();
    assert!(all.iter().map(|(seq, _)| *seq).eq(2..=2 * SENDS as u64 + 1), "no gap and no duplicate");
    let times: Vec<_> = all.into_iter().map(|(_, at)| at).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "times increase with seq");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_process_ends_the_session_on_the_other() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let (one, two) = Process::start_two(&app, &[]).await;
    let (mut here, mut there) = (ana.at(one.address), ana.at(two.address));
    assert_eq!(there.call("current_user", &[]).await.status, StatusCode::OK);
    assert_eq!(here.submit("/signout", &[]).await.status, StatusCode::SEE_OTHER);
    let since = Instant::now();
    assert_eq!(here.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    wait_until("the session has ended on the other", async || {
        there.call("current_user", &[]).await.status == StatusCode::UNAUTHORIZED
    })
    .await;
    assert!(since.elapsed() <= Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_shuts_down_on_sigterm() {
    let app = TestApp::start().await;
    let mut process = Process::start(&app).await;
    process.terminate().await;
    let ended = tokio::time::timeout(Duration::from_secs(5), process.child.wait()).await.expect("within 5 s");
    assert!(ended.expect("it ran").success());
}

async fn send_all(browser: &mut Browser, conversation: &str) -> Vec<Message> {
    let mut sent = Vec::new();
    for number in 0..SENDS {
        let fields = [("conversation", conversation), ("id", &*new_id()), ("body", &*format!("{number}"))];
        sent.push(browser.call("send_message", &fields).await.json::<SentMessage>().message);
    }
    sent
}
