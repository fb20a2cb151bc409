//! The number of conversations that a user may start: counted in PostgreSQL, whichever way they are started.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::http::rate_limits::{Action, Caller};
use reqwest::StatusCode;
use serde_json::json;

use crate::json_api::fixtures::new_user;
use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::second_server::server_beside;

/// Number of conversations that a user may start at once.
const AT_ONCE: usize = 30;

/// Time after which a user may start one more, in seconds.
const ONE_MORE_SECS: u64 = 2_880;

/// Counts conversations that a user has started, until this number is left.
async fn leave(app: &TestApp, browser: &mut Browser, left: usize) {
    let me: User = browser.call("current_user", &[]).await.json();
    let me = Caller::User(me.id);
    for _ in left..AT_ONCE {
        let taken = app.state.rate_limits.check_shared(&app.state.store, Action::NewConversation, &me);
        taken.await.expect("within the quota");
    }
}

/// Sends a first message as the page's script does.
async fn start(browser: &mut Browser, handle: &str, id: &str) -> Answer {
    browser.call("start_conversation", &[("handle", handle), ("id", id), ("body", "hello")]).await
}

/// Sends a first message as the plain form does.
async fn submit(browser: &mut Browser, handle: &str, text: &str) -> Answer {
    let fields = [("handle", handle), ("id", &*new_id()), ("body", text)];
    browser.submit(&format!("/messages/new/{handle}"), &fields).await
}

fn assert_denied(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.text);
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    // Other limits name a few seconds.
    assert!((ONE_MORE_SECS - 60..=ONE_MORE_SECS + 1).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_conversations_are_limited_in_every_way_over_servers_and_restarts() {
    let app = TestApp::start().await;
    let (mut ana, api) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    for name in ["cy", "dan", "eve"] {
        app.sign_in(name).await;
    }
    let other = server_beside(&app).await;
    leave(&app, &mut ana, 3).await;
    let id = new_id();
    let started = start(&mut ana, "ben", &id).await;
    assert_eq!(started.status, StatusCode::OK, "{}", started.text);
    assert_eq!(submit(&mut ana.at(other.address), "cy", "hello").await.status, StatusCode::SEE_OTHER);
    assert_eq!(api.post(&json!({ "message": "hello", "handle": "dan" })).await.status, StatusCode::OK);

    // A server that has been restarted knows no more than the database does.
    let restarted = server_beside(&app).await;
    for server in [app.address, other.address, restarted.address] {
        let mut ana = ana.at(server);
        let denied = start(&mut ana, "eve", &new_id()).await;
        assert_denied(&denied);
        assert!(matches!(denied.error(), AppError::RateLimited { .. }), "{}", denied.text);
        let page = submit(&mut ana, "eve", "a text to keep").await;
        assert_denied(&page);
        let says_when = page.text.contains("Too many attempts. Try again in 48 minutes.");
        assert!(says_when && page.text.contains("a text to keep"), "{}", page.text);
        // The conversation exists, and so may get the message again, or another one.
        assert_eq!(start(&mut ana, "ben", &id).await.text, started.text);
    }
    let denied = api.post(&json!({ "message": "hello", "handle": "eve" })).await;
    assert_denied(&denied);
    assert_eq!(denied.text, r#"["rate_limited"]"#);
    assert_eq!(start(&mut ana, "ben", &new_id()).await.text, started.text);
    // Others may go on, and she may answer them.
    assert_eq!(start(&mut ben, "eve", &new_id()).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_first_message_takes_nothing_from_the_conversations_of_the_day() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    for name in ["cy", "dan"] {
        app.sign_in(name).await;
    }
    let me = ana.call("current_user", &[]).await.json::<User>().id.to_string();
    let block = ben.call("block_user", &[("user", &me), ("on", "true")]).await;
    assert_eq!(block.status, StatusCode::OK, "{}", block.text);
    leave(&app, &mut ana, 1).await;
    for _ in 0..3 {
        assert_eq!(start(&mut ana, "ben", &new_id()).await.status, StatusCode::CONFLICT, "a block");
        assert_eq!(start(&mut ana, "nemo", &new_id()).await.status, StatusCode::NOT_FOUND, "an unknown handle");
    }
    assert_eq!(start(&mut ana, "cy", &new_id()).await.status, StatusCode::OK);
    assert_denied(&start(&mut ana, "dan", &new_id()).await);
}
