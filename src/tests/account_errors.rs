//! Errors of the account functions: the messages that users see, and the information that must stay hidden.

use std::time::{Duration, Instant};

use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::state::AppState;
use cruddur_messages::ui::wording::sentence;
use futures::future::join_all;

use crate::support::browser::{Browser, config, server};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::{CallAnswer, FakePool, KeySetAnswer};
use crate::support::log::Log;
use crate::support::postgres::Database;
use crate::support::session_fixture::{field_error, server_with_emulator, server_with_fake_pool};

/// Minimum duration of a response whose time must not reveal what happened.
const DURATION_MIN: Duration = Duration::from_millis(400);

/// Call with its result and duration.
type TimedResult = (&'static str, Result<String, AppError>, Duration);

async fn timed(call: &'static str, answer: impl Future<Output = Result<String, AppError>>) -> TimedResult {
    let started = Instant::now();
    let answer = answer.await;
    (call, answer, started.elapsed())
}

/// Makes every call whose response could reveal an account, concurrently and each from its own browser.
async fn call_all(server: &AppState, email: &str) -> [TimedResult; 6] {
    let mut browsers: [Browser; 6] = std::array::from_fn(|_| Browser::new(server));
    let [first, second, third, fourth, fifth, sixth] = &mut browsers;
    let results = tokio::join!(
        timed("sign_in", first.sign_in(email, "good")),
        timed("sign_up", second.sign_up("Ana", "ana", email, PASSWORD)),
        timed("confirm", third.confirm(email, "123456")),
        timed("resend_code", fourth.resend_code(email)),
        timed("forgot_password", fifth.forgot_password(email)),
        timed("reset_password", sixth.reset_password(email, "123456", PASSWORD)),
    );
    results.into()
}

#[tokio::test]
async fn no_response_reveals_whether_an_account_exists() {
    let (database, pool, first) = server_with_emulator().await;
    pool.add("ana").await;
    let unconfirmed = Browser::new(&first).sign_up("Cy", "cy", "cy@example.com", PASSWORD).await;
    unconfirmed.expect("an unconfirmed account");
    let mut answers = Vec::new();
    for name in ["ana", "cy", "nobody"] {
        // One server per name: the rate limit of a server allows fewer attempts per address.
        let mut browser = Browser::new(&server(config(&database.url, &pool.address)).await);
        let email = format!("{name}@example.com");
        let mut responses = Vec::new();
        responses.push(format!("{:?}", browser.sign_in(&email, "Wrong-2026!").await));
        responses.push(format!("{:?}", browser.forgot_password(&email).await));
        responses.push(format!("{:?}", browser.resend_code(&email).await));
        responses.push(format!("{:?}", browser.confirm(&email, "000000").await));
        responses.push(format!("{:?}", browser.reset_password(&email, "000000", "Another-2026!").await));
        responses.push(format!("{:?}", browser.reset_password(&email, "000000", "x").await));
        responses.push(format!("{:?}", browser.sign_up("X", "xx", &email, PASSWORD).await));
        // Cognito checks the password only if the account does not exist.
        responses.push(format!("{:?}", browser.sign_up("X", "xx", &email, "x").await));
        answers.push(responses.join("\n").replace(name, "_"));
    }
    assert_eq!(answers[0], answers[2], "an account and a missing one");
    assert_eq!(answers[1], answers[2], "an unconfirmed account and a missing one");
}

#[tokio::test]
async fn signing_up_takes_as_long_if_the_account_exists() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut browser = Browser::new(&server);
    let mut times = Vec::new();
    for calls in [
        CallAnswer::Good,
        CallAnswer::Refuse("UsernameExistsException", "User already exists"),
        // The pool's daily limit of e-mails: it applies only if the account does not exist yet.
        CallAnswer::Refuse("LimitExceededException", "Exceeded daily email limit for the operation or the account."),
    ] {
        pool.set().calls = calls;
        let started = Instant::now();
        let answer = browser.sign_up("Ana", "ana", "ana@example.com", PASSWORD).await;
        assert_eq!(answer, Ok("/confirm?email=ana%40example.com".to_owned()));
        times.push(started.elapsed());
    }
    assert!(times.iter().all(|time| *time >= DURATION_MIN), "{times:?}");
}

#[tokio::test]
async fn every_error_takes_the_minimum_duration() {
    let (database, pool, _server) = server_with_fake_pool().await;
    for (code, email) in [
        ("UserNotFoundException", "ana@example.com"),
        ("CodeMismatchException", "ana@example.com"),
        ("TooManyRequestsException", "ana@example.com"),
        // Rejected without a call to the user pool.
        ("UserNotFoundException", "ana"),
    ] {
        pool.set().calls = CallAnswer::Refuse(code, "");
        let server = server(config(&database.url, &pool.address())).await;
        for (call, answer, time) in call_all(&server, email).await {
            assert!(time >= DURATION_MIN, "{code} of {email}, {call}: {answer:?} after {time:?}");
        }
    }
}

