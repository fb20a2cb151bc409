//! The list of a user's sessions, and their end.

use std::time::Instant;

use cruddur_messages::domain::session::Session;
use reqwest::header::USER_AGENT;
use reqwest::{Method, StatusCode};

use crate::live::{SIGN_OUT_TIMEOUT, Stream};
use crate::support::app::{Browser, TestApp, form};
use crate::support::cognito::PASSWORD;
use crate::support::wait_until::wait_until;

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";

/// Signs a user in once more, in Firefox on Windows.
async fn sign_in_again(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    let request = browser.request(Method::POST, "/signin").header(USER_AGENT, FIREFOX);
    let email = format!("{name}@example.com");
    let answer = browser.send(form(request, &[("email", &email), ("password", PASSWORD)])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    browser
}

async fn sessions(browser: &mut Browser) -> Vec<Session> {
    browser.call("list_sessions", &[]).await.json()
}

/// Returns the status of a call that only a signed-in user can make.
async fn status(browser: &mut Browser) -> StatusCode {
    browser.call("current_user", &[]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_every_session_of_theirs_and_which_one_is_this() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let (mut firefox, _ben) = (sign_in_again(&app, "ana").await, app.sign_in("ben").await);
    let listed = sessions(&mut firefox).await;
    assert_eq!(listed.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true, false], "{listed:?}");
    let device = &listed[0].device;
    assert_eq!((device.browser.as_deref(), device.system.as_deref()), (Some("Firefox"), Some("Windows")));
    for session in &listed {
        assert!(session.address.as_ref().is_some_and(|address| address.starts_with("203.0.113.")), "{session:?}");
        assert!(session.started_at <= session.last_used_at, "{session:?}");
        assert!(session.last_used_at.as_str().ends_with("+00:00"), "{session:?}");
    }
    assert_ne!(listed[0].address, listed[1].address);
    let page = ana.get("/settings/sessions").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Firefox on Windows") && page.text.contains("Unknown browser"), "{}", page.text);
    assert_eq!(page.text.matches("Now, in this browser").count(), 1);
    assert_eq!(page.text.matches("name=\"session\"").count(), 1, "this one is signed out elsewhere: {}", page.text);
    assert!(ana.get("/settings").await.text.contains("href=\"/settings/sessions\""));
}

/// Signs a user in through a proxy that names this city. Returns the place of the new session.
async fn place_of(app: &TestApp, city: &str) -> Option<String> {
    let mut browser = app.browser();
    let request = browser.request(Method::POST, "/signin").header("cloudfront-viewer-city", city);
    let request = request.header("cloudfront-viewer-country-name", "Brazil");
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.send(form(request, &fields)).await.status, StatusCode::SEE_OTHER);
    let own = sessions(&mut browser).await.into_iter().find(|session| session.is_current).expect("this one");
    let page = browser.get("/settings/sessions").await.text;
    assert_eq!(page.contains("Brazil"), own.place.is_some(), "{page}");
    own.place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_place_that_cloudfront_names_and_none_that_a_client_names() {
    let app = TestApp::start().await;
    app.sign_in("ana").await;
    assert_eq!(place_of(&app, "Lisbon").await, None, "there is no CloudFront");
    let app = TestApp::start_with(|config| config.cloudfront = true).await;
    let mut ana = app.sign_in("ana").await;
    assert_eq!(sessions(&mut ana).await[0].place, None, "CloudFront does not know it");
    assert_eq!(place_of(&app, "S%C3%A3o%20Paulo").await.as_deref(), Some("São Paulo, Brazil"));
    // The next recorded visit is from elsewhere.
    app.database.execute("update sessions set last_seen_at = now() - interval '1 hour'").await;
    app.state.store.remembered.forget_all();
    let travelled = ana.request(Method::GET, "/settings/sessions").header("cloudfront-viewer-country-name", "Peru");
    assert_eq!(ana.send(travelled).await.status, StatusCode::OK);
    wait_until("the visit is recorded", async || {
        sessions(&mut ana).await.iter().any(|session| session.place.as_deref() == Some("Peru"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_rejected_at_once_and_its_streams_close_within_seconds() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let mut firefox = sign_in_again(&app, "ana").await;
    let (mut hers, mut of_firefox) = (Stream::open(&ana).await, Stream::open(&firefox).await);
    let other = sessions(&mut ana).await.into_iter().find(|session| !session.is_current).expect("Firefox");
    let since = Instant::now();
    let ended = ana.submit("/settings/sessions", &[("session", &other.id.to_string())]).await;
    assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, "/settings/sessions?ended=1"));
    assert_eq!(status(&mut firefox).await, StatusCode::UNAUTHORIZED);
    assert_eq!(of_firefox.next().await, None);
    assert!(since.elapsed() < SIGN_OUT_TIMEOUT, "{:?}", since.elapsed());
    assert_eq!(status(&mut ana).await, StatusCode::OK);
    let page = ana.get("/settings/sessions?ended=1").await;
    assert!(page.text.contains("Session ended.") && !page.text.contains("Firefox"), "{}", page.text);
    // Her own stream goes on.
    assert_eq!(ana.call("save_settings", &[]).await.status, StatusCode::OK);
    assert!(hers.next().await.is_some());
    // A second click finds that it has ended.
    let again = ana.submit("/settings/sessions", &[("session", &other.id.to_string())]).await;
    assert_eq!(again.location(), "/settings/sessions?ended=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_sessions_end_at_once_and_this_one_goes_on() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (mut one, mut two) = (sign_in_again(&app, "ana").await, sign_in_again(&app, "ana").await);
    let ended = ana.submit("/settings/sessions", &[]).await;
    assert_eq!(ended.location(), "/settings/sessions?others_ended=1");
    for ended in [&mut one, &mut two] {
        assert_eq!(status(ended).await, StatusCode::UNAUTHORIZED);
    }
    for active in [&mut ana, &mut ben] {
        assert_eq!((status(active).await, sessions(active).await.len()), (StatusCode::OK, 1));
    }
    let page = ana.get("/settings/sessions").await;
    assert!(!page.text.contains("End all other sessions"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_ends_no_session_and_learns_nothing_of_it() {
    let app = TestApp::start().await;
    let (mut ana, mut cy) = (app.sign_in("ana").await, app.sign_in("cy").await);
    let id = sessions(&mut ana).await[0].id.to_string();
    let theirs = cy.call("end_session", &[("session", &id)]).await;
    let nothing = cy.call("end_session", &[("session", "5ae290ed-55d1-47a0-bc6d-fe2bc2700399")]).await;
    assert_eq!((theirs.status, &theirs.text), (nothing.status, &nothing.text));
    assert_eq!((status(&mut ana).await, status(&mut cy).await), (StatusCode::OK, StatusCode::OK));
    for path in
        ["/settings/sessions", "/settings/profile", "/settings/password", "/settings/export", "/settings/delete"]
    {
        let signed_out = app.browser().get(path).await;
        let target = format!("/signin?next={}", path.replace('/', "%2F"));
        assert_eq!((signed_out.status, signed_out.location()), (StatusCode::SEE_OTHER, &*target));
        let signed_out = app.browser().submit(path, &[("session", &id)]).await;
        assert_eq!((signed_out.status, signed_out.location()), (StatusCode::SEE_OTHER, &*target));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_ends_their_own_session_is_signed_out() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let id = sessions(&mut ana).await[0].id.to_string();
    let ended = ana.submit("/settings/sessions", &[("session", &id)]).await;
    assert_eq!((ended.location(), ana.cookie.as_deref()), ("/signin", None), "{}", ended.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_session_is_that_of_its_last_recorded_visit() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    // A session of the previous version, with no address.
    app.database.execute("update sessions set address = null, last_seen_at = now() - interval '6 minutes'").await;
    app.state.store.remembered.forget_all();
    assert_eq!(status(&mut ana).await, StatusCode::OK);
    let recorded = "select count(*) from sessions where address is not null";
    wait_until("the visit is recorded", async || app.database.number(recorded).await == 1).await;
    assert!(sessions(&mut ana).await[0].address.is_some());
    app.database.execute("update sessions set address = '2001:db8:1:2::'").await;
    assert_eq!(sessions(&mut ana).await[0].address.as_deref(), Some("2001:db8:1:2::"));
}
