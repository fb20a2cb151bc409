//! Accounts: what people are told when something is wrong, and what they are not.

use std::time::{Duration, Instant};

use cruddur_messages::error::AppError;

use crate::support::browser::{Browser, config, server};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::{CallAnswer, FakePool, KeySetAnswer};
use crate::support::postgres::Database;
use crate::support::scene::{on_emulator, on_fake, told};

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
