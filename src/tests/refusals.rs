//! Accounts: what people are told when something is wrong, and what they are not.

use std::time::{Duration, Instant};

use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::state::AppState;
use futures::future::join_all;

use crate::support::browser::{Browser, config, server};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::{CallAnswer, FakePool, KeySetAnswer};
use crate::support::postgres::Database;
use crate::support::scene::{on_emulator, on_fake, told};

/// How long an answer takes at least that must not tell by its time what happened.
const TIME_MIN: Duration = Duration::from_millis(400);

/// A call, what it was answered with, and after how long.
type Tried = (&'static str, Result<String, AppError>, Duration);

async fn timed(call: &'static str, answer: impl Future<Output = Result<String, AppError>>) -> Tried {
    let begun = Instant::now();
    let answer = answer.await;
    (call, answer, begun.elapsed())
}

/// Makes every call that says something of an account, each from a browser of its own, all at once.
async fn try_all(server: &AppState, email: &str) -> [Tried; 6] {
    let mut browsers: [Browser; 6] = std::array::from_fn(|_| Browser::new(server));
    let [first, second, third, fourth, fifth, sixth] = &mut browsers;
    let tried = tokio::join!(
        timed("sign_in", first.sign_in(email, "good")),
        timed("sign_up", second.sign_up("Ana", "ana", email, PASSWORD)),
        timed("confirm", third.confirm(email, "123456")),
        timed("resend_code", fourth.resend_code(email)),
        timed("forgot_password", fifth.forgot_password(email)),
        timed("reset_password", sixth.reset_password(email, "123456", PASSWORD)),
    );
    tried.into()
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
        said.push(format!("{:?}", browser.reset_password(&email, "000000", "x").await));
        said.push(format!("{:?}", browser.sign_up("X", "xx", &email, PASSWORD).await));
        // The pool looks for the account first, and only then at the password.
        said.push(format!("{:?}", browser.sign_up("X", "xx", &email, "x").await));
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
    for calls in [
        CallAnswer::Good,
        CallAnswer::Refuse("UsernameExistsException", "User already exists"),
        // So many mails a day, of which an account that there is needs none.
        CallAnswer::Refuse("LimitExceededException", "Exceeded daily email limit for the operation or the account."),
    ] {
        pool.set().calls = calls;
        let begun = Instant::now();
        let answer = browser.sign_up("Ana", "ana", "ana@example.com", PASSWORD).await;
        assert_eq!(answer, Ok("/confirm?email=ana%40example.com".to_owned()));
        times.push(begun.elapsed());
    }
    assert!(times.iter().all(|time| *time >= TIME_MIN), "{times:?}");
}

#[tokio::test]
async fn no_refusal_comes_sooner_than_another() {
    let (database, pool, _server) = on_fake().await;
    for (code, email) in [
        ("UserNotFoundException", "ana@example.com"),
        ("CodeMismatchException", "ana@example.com"),
        ("TooManyRequestsException", "ana@example.com"),
        // The pool is not asked about this one.
        ("UserNotFoundException", "ana"),
    ] {
        pool.set().calls = CallAnswer::Refuse(code, "");
        let server = server(config(&database.url, &pool.address())).await;
        for (call, answer, time) in try_all(&server, email).await {
            assert!(time >= TIME_MIN, "{code} of {email}, {call}: {answer:?} after {time:?}");
        }
    }
}

#[tokio::test]
async fn an_account_that_is_tried_too_often_looks_like_none() {
    let (database, pool, _server) = on_fake().await;
    let mut said = Vec::new();
    for (code, message) in [
        ("UserNotFoundException", "User does not exist."),
        ("NotAuthorizedException", "Password attempts exceeded"),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time."),
        ("TooManyFailedAttemptsException", ""),
    ] {
        pool.set().calls = CallAnswer::Refuse(code, message);
        let server = server(config(&database.url, &pool.address())).await;
        let tried = try_all(&server, "ana@example.com").await.map(|(call, answer, _)| (call, answer));
        // To make an account that is not there is another question.
        said.push(tried.into_iter().filter(|(call, _)| *call != "sign_up").collect::<Vec<_>>());
    }
    for (call, answer) in &said[0] {
        assert!(matches!(answer, Ok(_) | Err(AppError::Invalid(_))), "{call}: {answer:?}");
    }
    assert!(said.iter().all(|answers| *answers == said[0]), "{said:#?}");
}

#[tokio::test]
async fn a_pool_that_holds_everybody_back_says_so() {
    let (_database, pool, server) = on_fake().await;
    pool.set().calls = CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded");
    for (call, answer, _) in try_all(&server, "ana@example.com").await {
        assert_eq!(answer.expect_err(call).status(), 429, "{call}");
    }
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
    for (password, reason) in [("correct", "at least 10 characters"), ("correct horse ", "a space")] {
        let email = "ana@example.com";
        assert!(told(browser.sign_up("Ana", "ana", email, password).await, "password").contains(reason));
        assert!(told(browser.reset_password(email, "123456", password).await, "password").contains(reason));
    }
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
        ("NotAuthorizedException", "Password attempts exceeded", 422),
        ("UserNotFoundException", "User does not exist.", 422),
        ("UserNotConfirmedException", "User is not confirmed.", 422),
        ("TooManyRequestsException", "Rate exceeded", 429),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time.", 422),
        ("TooManyFailedAttemptsException", "", 422),
        ("ResourceNotFoundException", "User pool client does not exist.", 500),
    ];
    for (code, message, expected) in refusals {
        pool.set().calls = CallAnswer::Refuse(code, message);
        let refused = Browser::new(&server).sign_in(&format!("{code}{expected}@example.com"), "good").await;
        assert_eq!(refused.expect_err(code).status(), expected, "{code}: {message}");
    }
    pool.set().calls = CallAnswer::Refuse("PasswordResetRequiredException", "Password reset required for the user");
    let led = Browser::new(&server).sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(led, Ok("/forgot?email=ana%40example.com&next=%2Fmessages%2Fnew%2Fben".to_owned()));
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
    let email = "ana@example.com";
    // A pool of somebody else's may ask for more than we do.
    pool.set().calls = CallAnswer::Refuse("InvalidPasswordException", "Password must have symbol characters");
    assert!(told(browser.sign_up("Ana", "ana", email, PASSWORD).await, "password").contains("a longer one"));
    assert!(told(browser.reset_password(email, "123456", PASSWORD).await, "password").contains("a longer one"));
    pool.set().calls = CallAnswer::Refuse("PasswordHistoryPolicyViolationException", "");
    assert!(told(browser.reset_password(email, "123456", PASSWORD).await, "password").contains("before"));
}

