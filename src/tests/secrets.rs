//! No password, code, token or message text reaches the log, and no configured secret is printed.

use std::time::Duration;

use clap::Parser;
use cruddur_messages::server::config::Config;
use reqwest::StatusCode;
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::app::{TestApp, new_id};
use crate::support::browser::Browser;
use crate::support::dynamodb::DynamoDb;
use crate::support::fake_pool::{CallAnswer, KeySetAnswer};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::log::Log;
use crate::support::session_fixture::SessionFixture;
use crate::support::signing::other_key;
use crate::support::wait_until::wait_until;

/// Returns the entries that production prints, and those of our own code at every level.
fn relevant_entries(log: &str) -> String {
    let mut is_relevant = false;
    let lines = log.lines().filter(|line| {
        // An entry starts with a timestamp and its level; other lines continue the previous entry.
        if line.starts_with("20") {
            let level = line.split_whitespace().nth(1).unwrap_or_default();
            is_relevant = ["INFO", "WARN", "ERROR"].contains(&level) || line.contains(" cruddur_messages");
        }
        is_relevant
    });
    lines.collect::<Vec<_>>().join("\n")
}

const PASSWORD: &str = "pass-word-of-ana";

/// Text that is part of each secret in [`CONFIGURED`].
const MARKER: &str = "marker4711";

/// Variables with secrets.
const CONFIGURED: [(&str, &str); 5] = [
    ("DATABASE_URL", "postgres://cruddur:marker4711@127.0.0.1:1/none"),
    ("SESSION_KEY", "a-key-with-marker4711-of-a-generator,another-key-with-marker4711-before"),
    ("AWS_COGNITO_USER_POOL_CLIENT_SECRET", "marker4711"),
    ("NATS_URL", "nats://cruddur:marker4711@127.0.0.1:1"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=marker4711"),
];

/// Returns what the web server prints with these variables, until it ends.
async fn output(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur-messages"));
    command.args(arguments).envs(CONFIGURED);
    command.envs([("AWS_COGNITO_USER_POOL_ID", "eu-central-1_Ab12Cd34E"), ("AWS_COGNITO_USER_POOL_CLIENT_ID", "a")]);
    command.envs(variables.iter().copied());
    let output = command.kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(30), output).await.expect("it ends").expect("it starts");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}

#[tokio::test]
async fn no_configured_secret_is_printed() {
    let arguments: Vec<_> = ["cruddur-messages", "--user-pool-id=eu-central-1_Ab12Cd34E", "--client-id=a"].into();
    let options = ["--database-url", "--session-key", "--client-secret", "--nats-url", "--otlp-headers"];
    let secrets = options.into_iter().zip(CONFIGURED).flat_map(|(option, (_, secret))| [option, secret]);
    let config = Config::parse_from(arguments.into_iter().chain(secrets));
    for printed in [format!("{config:?}"), format!("{config:#?}")] {
        assert!(printed.contains("REDACTED") && !printed.contains(MARKER), "{printed}");
    }
    let help = output(&["--help"], &[]).await;
    assert!(help.contains("NATS_URL") && !help.contains(MARKER), "{help}");
    for (name, invalid) in [
        ("DATABASE_URL", "postgres://cruddur:marker4711@127.0.0.1:port/none"),
        ("SESSION_KEY", "marker4711"),
        ("NATS_URL", "https://marker4711@nats"),
        ("AWS_COGNITO_USER_POOL_ID", "nothing"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "marker4711"),
    ] {
        let local = [("LOCAL", "true"), ("LEPTOS_SITE_ADDR", "127.0.0.1:0")];
        let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), (name, invalid)];
        let refused = output(&[], &[local, traced].concat()).await;
        assert!(refused.contains("Error: ") && !refused.contains(MARKER), "{name}: {refused}");
    }
}

#[tokio::test]
async fn case_44_no_password_code_or_token_is_logged_whatever_the_pool_answers() {
    let (log, _guard) = Log::capture();
    let mut fixture = SessionFixture::start().await;
    let refresh_token = fixture.pool.a_refresh_token();
    let cookie = fixture.ana.cookie.clone().expect("a cookie");
    let email = "secret-mailbox@example.com";
    // The pool repeats the request in its error message, as the real pool may.
    for code in
        ["InvalidParameterException", "ResourceNotFoundException", "InvalidPasswordException", "LimitExceededException"]
    {
        fixture.pool.set().calls = CallAnswer::Repeat(code);
        let mut browser = Browser::new(&fixture.server);
        let _ = browser.sign_in(email, PASSWORD).await;
        let _ = browser.sign_up("Ana", "ana", email, PASSWORD).await;
        let _ = browser.confirm(email, "987654").await;
        let _ = browser.reset_password(email, "987654", PASSWORD).await;
        fixture.access_ends_in(30).await;
        let _ = fixture.ana.whoami().await;
    }
    // Invalid tokens at a sign-in and at a refresh, and an invalid key set.
    fixture.pool.set().calls = CallAnswer::Good;
    fixture.pool.set().signer = other_key();
    let _ = Browser::new(&fixture.server).sign_in("ben@example.com", PASSWORD).await;
    fixture.pool.set().keys = KeySetAnswer::Text("<html>".to_owned());
    fixture.access_ends_in(-1).await;
    let _ = fixture.ana.whoami().await;
    let log = relevant_entries(&log.text());
    assert!(log.contains("Cognito, InitiateAuth"), "the log contains the cause: {log}");
    for secret in [PASSWORD, email, "987654", "eyJ", "the client's secret", &cookie, &refresh_token] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn no_message_text_or_search_query_is_logged_whatever_dynamodb_answers() {
    const TEXT: &str = "between-ana-and-ben-only";
    let (log, _guard) = Log::capture();
    let dynamodb = DynamoDb::start().await;
    let faults = FaultProxy::start(&dynamodb).await;
    let app = TestApp::start_with_endpoint(dynamodb, faults.endpoint(), |_| {}).await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", TEXT).await;
    ana.say(&conversation, TEXT).await;
    let long = TEXT.repeat(100);
    let rejected =
        ana.call("send_message", &[("conversation", &conversation), ("id", &new_id()), ("body", &long)]).await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ana.call("search_users", &[("query", TEXT)]).await.status, StatusCode::OK);
    assert_eq!(ana.get(&format!("/messages/new?q={TEXT}")).await.status, StatusCode::OK);

    // Provokes log entries: failures after a message is stored, and before.
    faults.plan("UpdateItem", usize::MAX, Fault::trouble());
    ana.say(&conversation, TEXT).await;
    let late = "message stored, but an inbox row or read cursor was not updated";
    wait_until("the failure after the answer is logged", async || log.text().contains(late)).await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::trouble());
    let failed = ana.call("send_message", &[("conversation", &conversation), ("id", &new_id()), ("body", TEXT)]).await;
    assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);

    let log = relevant_entries(&log.text());
    for line in [late, "dependency unavailable"] {
        assert!(log.contains(line), "the log contains the cause: {log}");
    }
    let cookie = ana.cookie.as_deref().and_then(|pair| pair.split_once('=')).expect("a cookie").1;
    for secret in [TEXT, cookie, "ana@example.com"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
