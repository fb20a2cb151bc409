//! PgBouncer between the server and PostgreSQL.

use std::process::Stdio;

use cruddur_messages::server::config::Config;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::processes::Process;
use crate::support::app::{Answer, TestApp};
use crate::support::pgbouncer::PgBouncer;
use crate::support::wait_until::wait_until;

/// Starts a server behind a PgBouncer in this mode.
async fn start(pool_mode: &str) -> (TestApp, PgBouncer) {
    let server = std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL");
    let pooler = PgBouncer::start(&server, pool_mode).await;
    let behind = |config: &mut Config| {
        config.database_url = pooler.url(config.database_url.expose_secret()).into();
    };
    (TestApp::start_with(behind).await, pooler)
}

async fn ready(app: &TestApp) -> Answer {
    app.browser().get("/readyz").await
}

// F57
#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_pgbouncer_with_its_default_settings() {
    let (app, _pooler) = start("session").await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    ben.say(&conversation, "hi").await;
    for path in ["/messages", "/messages/new", "/settings", &*format!("/messages/{conversation}")] {
        assert_eq!(ana.get(path).await.status, StatusCode::OK, "{path}");
    }
    let answer = ready(&app).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, r#"{"postgres":true,"dynamodb":true,"cognito":true}"#));
    // A statement that hangs is still ended: the time limit of a statement reaches PostgreSQL.
    let timeout: String =
        sqlx::query_scalar("show statement_timeout").fetch_one(&app.state.store.postgres()).await.expect("a setting");
    assert_eq!(timeout, "5s");
    app.state.store.migrate().await.expect("migrations run through PgBouncer");
}

// F57
#[tokio::test(flavor = "multi_thread")]
async fn pgbouncer_in_transaction_or_statement_mode_is_named_by_readyz_and_used_for_nothing() {
    for mode in ["transaction", "statement"] {
        let (app, _pooler) = start(mode).await;
        let refused = async || ready(&app).await.text.contains("transaction_pooling");
        wait_until("/readyz names the pooler", refused).await;
        let answer = ready(&app).await;
        let body: Value = serde_json::from_str(&answer.text).expect("JSON");
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((&body["postgres"], &body["problems"]), (&json!(false), &json!(["transaction_pooling"])), "{mode}");
        // Every page that needs PostgreSQL gives the same answer.
        let mut browser = app.browser();
        browser.cookie = Some(format!("__Host-session={}", "A".repeat(43)));
        for path in ["/messages", "/settings", "/messages/new", "/messages", "/settings", "/messages/new"] {
            assert_eq!(browser.get(path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{mode} {path}");
        }
        let error = app.state.store.migrate().await.expect_err("no migration").to_string();
        assert!(error.contains("transaction_pooling"), "{error}");
    }
}

// F57
#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_pgbouncer_in_transaction_mode_logs_the_word_once_at_startup() {
    let app = TestApp::start().await;
    let pooler = PgBouncer::start(&app.database.url, "transaction").await;
    let url = pooler.url(&app.database.url);
    let log = std::env::temp_dir().join(format!("server-{}.log", uuid::Uuid::new_v4().simple()));
    let file = std::fs::File::create(&log).expect("a file");
    let (mut command, address) = Process::command(&app, &[("DATABASE_URL", &*url), ("LOG_FORMAT", "text")]);
    let _server = command.stderr(Stdio::from(file)).spawn().expect("the server starts");
    let is_named = async || {
        let body = match reqwest::get(format!("http://{address}/readyz")).await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        body.contains("transaction_pooling")
    };
    wait_until("/readyz names the pooler", is_named).await;
    let lines = std::fs::read_to_string(&log).expect("the log");
    assert_eq!(lines.matches("transaction_pooling").count(), 1, "{lines}");
    std::fs::remove_file(&log).expect("the log");
    // The admin tool says the same.
    let admin = Command::new(env!("CARGO_BIN_EXE_admin")).args(["db", "migrate"]).env("DATABASE_URL", &url).output();
    let output = admin.await.expect("the admin tool runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("transaction_pooling"), "{said}");
}
