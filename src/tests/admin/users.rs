//! `admin users`: suspension of users, and the end of their sessions.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use super::fixtures::{Admin, FAILED, REFUSED};
use crate::json_api::fixtures::{ApiClient, new_user};
use crate::live::Stream;
use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::cognito::PASSWORD;
use crate::support::wait_until::wait_until;

/// Maximum time until a command counts on every server.
const COUNTS_WITHIN: Duration = Duration::from_secs(2);

/// Maximum time until the streams of an ended session close.
const STREAMS_CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Starts a server, and waits until it hears of what other programs change.
async fn listening_app() -> (TestApp, Admin) {
    let app = TestApp::start().await;
    let listening =
        "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'";
    wait_until("the server listens", async || app.database.number(listening).await == 1).await;
    let admin = Admin::new().on_database(&app.database.url);
    (app, admin)
}

async fn sign_in(app: &TestApp, name: &str, password: &str) -> Answer {
    let email = format!("{name}@example.com");
    app.browser().submit("/signin", &[("email", &email), ("password", password)]).await
}

/// Waits until neither the session nor the token of a user is accepted any more.
async fn assert_signed_out(browser: &mut Browser, client: &ApiClient) {
    let since = Instant::now();
    wait_until("the token is rejected", async || {
        client.get("/api/message_groups").await.status == StatusCode::UNAUTHORIZED
    })
    .await;
    wait_until("the session has ended", async || {
        browser.call("current_user", &[]).await.status == StatusCode::UNAUTHORIZED
    })
    .await;
    assert!(since.elapsed() < COUNTS_WITHIN, "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_user_is_signed_out_everywhere_and_cannot_sign_in_until_they_are_restored() {
    let (app, admin) = listening_app().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = ana.start("ben", "before").await;
    let mut stream = Stream::open(&ana).await;
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);

    assert_eq!(admin.run(&["users", "suspend", "ana"]).await.code, REFUSED, "not without a confirmation");
    let missing = admin.run(&["users", "suspend", "missing", "--yes"]).await;
    assert!(missing.code == FAILED && missing.err.contains("no user has the handle"), "{missing:?}");
    assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::OK);

    let since = Instant::now();
    let suspended = admin.json(&["users", "suspend", "@Ana", "--yes"]).await;
    assert_eq!(suspended, json!({ "handle": "Ana", "suspended": true, "ended_sessions": 1 }));
    assert_signed_out(&mut ana, &client).await;
    while stream.next_of_any_kind().await.is_some() {}
    assert!(since.elapsed() < STREAMS_CLOSE_WITHIN + COUNTS_WITHIN, "{:?}", since.elapsed());
    let message = [("conversation", &*conversation), ("id", &*new_id()), ("body", "while suspended")];
    assert_eq!(ana.call("send_message", &message).await.status, StatusCode::UNAUTHORIZED);
    let refused = client.post(&json!({ "message": "while suspended", "message_group_uuid": conversation })).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ben.texts(&conversation).await, ["before"]);

    let refused = sign_in(&app, "ana", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("This account is suspended."), "{}", refused.text);
    assert!(!refused.headers.contains_key("set-cookie"));
    let wrong = sign_in(&app, "ana", "Wrong-password-1").await.text;
    assert!(!wrong.contains("suspended"), "only the owner learns of it: {wrong}");
    assert_eq!(app.database.number("select count(*) from sessions").await, 1, "Ben's");
    let again = admin.json(&["users", "suspend", "ana", "--yes"]).await;
    assert_eq!(again["suspended"], false);

    assert_eq!(admin.json(&["users", "restore", "ana"]).await["restored"], true);
    assert_eq!(admin.json(&["users", "restore", "ana"]).await["restored"], false);
    assert_eq!(sign_in(&app, "ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::UNAUTHORIZED, "the old token stays invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_and_tokens_of_a_user_do_not_come_back_and_the_user_signs_in_again() {
    let (app, admin) = listening_app().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, of_ben) = new_user(&app, "ben").await;
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);
    assert_eq!(admin.run(&["users", "end-sessions", "ana"]).await.code, REFUSED, "not without a confirmation");
    assert_eq!(admin.json(&["users", "end-sessions", "ana", "--yes"]).await["ended_sessions"], 1);
    assert_signed_out(&mut ana, &client).await;
    assert_eq!(sign_in(&app, "ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ben.call("current_user", &[]).await.status, StatusCode::OK);
    assert_eq!(of_ben.get("/api/message_groups").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_sign_in_creates_during_a_suspension_is_not_active() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let mut stream = Stream::open(&ana).await;
    app.database.execute("update users set suspended_at = now()").await;
    app.state.store.remembered.forget_all();
    assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    while stream.next_of_any_kind().await.is_some() {}
    assert_eq!(app.database.number("select count(*) from sessions").await, 1);
}
