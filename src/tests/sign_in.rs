//! Accounts: from making one to signing out, on the emulator; and what people are told when something is wrong.

use std::time::{Duration, Instant};

use cruddur_messages::error::AppError;
use cruddur_messages::server::state::AppState;

use crate::support::browser::{Browser, config, server};
use crate::support::cognito::{PASSWORD, Pool, RESET_CODE, SIGN_UP_CODE};
use crate::support::fake_pool::{CallAnswer, FakePool, KeySetAnswer};
use crate::support::postgres::Database;

/// A server with the emulator.
async fn on_emulator() -> (Database, Pool, AppState) {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let server = server(config(&database.url, &pool.address)).await;
    (database, pool, server)
}

/// A server with a pool that does as it is told.
async fn on_fake() -> (Database, FakePool, AppState) {
    let (database, pool) = (Database::fresh().await, FakePool::start().await);
    let server = server(config(&database.url, &pool.address())).await;
    (database, pool, server)
}

fn told(answer: Result<String, AppError>, field: &str) -> String {
    answer.expect_err("refused").field(field).unwrap_or_else(|| panic!("nothing beside {field}"))
}

#[tokio::test]
async fn somebody_makes_an_account_confirms_it_signs_in_stays_in_and_signs_out() {
    let (database, _pool, server) = on_emulator().await;
    let mut ana = Browser::new(&server);
    let made = ana.sign_up("Ana Lima", "@Ana", " Ana@Example.com ", PASSWORD).await;
    assert_eq!(made, Ok("/confirm?email=ana%40example.com".to_owned()));
    assert!(ana.sign_in("ana@example.com", PASSWORD).await.is_err(), "not before the code");
    assert!(told(ana.confirm("ana@example.com", "999999").await, "code").contains("code"));
    assert_eq!(ana.confirm("ANA@example.com", SIGN_UP_CODE).await, Ok("/signin?confirmed=true".to_owned()));
    assert_eq!(ana.sign_in("ANA@example.com", PASSWORD).await, Ok("/messages".to_owned()));
    assert_eq!(ana.whoami().await, Ok("ana".to_owned()));
    database.execute("update sessions set access_ends_at = now()").await;
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
async fn signing_out_everywhere_ends_every_session_and_withdraws_every_token() {
    let (database, pool, server) = on_emulator().await;
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
async fn signing_out_everywhere_reaches_tokens_that_no_session_of_ours_holds() {
    let (_database, pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    ana.sign_out_everywhere().await.expect("signs out");
    pool.wait_for("GlobalSignOut", 1).await;
    assert!(pool.last("GlobalSignOut")["AccessToken"].as_str().is_some_and(|token| token.starts_with("eyJ")));
}

#[tokio::test]
async fn a_sign_out_does_not_wait_for_the_pool_and_tells_the_browser_to_forget() {
    let (_database, pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    pool.set().calls = CallAnswer::Hang;
    let begun = Instant::now();
    ana.sign_out().await.expect("signs out");
    assert!(begun.elapsed() < Duration::from_secs(1));
    // A second press of the button, in another tab, is no error.
    ana.sign_out().await.expect("signs out");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let (database, pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    let mut old = ana.clone();
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    assert_ne!(ana.cookie, old.cookie);
    assert_eq!(old.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(database.number("select count(*) from sessions").await, 1);
    pool.wait_for("RevokeToken", 1).await;
}

#[tokio::test]
async fn a_new_password_ends_every_session_of_the_account() {
    let (_database, pool, server) = on_emulator().await;
    pool.add("ana").await;
    let mut thief = Browser::new(&server);
    thief.sign_in("ana@example.com", PASSWORD).await.expect("signs in");
    let mut ana = Browser::new(&server);
    assert_eq!(ana.forgot_password("Ana@example.com").await, Ok("/forgot?email=ana%40example.com".to_owned()));
    assert!(told(ana.reset_password("ana@example.com", "999999", "Another-2026!").await, "code").contains("code"));
    assert!(
        told(ana.reset_password("ana@example.com", RESET_CODE, "short").await, "password").contains("8 characters")
    );
    let done = ana.reset_password("ana@example.com", RESET_CODE, "Another-2026!").await;
    assert_eq!(done, Ok("/signin?reset=true".to_owned()));
    assert_eq!(thief.whoami().await, Err(AppError::Unauthenticated));
    assert!(ana.sign_in("ana@example.com", PASSWORD).await.is_err());
    ana.sign_in("ana@example.com", "Another-2026!").await.expect("signs in");
}

#[tokio::test]
async fn no_answer_tells_whether_an_account_exists() {
    let (database, pool, first) = on_emulator().await;
    pool.add("ana").await;
    let made = Browser::new(&first).sign_up("Cy", "cy", "cy@example.com", PASSWORD).await;
    made.expect("an account that waits for its code");
    let mut answers = Vec::new();
    for name in ["ana", "cy", "nobody"] {
        // A server each: these are more tries than one address has.
        let mut browser = Browser::new(&server(config(&database.url, &pool.address)).await);
        let email = format!("{name}@example.com");
        let mut said = Vec::new();
        said.push(format!("{:?}", browser.sign_in(&email, "Wrong-2026!").await));
        said.push(format!("{:?}", browser.forgot_password(&email).await));
        said.push(format!("{:?}", browser.resend_code(&email).await));
        said.push(format!("{:?}", browser.confirm(&email, "000000").await));
        said.push(format!("{:?}", browser.reset_password(&email, "000000", "Another-2026!").await));
        said.push(format!("{:?}", browser.sign_up("X", "xx", &email, PASSWORD).await));
        answers.push(said.join("\n").replace(name, "_"));
    }
    assert_eq!(answers[0], answers[2], "an account, and none");
    assert_eq!(answers[1], answers[2], "an account that waits for its code, and none");
}

#[tokio::test]
async fn making_an_account_takes_as_long_where_there_is_one() {
    let (_database, pool, server) = on_fake().await;
    let mut browser = Browser::new(&server);
    let mut times = Vec::new();
    for calls in [CallAnswer::Good, CallAnswer::Refuse("UsernameExistsException", "User already exists")] {
        pool.set().calls = calls;
        let begun = Instant::now();
        let answer = browser.sign_up("Ana", "ana", "ana@example.com", PASSWORD).await;
        assert_eq!(answer, Ok("/confirm?email=ana%40example.com".to_owned()));
        times.push(begun.elapsed());
    }
    assert!(times.iter().all(|time| *time >= Duration::from_millis(400)), "{times:?}");
}

#[tokio::test]
async fn after_sign_in_people_land_where_they_were_going_and_nowhere_else() {
    let (_database, _pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    let landed = ana.sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(landed, Ok("/messages/new/ben".to_owned()));
    let landed = ana.sign_in_to("ana@example.com", "good", "//evil.example/messages").await;
    assert_eq!(landed, Ok("/messages".to_owned()));
}

#[tokio::test]
async fn somebody_whose_handle_was_taken_is_told_on_arrival_and_only_then() {
    let (database, _pool, server) = on_fake().await;
    database
        .execute("insert into users (display_name, handle, email, cognito_user_id) values ('A', 'ANA', 'a@x.com', 'x')")
        .await;
    let mut ana = Browser::new(&server);
    let landed = ana.sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(landed, Ok("/messages?handle_changed=true".to_owned()));
    assert_eq!(ana.whoami().await, Ok("ana2".to_owned()));
    assert_eq!(ana.sign_in("ana@example.com", "good").await, Ok("/messages".to_owned()));
}

#[tokio::test]
async fn blank_and_impossible_fields_are_told_without_asking_the_pool() {
    let (_database, pool, server) = on_fake().await;
    let mut browser = Browser::new(&server);
    assert!(told(browser.sign_in("ana", "").await, "email").contains("ana@example.com"));
    assert!(told(browser.sign_in("ana", "").await, "password").contains("Enter"));
    assert!(told(browser.sign_up("", "!", "ana", &"x".repeat(257)).await, "handle").contains("letters"));
    assert!(told(browser.confirm("ana@example.com", "abc").await, "code").contains("digits"));
    assert!(told(browser.reset_password("", "", "").await, "code").contains("Enter"));
    assert!(told(browser.forgot_password(" ").await, "email").contains("Enter"));
    assert!(told(browser.resend_code(" ").await, "email").contains("Enter"));
    for call in ["InitiateAuth", "SignUp", "ConfirmSignUp", "ConfirmForgotPassword", "ForgotPassword"] {
        assert_eq!(pool.count(call), 0, "{call}");
    }
}

#[tokio::test]
async fn each_refusal_of_the_pool_becomes_a_sentence_or_a_status() {
    let (_database, pool, server) = on_fake().await;
    let refusals = [
        ("NotAuthorizedException", "Incorrect username or password.", 422),
        ("NotAuthorizedException", "Password attempts exceeded", 429),
        ("UserNotFoundException", "User does not exist.", 422),
        ("UserNotConfirmedException", "User is not confirmed.", 422),
        ("TooManyRequestsException", "Rate exceeded", 429),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time.", 429),
        ("TooManyFailedAttemptsException", "", 429),
        ("ResourceNotFoundException", "User pool client does not exist.", 500),
    ];
    for (code, message, expected) in refusals {
        pool.set().calls = CallAnswer::Refuse(code, message);
        let refused = Browser::new(&server).sign_in(&format!("{code}{expected}@example.com"), "good").await;
        assert_eq!(refused.expect_err(code).status(), expected, "{code}: {message}");
    }
    pool.set().calls = CallAnswer::Refuse("PasswordResetRequiredException", "Password reset required for the user");
    let led = Browser::new(&server).sign_in("ana@example.com", "good").await;
    assert_eq!(led, Ok("/forgot?email=ana%40example.com".to_owned()));
}

#[tokio::test]
async fn a_challenge_is_explained() {
    let (database, pool, server) = on_fake().await;
    for (challenge, word) in [
        ("NEW_PASSWORD_REQUIRED", "first time"),
        ("SOFTWARE_TOKEN_MFA", "second factor"),
        ("EMAIL_OTP", "second factor"),
    ] {
        pool.set().calls = CallAnswer::Challenge(challenge);
        assert!(told(Browser::new(&server).sign_in("ana@example.com", "good").await, "password").contains(word));
    }
    assert_eq!(database.number("select count(*) from users").await, 0);
}

#[tokio::test]
async fn codes_and_passwords_that_the_pool_refuses_are_explained_beside_their_field() {
    let (_database, pool, server) = on_fake().await;
    let mut browser = Browser::new(&server);
    for code in [
        "CodeMismatchException",
        "ExpiredCodeException",
        "UserNotFoundException",
        "NotAuthorizedException",
        "AliasExistsException",
    ] {
        pool.set().calls = CallAnswer::Refuse(code, "");
        let email = format!("{code}@example.com");
        assert!(told(browser.confirm(&email, "123456").await, "code").contains("Ask for a new one"), "{code}");
    }
    pool.set().calls = CallAnswer::Refuse("InvalidPasswordException", "Password not long enough");
    assert!(told(browser.sign_up("Ana", "ana", "ana@example.com", "x").await, "password").contains("8 characters"));
    pool.set().calls = CallAnswer::Refuse("PasswordHistoryPolicyViolationException", "");
    assert!(told(browser.reset_password("ana@example.com", "123456", "x").await, "password").contains("before"));
}

#[tokio::test]
async fn while_the_pool_is_away_signing_in_is_unavailable_within_seconds_and_works_again_after() {
    let (_database, pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    for trouble in [CallAnswer::Trouble, CallAnswer::Hang] {
        pool.set().calls = trouble;
        let begun = Instant::now();
        assert_eq!(ana.sign_in("ana@example.com", "good").await, Err(AppError::Unavailable));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    pool.set().calls = CallAnswer::Good;
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
}

#[tokio::test]
async fn without_a_key_set_signing_in_is_unavailable() {
    let (database, pool) = (Database::fresh().await, FakePool::start().await);
    pool.set().keys = KeySetAnswer::Status(500);
    let server = server(config(&database.url, &pool.address())).await;
    let refused = Browser::new(&server).sign_in("ana@example.com", "good").await;
    assert_eq!(refused, Err(AppError::Unavailable));
    assert_eq!(database.number("select count(*) from users").await, 0);
}

#[tokio::test]
async fn too_many_tries_are_refused_by_account_and_by_address() {
    let (_database, pool, server) = on_fake().await;
    let mut thief = Browser::new(&server);
    let mut refused = 0;
    for _ in 0..15 {
        match thief.sign_in("ana@example.com", "wrong").await {
            Err(AppError::RateLimited { retry_after_secs }) if retry_after_secs > 0 => refused += 1,
            other => assert!(matches!(other, Err(AppError::Invalid(_))), "{other:?}"),
        }
    }
    assert!(refused >= 4, "{refused}");
    assert!(pool.count("InitiateAuth") <= 11, "the pool is not asked for those");
}

#[tokio::test]
async fn a_client_with_a_secret_proves_itself_in_every_call() {
    let (_database, pool, server) = on_fake().await;
    let mut ana = Browser::new(&server);
    ana.sign_in("ana@example.com", "good").await.expect("signs in");
    ana.forgot_password("ana@example.com").await.expect("a code");
    // HMAC-SHA-256 of "ana@example.comfakeclient" under "the client's secret", from another implementation.
    let expected = "o3wPc/rEJgQEZlK3+9bDyUq5VNkmAco3sPqs403kw2g=";
    assert_eq!(pool.last("InitiateAuth")["AuthParameters"]["SECRET_HASH"], expected);
    assert_eq!(pool.last("ForgotPassword")["SecretHash"], expected);
}
