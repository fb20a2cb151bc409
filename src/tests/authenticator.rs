//! Set-up and removal of an authenticator app.

use cruddur_messages::domain::authenticator::Authenticator;
use cruddur_messages::domain::field_error::FieldCode;
use cruddur_messages::server::http::session::sealed_cookie::AUTHENTICATOR_KEY;
use reqwest::StatusCode;

use crate::audit_log::changes_of;
use crate::support::app::{Browser, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::totp;

const PATH: &str = "/settings/authenticator";

/// Starts the set-up without script. Returns the key that the page shows.
async fn start(browser: &mut Browser) -> String {
    let started = browser.submit(PATH, &[]).await;
    assert_eq!((started.status, started.location()), (StatusCode::SEE_OTHER, PATH), "{}", started.text);
    key_in(&browser.get(PATH).await.text)
}

fn key_in(page: &str) -> String {
    let (_, rest) = page.split_once("<code>").unwrap_or_else(|| panic!("no key in {page}"));
    rest.split_once('<').expect("an end").0.replace(' ', "")
}

async fn asks_for_a_code(app: &TestApp) -> bool {
    let answer = app.browser().submit("/signin", &[("email", "ana@example.com"), ("password", PASSWORD)]).await;
    answer.location().starts_with("/signin/code")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_used_and_turned_off_without_script() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let page = ana.get(PATH).await.text;
    assert!(page.contains("Set up an app") && !page.contains("<code>"), "{page}");
    let key = start(&mut ana).await;
    let page = ana.get(PATH).await.text;
    assert_eq!(key_in(&page), key, "a reload shows the same key");
    let address = format!("otpauth://totp/Cruddur:ana?secret={key}&amp;issuer=Cruddur");
    assert!(page.contains(&address) && page.contains("<path d=\"M4 4h7v1h-7z"), "{page}");
    let wrong = ana.submit(PATH, &[("code", "000000"), ("current_password", PASSWORD)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("This code is wrong") && !wrong.text.contains(PASSWORD), "{}", wrong.text);
    assert_eq!(key_in(&wrong.text), key, "and so does a wrong code");
    assert!(!asks_for_a_code(&app).await, "not yet");
    let done = ana.submit(PATH, &[("code", &totp::code(&key)), ("current_password", PASSWORD)]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/settings/authenticator?on=1"));
    assert!(ana.others.is_empty(), "the key does not stay");
    let page = ana.get(done.location()).await.text;
    assert!(page.contains("Authenticator app turned on") && page.contains("Turn off"), "{page}");
    assert!(asks_for_a_code(&app).await);
    let refused = ana.submit(PATH, &[("current_password", "Wrong-2026!")]).await;
    assert!(refused.text.contains("Wrong password."), "{}", refused.text);
    let off = ana.submit(PATH, &[("current_password", PASSWORD)]).await;
    assert_eq!((off.status, off.location()), (StatusCode::SEE_OTHER, "/settings/authenticator?off=1"));
    assert!(!asks_for_a_code(&app).await);
    let recorded = changes_of(&app, "ana").await;
    let recorded: Vec<_> = recorded.iter().map(|(event, outcome)| (event.as_str(), outcome.as_str())).collect();
    let (on, off) = ("authenticator_on", "authenticator_off");
    assert_eq!(recorded, [(on, "refused"), (on, "done"), (off, "refused"), (off, "done")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_turned_on_only_with_the_password() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let key = start(&mut ana).await;
    let call = async |ana: &mut Browser, code: &str, password: &str| {
        ana.call("turn_on_authenticator", &[("code", code), ("current_password", password)]).await
    };
    let wrong = call(&mut ana, &totp::code(&key), "Wrong-2026!").await;
    assert_eq!(wrong.error().field("current_password"), Some(FieldCode::CurrentPasswordRefused));
    let blank = call(&mut ana, "", "").await.error();
    assert!(blank.field("code").is_some() && blank.field("current_password").is_some());
    assert!(!asks_for_a_code(&app).await);
    let sessions = async || app.database.number("select count(*) from sessions").await;
    let before = sessions().await;
    let done: String = call(&mut ana, &totp::code(&key), PASSWORD).await.json();
    assert_eq!(done, "/settings/authenticator?on=1");
    assert_eq!(sessions().await, before, "the check of the password is no sign-in");
    assert!(asks_for_a_code(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_only_to_its_user_and_for_some_minutes() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let key = start(&mut ana).await;
    let cookie = ana.others[AUTHENTICATOR_KEY.name].clone();
    assert!(!cookie.contains(&key));
    ben.others.clone_from(&ana.others);
    let shown: Authenticator = ben.call("load_authenticator", &[]).await.json();
    assert_eq!(shown.key, None, "Ben has signed in to the same browser");
    for mut browser in [ben, app.sign_in("cy").await] {
        let answer = browser.submit(PATH, &[("code", &totp::code(&key)), ("current_password", PASSWORD)]).await;
        assert_eq!(answer.location(), "/settings/authenticator?expired=1");
        assert!(browser.get(answer.location()).await.text.contains("took too long"));
    }
    // Another tab may have gone on with another key, or turned the app on.
    assert!(!ana.get("/settings/authenticator?expired=1").await.text.contains("took too long"));
}