#[tokio::test]
async fn an_account_with_too_many_attempts_looks_like_a_missing_one() {
    let (database, pool, _server) = server_with_fake_pool().await;
    let mut answers = Vec::new();
    for (code, message) in [
        ("UserNotFoundException", "User does not exist."),
        ("NotAuthorizedException", "Password attempts exceeded"),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time."),
        ("TooManyFailedAttemptsException", ""),
    ] {
        pool.set().calls = CallAnswer::Refuse(code, message);
        let server = server(config(&database.url, &pool.address())).await;
        let results = call_all(&server, "ana@example.com").await.map(|(call, answer, _)| (call, answer));
        // A sign-up does not need an existing account.
        answers.push(results.into_iter().filter(|(call, _)| *call != "sign_up").collect::<Vec<_>>());
    }
    for (call, answer) in &answers[0] {
        assert!(matches!(answer, Ok(_) | Err(AppError::Invalid(_))), "{call}: {answer:?}");
    }
    assert!(answers.iter().all(|of_code| *of_code == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn a_throttled_user_pool_is_reported_as_rate_limited() {
    let (_database, pool, server) = server_with_fake_pool().await;
    pool.set().calls = CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded");
    for (call, answer, _) in call_all(&server, "ana@example.com").await {
        assert_eq!(answer.expect_err(call).status(), 429, "{call}");
    }
}

#[tokio::test]
async fn invalid_fields_are_rejected_without_a_call_to_the_user_pool() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut browser = Browser::new(&server);
    assert!(field_error(browser.sign_in("ana", "").await, "email").contains("ana@example.com"));
    assert!(field_error(browser.sign_in("ana", "").await, "password").contains("Enter"));
    assert!(field_error(browser.sign_up("", "!", "ana", &"x".repeat(257)).await, "handle").contains("letters"));
    assert!(field_error(browser.confirm("ana@example.com", "abc").await, "code").contains("digits"));
    assert!(field_error(browser.reset_password("", "", "").await, "code").contains("Enter"));
    for (password, reason) in [("correct", "at least 10 characters"), ("correct horse ", "a space")] {
        let email = "ana@example.com";
        assert!(field_error(browser.sign_up("Ana", "ana", email, password).await, "password").contains(reason));
        assert!(field_error(browser.reset_password(email, "123456", password).await, "password").contains(reason));
    }
    assert!(field_error(browser.forgot_password(" ").await, "email").contains("Enter"));
    assert!(field_error(browser.resend_code(" ").await, "email").contains("Enter"));
    for call in ["InitiateAuth", "SignUp", "ConfirmSignUp", "ConfirmForgotPassword", "ForgotPassword"] {
        assert_eq!(pool.count(call), 0, "{call}");
    }
}

#[tokio::test]
async fn every_error_of_the_user_pool_becomes_a_status_or_a_redirect() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let errors = [
        ("NotAuthorizedException", "Incorrect username or password.", 422),
        ("NotAuthorizedException", "Password attempts exceeded", 422),
        ("UserNotFoundException", "User does not exist.", 422),
        ("UserNotConfirmedException", "User is not confirmed.", 422),
        ("TooManyRequestsException", "Rate exceeded", 429),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time.", 422),
        ("TooManyFailedAttemptsException", "", 422),
        ("ResourceNotFoundException", "User pool client does not exist.", 500),
    ];
    for (code, message, expected) in errors {
        pool.set().calls = CallAnswer::Refuse(code, message);
        let refused = Browser::new(&server).sign_in(&format!("{code}{expected}@example.com"), "good").await;
        assert_eq!(refused.expect_err(code).status(), expected, "{code}: {message}");
    }
    pool.set().calls = CallAnswer::Refuse("PasswordResetRequiredException", "Password reset required for the user");
    let destination = Browser::new(&server).sign_in_to("ana@example.com", "good", "/messages/new/ben").await;
    assert_eq!(destination, Ok("/forgot?email=ana%40example.com&next=%2Fmessages%2Fnew%2Fben".to_owned()));
}

#[tokio::test]
async fn a_challenge_that_is_not_supported_is_explained() {
    let (database, pool, server) = server_with_fake_pool().await;
    for challenge in ["MFA_SETUP", "SELECT_MFA_TYPE", "CUSTOM_CHALLENGE"] {
        pool.set().calls = CallAnswer::Challenge(challenge);
        let refused = field_error(Browser::new(&server).sign_in("ana@example.com", "good").await, "password");
        assert!(refused.contains("additional sign-in step"), "{challenge}: {refused}");
    }
    assert_eq!(database.number("select count(*) from users").await, 0);
}

#[tokio::test]
async fn rejected_codes_and_passwords_are_explained_beside_their_field() {
    let (_database, pool, server) = server_with_fake_pool().await;
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
        assert!(field_error(browser.confirm(&email, "123456").await, "code").contains("Request a new one"), "{code}");
    }
    let email = "ana@example.com";
    // A user pool that we did not set up may have stricter rules than ours.
    pool.set().calls = CallAnswer::Refuse("InvalidPasswordException", "Password must have symbol characters");
    assert!(field_error(browser.sign_up("Ana", "ana", email, PASSWORD).await, "password").contains("a longer one"));
    assert!(field_error(browser.reset_password(email, "123456", PASSWORD).await, "password").contains("a longer one"));
    pool.set().calls = CallAnswer::Refuse("PasswordHistoryPolicyViolationException", "");
    assert!(field_error(browser.reset_password(email, "123456", PASSWORD).await, "password").contains("before"));
}

