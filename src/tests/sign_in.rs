//! Accounts: sign-up, sign-in, sign-out, and password reset.

use std::time::{Duration, Instant};

use cruddur_messages::domain::error::AppError;
use reqwest::StatusCode;

use crate::support::app::{Fields, TestApp};
use crate::support::browser::Browser;
use crate::support::cognito::{PASSWORD, RESET_CODE, SIGN_UP_CODE};
use crate::support::fake_pool::CallAnswer;
use crate::support::session_fixture::{field_error, server_with_emulator, server_with_fake_pool};

#[tokio::test]
async fn a_new_user_signs_up_confirms_signs_in_stays_signed_in_and_signs_out() {
    let (database, _pool, server) = server_with_emulator().await;
    let mut ana = Browser::new(&server);
    let signed_up = ana.sign_up("Ana Lima", "@Ana", " Ana@Example.com ", PASSWORD).await;
    assert_eq!(signed_up, Ok("/confirm?email=ana%40example.com".to_owned()));
    assert!(ana.sign_in("ana@example.com", PASSWORD).await.is_err(), "not before the confirmation");
    assert!(field_error(ana.confirm("ana@example.com", "999999").await, "code").contains("code"));
    assert_eq!(ana.confirm("ANA@example.com", SIGN_UP_CODE).await, Ok("/signin?confirmed=true".to_owned()));
    assert_eq!(ana.sign_in("ANA@example.com", PASSWORD).await, Ok("/messages".to_owned()));
    assert_eq!(ana.whoami().await, Ok("ana".to_owned()));
    database.execute("update sessions set access_ends_at = now()").await;
    server.store.remembered.forget_all();
    assert_eq!(ana.whoami().await, Ok("ana".to_owned()));
    assert_eq!(
        database.number("select count(*) from sessions where access_ends_at > now() + interval '1 minute'").await,
        1,
        "refreshed"
    );
    let mut stolen = ana.clone();
    assert_eq!(ana.sign_out().await, Ok("/signin".to_owned()));
    assert_eq!((ana.cookie.clone(), ana.whoami().await), (None, Err(AppError::Unauthenticated)));
    assert_eq!(stolen.whoami().await, Err(AppError::Unauthenticated));
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_revokes_every_token() {
    let (database, pool, server) = server_with_emulator().await;
    pool.add("ana").await;
    pool.add("ben").await;
    let (mut phone, mut laptop, mut ben) = (Browser::new(&server), Browser::new(&server), Browser::new(&server));
    for browser in [&mut phone, &mut laptop] {
        browser.sign_in("ana@example.com", PASSWORD).await.expect("signs in");
    }
    ben.sign_in("ben@example.com", PASSWORD).await.expect("signs in");
    assert_eq!(phone.sign_out_everywhere().await, Ok("/signin".to_owned()));
    assert_eq!(laptop.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(ben.whoami().await, Ok("ben".to_owned()));
    assert_eq!(database.number("select count(*) from sessions").await, 1);
    assert_eq!(Browser::new(&server).sign_out_everywhere().await, Err(AppError::Unauthenticated));
}

#[tokio::test]
async fn signing_out_everywhere_revokes_tokens_that_no_session_holds() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    ana.sign_out_everywhere().await.expect("signs out");
    pool.wait_for("GlobalSignOut", 1).await;
    assert!(pool.last("GlobalSignOut")["AccessToken"].as_str().is_some_and(|token| token.starts_with("eyJ")));
}

#[tokio::test]
async fn a_sign_out_does_not_wait_for_the_pool_and_can_be_repeated() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    pool.set().calls = CallAnswer::Hang;
    let started = Instant::now();
    ana.sign_out().await.expect("signs out");
    assert!(started.elapsed() < Duration::from_secs(1));
    // The button may be pressed again in another tab.
    ana.sign_out().await.expect("signs out");
}

