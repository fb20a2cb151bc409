//! Change of the own e-mail address.

use std::time::{Duration, Instant};

use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::field_error::FieldCode;
use reqwest::StatusCode;

use crate::audit_log::changes_of;
use crate::support::app::{Answer, Browser, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::fake_challenges::CODE;
use crate::support::fake_pool::FakePool;

const OLD: &str = "ana@example.com";

const NEW: &str = "ana@new.example.com";

/// A server with a scriptable pool, and Ana's browser, signed in.
async fn app() -> (TestApp, FakePool, Browser) {
    let pool = FakePool::start().await;
    let app = TestApp::start_with_pool(pool.address(), |_| {}).await;
    let mut ana = app.browser();
    sign_in(&mut ana, OLD, PASSWORD).await;
    (app, pool, ana)
}

async fn sign_in(browser: &mut Browser, email: &str, password: &str) {
    let answer = browser.submit("/signin", &[("email", email), ("password", password)]).await;
    assert_eq!(answer.location(), "/messages?signed_in=true", "{}", answer.text);
}

async fn request(browser: &mut Browser, email: &str, password: &str) -> Answer {
    browser.submit("/settings/email", &[("email", email), ("current_password", password)]).await
}

async fn is_stored(app: &TestApp, email: &str) -> bool {
    app.database.number(&format!("select count(*) from users where email = '{email}'")).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_counts_once_its_code_has_come_back() {
    let (app, pool, mut ana) = app().await;
    let mut phone = app.browser();
    sign_in(&mut phone, OLD, PASSWORD).await;
    let page = ana.get("/settings/email").await.text;
    assert!(page.contains(OLD) && page.contains("New e-mail"), "{page}");
    let sent = request(&mut ana, " Ana@New.example.com ", PASSWORD).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, "/settings/email?sent=1"), "{}", sent.text);
    assert_eq!(pool.last("UpdateUserAttributes")["UserAttributes"][0]["Value"], NEW);
    assert!(ana.get(sent.location()).await.text.contains("sent a code to the new address"));
    assert!(is_stored(&app, OLD).await, "not yet");
    let wrong = ana.submit("/settings/email", &[("code", "999999")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("This code is invalid") && wrong.text.contains("one-time-code"), "{}", wrong.text);
    let changed = ana.submit("/settings/email", &[("code", CODE)]).await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/settings/email?changed=1"));
    assert!(is_stored(&app, NEW).await && !is_stored(&app, OLD).await);
    assert!(ana.get(changed.location()).await.text.contains(NEW));
    for browser in [&mut ana, &mut phone] {
        assert_eq!(browser.call("current_user", &[]).await.status, StatusCode::OK, "the sessions go on");
    }
    let recorded = changes_of(&app, "ana").await;
    let recorded: Vec<_> = recorded.iter().map(|(event, outcome)| (event.as_str(), outcome.as_str())).collect();
    assert_eq!(recorded, [("email_request", "done"), ("email_change", "refused"), ("email_change", "done")]);
    // F28: a reset finds the account under its new address.
    let fields = [("email", NEW), ("code", CODE), ("password", "Another-2026!")];
    assert_eq!(app.browser().submit("/forgot", &fields).await.location(), "/signin?reset=true");
    for browser in [&mut ana, &mut phone] {
        assert_eq!(browser.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_not_changed_without_the_password() {
    let (_app, pool, mut ana) = app().await;
    let wrong = request(&mut ana, NEW, "wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Wrong password.") && wrong.text.contains(NEW), "{}", wrong.text);
    let same = ana.call("change_email", &[("email", OLD), ("current_password", PASSWORD)]).await;
    assert_eq!(same.error().field("email"), Some(FieldCode::EmailUnchanged));
    let malformed = ana.call("change_email", &[("email", "ana"), ("current_password", "")]).await.error();
    assert!(malformed.field("email").is_some() && malformed.field("current_password").is_some());
    assert_eq!(pool.count("UpdateUserAttributes"), 0);
    let mut limited = false;
    for _ in 0..20 {
        limited |= request(&mut ana, NEW, "wrong").await.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(limited, "guesses are limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_account_is_named_only_to_its_owner() {
    let (app, pool, mut ana) = app().await;
    let started = Instant::now();
    pool.set().refused_email = Some("UpdateUserAttributes");
    assert_eq!(request(&mut ana, NEW, PASSWORD).await.location(), "/settings/email?sent=1");
    assert!(started.elapsed() >= Duration::from_millis(400), "as long as one that is sent");
    pool.set().refused_email = Some("VerifyUserAttribute");
    assert_eq!(request(&mut ana, NEW, PASSWORD).await.location(), "/settings/email?sent=1");
    let taken = ana.call("confirm_email", &[("code", CODE)]).await;
    assert_eq!((taken.status, taken.error()), (StatusCode::CONFLICT, AppError::Conflict(Conflict::EmailTaken)));
    assert!(is_stored(&app, OLD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_asks_for_no_proof_changes_the_address_at_once() {
    // The emulator sends no codes to new addresses.
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    assert_eq!(request(&mut ana, NEW, PASSWORD).await.location(), "/settings/email?changed=1");
    assert!(is_stored(&app, NEW).await);
    sign_in(&mut app.browser(), NEW, PASSWORD).await;
}
