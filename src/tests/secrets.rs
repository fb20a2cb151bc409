//! Passwords, codes, tokens and the texts of messages reach no log.

use std::io;
use std::sync::{Arc, Mutex};

use reqwest::StatusCode;

use crate::support::app::{TestApp, new_id};
use crate::support::browser::Browser;
use crate::support::dynamodb::DynamoDb;
use crate::support::fake_pool::{CallAnswer, KeySetAnswer};
use crate::support::faults::{Fault, Faults};
use crate::support::scene::Scene;
use crate::support::signing::other_key;

/// What was logged while a test ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that is logged on this thread, at every level, until the guard is dropped.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            // Colours would stand between the words that lines are known by.
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What production prints, and whatever our own code says besides, with all its lines.
fn ours(log: &str) -> String {
    let mut is_ours = false;
    let lines = log.lines().filter(|line| {
        // An entry begins with a time, then its level; a line without goes on with what was before it.
        if line.starts_with("20") {
            let level = line.split_whitespace().nth(1).unwrap_or_default();
            is_ours = ["INFO", "WARN", "ERROR"].contains(&level) || line.contains(" cruddur_messages");
        }
        is_ours
    });
    lines.collect::<Vec<_>>().join("\n")
}

const PASSWORD: &str = "pass-word-of-ana";

#[tokio::test]
async fn case_44_no_password_code_or_token_is_logged_whatever_the_pool_answers() {
    let (log, _guard) = Log::begin();
    let mut scene = Scene::begin().await;
    let refresh_token = scene.pool.a_refresh_token();
    let cookie = scene.ana.cookie.clone().expect("a cookie");
    let email = "secret-mailbox@example.com";
    // The pool repeats what it was sent, as the real one can.
    for code in
        ["InvalidParameterException", "ResourceNotFoundException", "InvalidPasswordException", "LimitExceededException"]
    {
        scene.pool.set().calls = CallAnswer::Repeat(code);
        let mut browser = Browser::new(&scene.server);
        let _ = browser.sign_in(email, PASSWORD).await;
        let _ = browser.sign_up("Ana", "ana", email, PASSWORD).await;
        let _ = browser.confirm(email, "987654").await;
        let _ = browser.reset_password(email, "987654", PASSWORD).await;
        scene.access_ends_in(30).await;
        let _ = scene.ana.whoami().await;
    }
    // Tokens that do not hold, at a sign-in and at a refresh, and a key set that is none.
    scene.pool.set().calls = CallAnswer::Good;
    scene.pool.set().signer = other_key();
    let _ = Browser::new(&scene.server).sign_in("ben@example.com", PASSWORD).await;
    scene.pool.set().keys = KeySetAnswer::Text("<html>".to_owned());
    scene.access_ends_in(-1).await;
    let _ = scene.ana.whoami().await;
    let log = ours(&log.text());
    assert!(log.contains("Cognito, InitiateAuth"), "the log says what went wrong: {log}");
    for secret in [PASSWORD, email, "987654", "eyJ", "the client's secret", &cookie, &refresh_token] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn no_text_of_a_message_is_logged_nor_what_people_look_for_whatever_dynamodb_answers() {
    const TEXT: &str = "between-ana-and-ben-only";
    let (log, _guard) = Log::begin();
    let dynamodb = DynamoDb::start().await;
    let faults = Faults::before(&dynamodb).await;
    let app = TestApp::start_over(dynamodb, faults.endpoint(), |_| {}).await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", TEXT).await;
    ana.say(&talk, TEXT).await;
    let long = TEXT.repeat(100);
    let refused = ana.call("send_message", &[("conversation", &talk), ("id", &new_id()), ("body", &long)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ana.call("search_users", &[("query", TEXT)]).await.status, StatusCode::OK);
    assert_eq!(ana.get(&format!("/messages/new?q={TEXT}")).await.status, StatusCode::OK);

    // What is logged is logged when something goes wrong: after a message is stored, and before.
    faults.plan("UpdateItem", usize::MAX, Fault::trouble());
    ana.say(&talk, TEXT).await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::trouble());
    let lost = ana.call("send_message", &[("conversation", &talk), ("id", &new_id()), ("body", TEXT)]).await;
    assert_eq!(lost.status, StatusCode::SERVICE_UNAVAILABLE);

    let log = ours(&log.text());
    for line in ["an inbox row stayed behind", "a part does not answer"] {
        assert!(log.contains(line), "the log says what went wrong: {log}");
    }
    let cookie = ana.cookie.as_deref().and_then(|pair| pair.split_once('=')).expect("a cookie").1;
    for secret in [TEXT, cookie, "ana@example.com"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