#[tokio::test]
async fn signing_in_again_ends_the_previous_session_of_the_browser() {
    let (database, pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    let mut previous = ana.clone();
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    assert_ne!(ana.cookie, previous.cookie);
    assert_eq!(previous.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(database.number("select count(*) from sessions").await, 1);
    pool.wait_for("RevokeToken", 1).await;
}

#[tokio::test]
async fn a_new_password_ends_every_session_of_the_account() {
    let (_database, pool, server) = server_with_emulator().await;
    pool.add("ana").await;
    let mut thief = Browser::new(&server);
    thief.sign_in("ana@example.com", PASSWORD).await.expect("signs in");
    let mut ana = Browser::new(&server);
    assert_eq!(
        ana.forgot_password("Ana@example.com").await,
        Ok("/forgot?email=ana%40example.com&sent=true".to_owned())
    );
    assert!(
        field_error(ana.reset_password("ana@example.com", "999999", "Another-2026!").await, "code").contains("code")
    );
    assert!(
        field_error(ana.reset_password("ana@example.com", RESET_CODE, "short").await, "password")
            .contains("10 characters")
    );
    let done = ana.reset_password("ana@example.com", RESET_CODE, "Another-2026!").await;
    assert_eq!(done, Ok("/signin?reset=true".to_owned()));
    assert_eq!(thief.whoami().await, Err(AppError::Unauthenticated));
    assert!(ana.sign_in("ana@example.com", PASSWORD).await.is_err());
    ana.sign_in("ana@example.com", "Another-2026!").await.expect("signs in");
}

#[tokio::test]
async fn a_sign_in_redirects_to_the_requested_page_but_never_to_another_site() {
    let (_database, _pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    let destination = ana.sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(destination, Ok("/messages/new/ben".to_owned()));
    let destination = ana.sign_in_to("ana@example.com", "good", "//evil.example/messages").await;
    assert_eq!(destination, Ok("/messages".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requested_page_is_kept_through_sign_up_and_password_reset() {
    const EMAIL: (&str, &str) = ("email", "ana@example.com");
    const NEW: (&str, &str) = ("password", "Another-2026!");
    const NEXT: (&str, &str) = ("next", "/messages/new/ben");
    const QUERY: &str = "next=%2Fmessages%2Fnew%2Fben";
    let app = TestApp::start().await;
    let mut ana = app.browser();
    let assert_kept = |what: &str, page: &str| {
        assert!(page.contains(r#"name="next" value="/messages/new/ben""#), "{what}: {page}");
        assert!(page.contains(&format!("?{QUERY}\"")), "links of {what}: {page}");
    };
    for path in ["/signin", "/signup", "/confirm", "/forgot"] {
        assert_kept(path, &ana.get(&format!("{path}?{QUERY}")).await.text);
        let rejected = ana.submit(path, &[("email", ""), NEXT]).await;
        assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_kept(path, &rejected.text);
    }
    let steps: [(&str, Fields, &str); 5] = [
        ("/signup", &[("name", "Ana"), ("handle", "ana"), ("password", PASSWORD)], "/confirm?email=ana%40example.com"),
        ("/confirm", &[("code", ""), ("resend", "1")], "/confirm?email=ana%40example.com&resent=true"),
        ("/confirm", &[("code", SIGN_UP_CODE)], "/signin?confirmed=true"),
        ("/forgot", &[], "/forgot?email=ana%40example.com&sent=true"),
        ("/forgot", &[("code", RESET_CODE), NEW], "/signin?reset=true"),
    ];
    for (path, fields, destination) in steps {
        let answer = ana.submit(path, &[&[EMAIL, NEXT][..], fields].concat()).await;
        assert_eq!(answer.location(), format!("{destination}&{QUERY}"), "{path} {fields:?}: {}", answer.text);
        assert_kept(destination, &ana.get(answer.location()).await.text);
    }
    let signed_in = ana.submit("/signin", &[EMAIL, NEXT, NEW]).await;
    // F24: the first page is marked, and its own address follows.
    assert_eq!(signed_in.location(), format!("{}?signed_in=true", NEXT.1));
    assert_eq!(ana.get(signed_in.location()).await.location(), NEXT.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_in_the_requested_page_are_kept() {
    let app = TestApp::start().await;
    let page = app.browser().get("/signin?next=%2Fmessages%2Fnew%3Fq%3D100%2525").await;
    assert!(page.text.contains(r#"name="next" value="/messages/new?q=100%25""#), "{}", page.text);
}

#[tokio::test]
async fn a_changed_handle_is_reported_at_the_first_sign_in_and_only_then() {
    let (database, _pool, server) = server_with_fake_pool().await;
    database
        .execute("insert into users (display_name, handle, email, cognito_user_id) values ('A', 'ANA', 'a@x.com', 'x')")
        .await;
    let mut ana = Browser::new(&server);
    let destination = ana.sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(destination, Ok("/messages/new/ben?handle_changed=true".to_owned()));
    assert_eq!(ana.whoami().await, Ok("ana2".to_owned()));
    assert_eq!(ana.sign_in("ana@example.com", "good").await, Ok("/messages".to_owned()));
}

#[tokio::test]
async fn a_client_with_a_secret_sends_its_proof_in_every_call() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    ana.forgot_password("ana@example.com").await.expect("a code");
    // HMAC-SHA-256 of "ana@example.comfakeclient" with the key "the client's secret", from another implementation.
    let expected = "o3wPc/rEJgQEZlK3+9bDyUq5VNkmAco3sPqs403kw2g=";
    assert_eq!(pool.last("InitiateAuth")["AuthParameters"]["SECRET_HASH"], expected);
    assert_eq!(pool.last("ForgotPassword")["SecretHash"], expected);
}