#[tokio::test]
async fn a_rejected_sign_up_is_explained_above_the_form() {
    let (_database, pool, server) = server_with_fake_pool().await;
    pool.set().calls = CallAnswer::Refuse("InvalidParameterException", "Attributes did not conform to the schema");
    let answer = Browser::new(&server).sign_up("Ana", "ana", "ana@example.com", PASSWORD).await;
    let refused = answer.expect_err("refused");
    assert_eq!(
        (refused.status(), sentence(&refused).contains("We couldn't create an account")),
        (422, true),
        "{refused}"
    );
    for field in ["name", "handle", "email", "password"] {
        assert_eq!(refused.field(field), None, "the error is not about {field}");
    }
}

#[tokio::test]
async fn during_an_outage_of_the_user_pool_signing_in_is_unavailable_within_seconds() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let mut ana = Browser::new(&server);
    let codes = ["InternalErrorException", "SomethingNew", ""];
    for outage in codes.map(CallAnswer::Trouble).into_iter().chain([CallAnswer::Hang]) {
        pool.set().calls = outage;
        let started = Instant::now();
        assert_eq!(ana.sign_in("ana@example.com", "good").await, Err(AppError::Unavailable));
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
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
async fn rate_limited_attempts_do_not_reach_the_user_pool() {
    let (_database, pool, server) = server_with_fake_pool().await;
    let attempts = (0..15).map(|_| {
        let mut attacker = Browser::new(&server);
        async move { attacker.sign_in("ana@example.com", "wrong").await }
    });
    let mut limited = 0;
    for answer in join_all(attempts).await {
        match answer {
            Err(AppError::RateLimited { retry_after_secs }) if retry_after_secs > 0 => limited += 1,
            other => assert!(matches!(other, Err(AppError::Invalid(_))), "{other:?}"),
        }
    }
    assert!(limited >= 4, "{limited}");
    assert!(pool.count("InitiateAuth") <= 11, "limited attempts do not reach the user pool");
}

// F65
#[tokio::test]
async fn a_refusal_by_the_firewall_or_a_trigger_of_the_pool_gets_a_clear_answer_and_is_logged() {
    let (database, pool, _server) = server_with_fake_pool().await;
    for (code, message, status, words) in [
        ("ForbiddenException", "Request not allowed due to WAF block.", 422, "firewall"),
        ("UserLambdaValidationException", "PreSignUp failed with error Domain not allowed.", 422, "rules of this site"),
        ("NotAuthorizedException", "SignUp is not permitted for this user pool", 422, "rules of this site"),
        ("UnexpectedLambdaException", "PreSignUp failed.", 503, "temporarily unavailable"),
        ("InvalidLambdaResponseException", "Unrecognizable lambda output", 503, "temporarily unavailable"),
    ] {
        let (log, _guard) = Log::capture();
        pool.set().calls = CallAnswer::Refuse(code, message);
        let server = server(config(&database.url, &pool.address())).await;
        for (call, answer, _) in call_all(&server, "ana@example.com").await {
            // A trigger runs only for accounts that exist, so these answers must not show it.
            let hides = ["resend_code", "forgot_password"].contains(&call) && code != "ForbiddenException";
            match answer {
                Ok(destination) => assert!(hides, "{code}, {call}: {destination}"),
                Err(refused) => {
                    let sentence = sentence(&refused);
                    assert!(sentence.contains(words), "{code}, {call}: {sentence}");
                    assert_eq!(refused.status(), status, "{code}, {call}");
                }
            }
        }
        let text = log.text();
        assert!(text.contains("WARN") && text.contains(&format!("{code}: {message}")), "{code}: {text}");
    }
}
