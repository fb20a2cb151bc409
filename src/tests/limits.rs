//! Limits on what anybody may try who is not signed in: by address and by account.

use futures::future::join_all;
use reqwest::{Method, StatusCode};

use crate::support::app::{Answer, Browser, TestApp, form};
use crate::support::browser::PoolAddress;
use crate::support::fake_pool::FakePool;

/// How often something is tried at once: more often than anybody may.
const TRIES: usize = 15;

/// A form's path, and its fields besides the e-mail address.
type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// What anybody can post: sign-in, sign-up, a code, another code, a code for a new password, a new password.
const FORMS: [Form; 6] = [
    ("/signin", &[("password", "wrong")]),
    ("/signup", &[("name", "Ana"), ("handle", "ana"), ("password", "good")]),
    ("/confirm", &[("code", "123456")]),
    ("/confirm", &[("code", ""), ("resend", "1")]),
    ("/forgot", &[]),
    ("/forgot", &[("code", "654321"), ("password", "good")]),
];

/// A server whose pool answers however often it is asked.
async fn start() -> TestApp {
    let PoolAddress { endpoint, user_pool_id, client_id, client_secret } = FakePool::start().await.address();
    TestApp::start_with(|config| {
        config.cognito_endpoint = Some(endpoint);
        config.user_pool_id = user_pool_id;
        config.client_id = client_id;
        config.client_secret = client_secret.map(Into::into);
    })
    .await
}

async fn post(mut browser: Browser, (path, others): Form, email: String) -> Answer {
    let mut fields = vec![("email", email.as_str())];
    fields.extend_from_slice(others);
    browser.submit(path, &fields).await
}

/// Tries to sign in from an address of one's own choice.
async fn sign_in_from(app: &TestApp, address: String, email: String) -> Answer {
    let mut browser = app.browser();
    // A proxy adds the address that it sees behind what it was told.
    let request = browser.request(Method::POST, "/signin").header("x-forwarded-for", address);
    let request = form(request.header("accept", "text/html"), &[("email", &email), ("password", "wrong")]);
    browser.send(request).await
}

/// Asserts that of many tries some were looked at, and the others were told how long to wait.
fn demand_some_refused(what: &str, answers: &[Answer]) {
    let (refused, tried): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    assert!(!refused.is_empty() && !tried.is_empty(), "{what}: {} refused, {} not", refused.len(), tried.len());
    for answer in tried {
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    }
    for answer in refused {
        let wait = answer.header("retry-after");
        assert!(wait.parse::<u64>().is_ok_and(|secs| secs > 0), "{what}: wait for {wait:?}");
        assert!(answer.text.contains("Too many tries."), "{what} says so: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_many_accounts_from_one_address_is_told_to_wait_and_others_are_not() {
    let app = start().await;
    for tried in FORMS {
        let thief = app.browser();
        let answers = join_all((0..TRIES).map(|n| post(thief.clone(), tried, format!("ana{n}@example.com")))).await;
        demand_some_refused(&format!("{tried:?}"), &answers);
        let other = post(app.browser(), tried, "ben@example.com".to_owned()).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{tried:?} from another address");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_one_account_from_many_addresses_is_told_to_wait_and_others_are_not() {
    let app = start().await;
    for (number, tried) in FORMS.into_iter().enumerate() {
        let email = format!("ana{number}@example.com");
        let answers = join_all((0..TRIES).map(|_| post(app.browser(), tried, email.clone()))).await;
        demand_some_refused(&format!("{tried:?}"), &answers);
        let other = post(app.browser(), tried, format!("ben{number}@example.com")).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{tried:?} of another account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_one_network_share_a_limit_and_those_of_the_next_one_do_not() {
    let app = start().await;
    let tries =
        (0..TRIES).map(|n| sign_in_from(&app, format!("2001:db8:0:1:{n:x}::{n:x}"), format!("ana{n}@example.com")));
    demand_some_refused("one network", &join_all(tries).await);
    for next in ["2001:db8:0:2::1", "2001:db8:1:1::1", "198.51.100.1"] {
        let answer = sign_in_from(&app, next.to_owned(), "ben@example.com".to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "from {next}");
    }
}
