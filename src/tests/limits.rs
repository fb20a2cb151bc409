//! Limits on what anybody may try who is not signed in: by address and by account.

use futures::future::join_all;
use reqwest::{Method, StatusCode};

use crate::support::app::{Answer, Browser, TestApp, form};
use crate::support::browser::PoolAddress;
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::FakePool;

/// How often something is tried at once from one address: more often than it may.
const TRIES: usize = 15;

/// How often something is tried at once of one account, from as many addresses: more often than all of them may.
const TRIES_OF_ACCOUNT: usize = 75;

/// A form's path, and its fields besides the e-mail address.
type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// What anybody can post: sign-in, sign-up, a code, another code, a code for a new password, a new password.
const FORMS: [Form; 6] = [
    ("/signin", &[("password", "wrong")]),
    ("/signup", &[("name", "Ana"), ("handle", "ana"), ("password", PASSWORD)]),
    ("/confirm", &[("code", "123456")]),
    ("/confirm", &[("code", ""), ("resend", "1")]),
    ("/forgot", &[]),
    ("/forgot", &[("code", "654321"), ("password", PASSWORD)]),
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

/// The same from an address of one's own choice.
async fn post_from(address: String, mut browser: Browser, (path, others): Form, email: String) -> Answer {
    let mut fields = vec![("email", email.as_str())];
    fields.extend_from_slice(others);
    // A proxy adds the address that it sees behind what it was told.
    let request = browser.request(Method::POST, path).header("x-forwarded-for", address);
    browser.send(form(request.header("accept", "text/html"), &fields)).await
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
        let (email, thief) = (format!("ana{number}@example.com"), app.browser());
        let tries =
            (0..TRIES_OF_ACCOUNT).map(|n| post_from(format!("198.51.100.{n}"), thief.clone(), tried, email.clone()));
        let answers = join_all(tries).await;
        demand_some_refused(&format!("{tried:?}"), &answers);
        let other = post(app.browser(), tried, format!("ben{number}@example.com")).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{tried:?} of another account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_an_account_from_one_address_does_not_keep_its_owner_out() {
    let app = start().await;
    let (thief, mut owner) = (app.browser(), app.browser());
    let tries = (0..TRIES_OF_ACCOUNT).map(|_| post(thief.clone(), FORMS[0], "ana@example.com".to_owned()));
    demand_some_refused("the thief", &join_all(tries).await);
    let entered = owner.submit("/signin", &[("email", "ana@example.com"), ("password", "good")]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_one_network_share_a_limit_and_those_of_the_next_one_do_not() {
    let app = start().await;
    let browser = app.browser();
    let tries = (0..TRIES).map(|n| {
        let address = format!("2001:db8:0:1:{n:x}::{n:x}");
        post_from(address, browser.clone(), FORMS[0], format!("ana{n}@example.com"))
    });
    demand_some_refused("one network", &join_all(tries).await);
    for next in ["2001:db8:0:2::1", "2001:db8:1:1::1", "198.51.100.1"] {
        let answer = post_from(next.to_owned(), browser.clone(), FORMS[0], "ben@example.com".to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "from {next}");
    }
}
