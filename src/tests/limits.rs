//! Rate limits of the account forms: by client address and by account.

use futures::future::join_all;
use reqwest::{Method, StatusCode};

use crate::support::app::{Answer, Browser, TestApp, form};
use crate::support::browser::PoolAddress;
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::FakePool;

/// Number of concurrent attempts from one address: more than its quota.
const ATTEMPTS: usize = 15;

/// Number of concurrent attempts on one account, each from its own address: more than the quota of the account.
const ATTEMPTS_ON_ACCOUNT: usize = 75;

/// Path of a form, and its fields other than the e-mail address.
type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// The forms for signed-out users: sign-in, sign-up, confirmation, resending the code, requesting a password reset, and
/// resetting the password.
const FORMS: [Form; 6] = [
    ("/signin", &[("password", "wrong")]),
    ("/signup", &[("name", "Ana"), ("handle", "ana"), ("password", PASSWORD)]),
    ("/confirm", &[("code", "123456")]),
    ("/confirm", &[("code", ""), ("resend", "1")]),
    ("/forgot", &[]),
    ("/forgot", &[("code", "654321"), ("password", PASSWORD)]),
];

/// Starts a server with a pool that has no rate limits itself.
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

/// Like [`post`], from any address.
async fn post_from(address: String, mut browser: Browser, (path, others): Form, email: String) -> Answer {
    let mut fields = vec![("email", email.as_str())];
    fields.extend_from_slice(others);
    // A trusted proxy appends the address of its client to this header.
    let request = browser.request(Method::POST, path).header("x-forwarded-for", address);
    browser.send(form(request.header("accept", "text/html"), &fields)).await
}

/// Asserts that some of the attempts were processed and the others were denied with a waiting time.
fn assert_some_denied(what: &str, answers: &[Answer]) {
    let (denied, processed): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    let counts = (denied.len(), processed.len());
    assert!(!denied.is_empty() && !processed.is_empty(), "{what}: denied and processed: {counts:?}");
    for answer in processed {
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    }
    for answer in denied {
        let wait = answer.header("retry-after");
        assert!(wait.parse::<u64>().is_ok_and(|secs| secs > 0), "{what}: wait for {wait:?}");
        assert!(answer.text.contains("Too many attempts."), "{what} says so: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_from_one_address_are_rate_limited_and_other_addresses_are_not() {
    let app = start().await;
    for form in FORMS {
        let attacker = app.browser();
        let answers =
            join_all((0..ATTEMPTS).map(|n| post(attacker.clone(), form, format!("ana{n}@example.com")))).await;
        assert_some_denied(&format!("{form:?}"), &answers);
        let other = post(app.browser(), form, "ben@example.com".to_owned()).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{form:?} from another address");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_from_many_addresses_is_rate_limited_and_other_accounts_are_not() {
    let app = start().await;
    for (number, form) in FORMS.into_iter().enumerate() {
        let (email, attacker) = (format!("ana{number}@example.com"), app.browser());
        let attempts = (0..ATTEMPTS_ON_ACCOUNT)
            .map(|n| post_from(format!("198.51.100.{n}"), attacker.clone(), form, email.clone()));
        let answers = join_all(attempts).await;
        assert_some_denied(&format!("{form:?}"), &answers);
        let other = post(app.browser(), form, format!("ben{number}@example.com")).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{form:?} of another account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_from_one_address_do_not_lock_out_the_owner_of_the_account() {
    let app = start().await;
    let (attacker, mut owner) = (app.browser(), app.browser());
    let attempts = (0..ATTEMPTS_ON_ACCOUNT).map(|_| post(attacker.clone(), FORMS[0], "ana@example.com".to_owned()));
    assert_some_denied("the attacker", &join_all(attempts).await);
    let signed_in = owner.submit("/signin", &[("email", "ana@example.com"), ("password", "good")]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_one_ipv6_network_share_a_limit_and_those_of_another_do_not() {
    let app = start().await;
    let browser = app.browser();
    let attempts = (0..ATTEMPTS).map(|n| {
        let address = format!("2001:db8:0:1:{n:x}::{n:x}");
        post_from(address, browser.clone(), FORMS[0], format!("ana{n}@example.com"))
    });
    assert_some_denied("one network", &join_all(attempts).await);
    for other in ["2001:db8:0:2::1", "2001:db8:1:1::1", "198.51.100.1"] {
        let answer = post_from(other.to_owned(), browser.clone(), FORMS[0], "ben@example.com".to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "from {other}");
    }
}