#[tokio::test]
async fn an_account_that_the_pool_does_not_make_is_explained_above_the_form() {
    let (_database, pool, server) = on_fake().await;
    pool.set().calls = CallAnswer::Refuse("InvalidParameterException", "Attributes did not conform to the schema");
    let answer = Browser::new(&server).sign_up("Ana", "ana", "ana@example.com", PASSWORD).await;
    let refused = answer.expect_err("refused");
    assert_eq!((refused.status(), refused.to_string().contains("No account can be made")), (422, true), "{refused}");
    for field in ["name", "handle", "email", "password"] {
        assert_eq!(refused.field(field), None, "it is not about {field}");
    }
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
async fn the_pool_is_not_asked_for_tries_that_are_too_many() {
    let (_database, pool, server) = on_fake().await;
    let tries = (0..15).map(|_| {
        let mut thief = Browser::new(&server);
        async move { thief.sign_in("ana@example.com", "wrong").await }
    });
    let mut refused = 0;
    for answer in join_all(tries).await {
        match answer {
            Err(AppError::RateLimited { retry_after_secs }) if retry_after_secs > 0 => refused += 1,
            other => assert!(matches!(other, Err(AppError::Invalid(_))), "{other:?}"),
        }
    }
    assert!(refused >= 4, "{refused}");
    assert!(pool.count("InitiateAuth") <= 11, "the pool is not asked for those");
}
