//! Two servers as they run in production: two processes of the built executable, one database, one table.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use cruddur_messages::domain::message::Message;
use reqwest::StatusCode;
use tokio::process::{Child, Command};

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::browser::SESSION_KEY;

/// How many messages each of the two people sends: fewer than the limit on sending allows at once.
const SENDS: usize = 25;

/// A server in a process of its own. Killed when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
}

impl Process {
    /// Starts one on the parts of `app`, and waits until it is ready.
    pub(crate) async fn start(app: &TestApp) -> Self {
        Self::start_with(app, &[]).await
    }

    /// Starts one that is told something else.
    pub(crate) async fn start_with(app: &TestApp, variables: &[(&str, &str)]) -> Self {
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
            .envs(variables.iter().copied())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(secret) = &pool.client_secret {
            command.env("AWS_COGNITO_USER_POOL_CLIENT_SECRET", secret);
        }
        let process = Self { address, child: command.spawn().expect("the server starts") };
        tokio::time::timeout(Duration::from_secs(30), process.is_ready()).await.expect("ready within 30 s");
        process
    }

    async fn is_ready(&self) {
        let url = format!("http://{}/readyz", self.address);
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_on_two_processes_make_one_order_without_gaps() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let (one, two) = tokio::join!(Process::start(&app), Process::start(&app));

    // A session made on one server is good on every other.
    let (mut ana, mut ben) = (ana.at(one.address), ben.at(two.address));
    let (sent, received) = tokio::join!(send_all(&mut ana, &talk), send_all(&mut ben, &talk));

    for messages in [&sent, &received] {
        assert!(messages.is_sorted_by(|a, b| a.seq < b.seq && a.sent_at < b.sent_at), "each in the order of sending");
    }
    let all: BTreeSet<_> = sent.iter().chain(&received).map(|it| (it.seq, it.sent_at.clone())).collect();
    assert!(all.iter().map(|(seq, _)| *seq).eq(2..=2 * SENDS as u64 + 1), "no gap, nothing twice");
    let times: Vec<_> = all.into_iter().map(|(_, at)| at).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "time goes the way of seq");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_process_ends_the_session_on_the_other() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let (one, two) = tokio::join!(Process::start(&app), Process::start(&app));
    let (mut here, mut there) = (ana.at(one.address), ana.at(two.address));
    assert_eq!(there.call("current_user", &[]).await.status, StatusCode::OK);
    assert_eq!(here.submit("/signout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(there.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_stops_by_itself() {
    let app = TestApp::start().await;
    let mut process = Process::start(&app).await;
    let id = process.child.id().expect("it runs").to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
    assert!(told.success());
    let ended = tokio::time::timeout(Duration::from_secs(5), process.child.wait()).await.expect("within 5 s");
    assert!(ended.expect("it ran").success());
}

async fn send_all(browser: &mut Browser, talk: &str) -> Vec<Message> {
    let mut sent = Vec::new();
    for number in 0..SENDS {
        let fields = [("conversation", talk), ("id", &*new_id()), ("body", &*format!("{number}"))];
        sent.push(browser.call("send_message", &fields).await.json());
    }
    sent
}
