//! Steps of a sign-in after the password: a new password in place of a temporary one, and second factors.

use aws_sdk_cognitoidentityprovider::types::MessageActionType;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::field_error::FieldCode;
use cruddur_messages::server::http::session::cookie;
use cruddur_messages::server::http::session::sealed_cookie::SIGN_IN;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::app::{Answer, Browser, Fields, TestApp};
use crate::support::cognito::{PASSWORD, attribute};
use crate::support::fake_challenges::{CODE, REFUSED_PASSWORD};
use crate::support::fake_pool::{FakePool, sub_of};
use crate::support::totp;

const ANA: &str = "ana@example.com";

/// Password that an administrator has set.
const TEMPORARY: &str = "Temporary-2026!";

/// Starts a server with a scriptable pool that demands these challenges.
async fn app_with(challenges: &[&'static str]) -> (TestApp, FakePool) {
    let pool = FakePool::start().await;
    pool.set().challenges = challenges.to_vec();
    (TestApp::start_with_pool(pool.address(), |_| {}).await, pool)
}

async fn sign_in(browser: &mut Browser, password: &str) -> Answer {
    browser.submit("/signin", &[("email", ANA), ("password", password)]).await
}

fn assert_redirect(answer: &Answer, to: &str) {
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, to), "{}", answer.text);
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.call("current_user", &[]).await.status == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_temporary_password_chooses_an_own_one_and_is_signed_in() {
    let app = TestApp::start().await;
    let created = app.pool.admin.admin_create_user().user_pool_id(&app.pool.address.user_pool_id).username(ANA);
    let created = created.temporary_password(TEMPORARY).message_action(MessageActionType::Suppress);
    let created = created.user_attributes(attribute("email", ANA)).user_attributes(attribute("email_verified", "true"));
    created.send().await.expect("an account");
    let mut ana = app.browser();
    let fields = [("email", " Ana@Example.com"), ("password", TEMPORARY), ("next", "/messages/new/ben")];
    let asked = ana.submit("/signin", &fields).await;
    assert_redirect(&asked, "/signin/password?next=%2Fmessages%2Fnew%2Fben");
    assert!(!is_signed_in(&mut ana).await, "not yet");
    let page = ana.get(asked.location()).await;
    assert!(page.text.contains("temporary password") && page.text.contains("value=\"/messages/new/ben\""));
    let short = ana.submit("/signin/password", &[("password", "short"), ("next", "/messages/new/ben")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("at least 10 characters") && short.text.contains("value=\"/messages/new/ben\""));
    let done = ana.submit("/signin/password", &[("password", PASSWORD), ("next", "/messages/new/ben")]).await;
    assert_redirect(&done, "/messages/new/ben?signed_in=true");
    assert!(is_signed_in(&mut ana).await);
    assert!(ana.others.is_empty(), "nothing of the sign-in stays");
    let mut again = app.browser();
    assert_eq!(sign_in(&mut again, TEMPORARY).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_redirect(&sign_in(&mut again, PASSWORD).await, "/messages?signed_in=true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_an_authenticator_app_signs_in_with_its_code() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let secret = app.pool.add_authenticator("ana").await;
    assert!(is_signed_in(&mut ana).await, "the sessions go on");
    let mut other = app.browser();
    let asked = sign_in(&mut other, PASSWORD).await;
    assert_redirect(&asked, "/signin/code?by=app");
    let page = other.get(asked.location()).await.text;
    assert!(page.contains("authenticator app") && page.contains("one-time-code"), "{page}");
    let wrong = other.submit("/signin/code", &[("code", "000000"), ("by", "app")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("This code is wrong") && wrong.text.contains("authenticator app"), "{}", wrong.text);
    assert!(!is_signed_in(&mut other).await);
    // Digits of another script, as a keyboard may enter them, and a space as the app shows it.
    let code: String = totp::code(&secret).chars().flat_map(|it| char::from_u32(u32::from(it) - 48 + 0x660)).collect();
    let done = other.submit("/signin/code", &[("code", &format!("{} ", code)), ("by", "app")]).await;
    assert_redirect(&done, "/messages?signed_in=true");
    assert!(is_signed_in(&mut other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_from_an_email_or_a_text_message_sign_in_with_script_too() {
    for (challenge, field, by, words) in [
        ("EMAIL_OTP", "EMAIL_OTP_CODE", "email", "a code to your e-mail address"),
        ("SMS_MFA", "SMS_MFA_CODE", "text", "a code to your phone"),
    ] {
        let (app, pool) = app_with(&[challenge]).await;
        let mut ana = app.browser();
        let asked: String = ana.call("sign_in", &[("email", ANA), ("password", PASSWORD)]).await.json();
        assert_eq!(asked, format!("/signin/code?by={by}"));
        assert!(ana.get(&asked).await.text.contains(words), "{challenge}");
        let wrong = ana.call("answer_sign_in_code", &[("code", "999999")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.error().field("code"), Some(FieldCode::SignInCodeRefused));
        let done: String = ana.call("answer_sign_in_code", &[("code", CODE), ("next", "/settings")]).await.json();
        assert_eq!(done, "/settings?signed_in=true");
        assert!(is_signed_in(&mut ana).await, "{challenge}");
        let answer = pool.last("RespondToAuthChallenge");
        assert_eq!(answer["ChallengeResponses"][field], CODE);
        assert_eq!(answer["ChallengeResponses"]["USERNAME"], sub_of(ANA));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_from_a_text_message_comes_with_the_advice_to_use_an_app() {
    for (challenge, is_advised) in [("SMS_MFA", true), ("EMAIL_OTP", false), ("SOFTWARE_TOKEN_MFA", false)] {
        let (app, _pool) = app_with(&[challenge]).await;
        let mut ana = app.browser();
        let asked = sign_in(&mut ana, PASSWORD).await;
        let page = ana.get(asked.location()).await.text;
        assert_eq!(page.contains("An authenticator app is safer"), is_advised, "{challenge}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_follows_a_temporary_password() {
    let (app, pool) = app_with(&["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"]).await;
    let mut ana = app.browser();
    assert_redirect(&sign_in(&mut ana, TEMPORARY).await, "/signin/password");
    let refused = ana.submit("/signin/password", &[("password", REFUSED_PASSWORD)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("too weak") && !refused.text.contains(REFUSED_PASSWORD), "{}", refused.text);
    let first = ana.others.clone();
    assert_redirect(&ana.submit("/signin/password", &[("password", PASSWORD)]).await, "/signin/code?by=app");
    assert_ne!(ana.others, first);
    assert_redirect(&ana.submit("/signin/code", &[("code", CODE)]).await, "/messages?signed_in=true");
    assert!(is_signed_in(&mut ana).await);
    assert_eq!(pool.count("RespondToAuthChallenge"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_has_expired_leads_back_to_its_form() {
    let (app, pool) = app_with(&["SOFTWARE_TOKEN_MFA"]).await;
    let mut ana = app.browser();
    let back = "/signin?expired=true&next=%2Fmessages%2Fnew%2Fben";
    // Without the sign-in that waits, with the page of another step, and with a cookie that this site has not sealed.
    let answer = [("code", CODE), ("next", "/messages/new/ben")];
    assert_redirect(&ana.submit("/signin/code", &answer).await, back);
    assert_redirect(&ana.get("/signin/code?by=app&next=%2Fmessages%2Fnew%2Fben").await, back);
    sign_in(&mut ana, PASSWORD).await;
    let waiting = ana.others[SIGN_IN.name].clone();
    let other = ana.submit("/signin/password", &[("password", PASSWORD), ("next", "/messages/new/ben")]).await;
    assert_redirect(&other, back);
    assert!(ana.others.is_empty());
    ana.others.insert(SIGN_IN.name.to_owned(), format!("{waiting}A"));
    assert_redirect(&ana.submit("/signin/code", &answer).await, back);
    assert_eq!(pool.count("RespondToAuthChallenge"), 0);
    // The pool waits no longer.
    ana.others.insert(SIGN_IN.name.to_owned(), waiting);
    pool.set().challenges = vec!["EMAIL_OTP"];
    assert_redirect(&ana.submit("/signin/code", &answer).await, back);
    assert_eq!(pool.count("RespondToAuthChallenge"), 1);
    let page = ana.get(back).await.text;
    assert!(page.contains("Your sign-in has expired"), "{page}");
    assert!(!is_signed_in(&mut ana).await);
    let script: String = ana.call("answer_sign_in_code", &[("code", CODE)]).await.json();
    assert_eq!(script, "/signin?expired=true");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_a_code_are_limited_also_over_several_sign_ins() {
    let (app, pool) = app_with(&["SOFTWARE_TOKEN_MFA"]).await;
    let mut thief = app.browser();
    let mut limited = None;
    for guess in 0..20 {
        if guess % 4 == 0 {
            assert_redirect(&sign_in(&mut thief, PASSWORD).await, "/signin/code?by=app");
        }
        let answer = thief.call("answer_sign_in_code", &[("code", &format!("{guess:06}"))]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer.error());
            break;
        }
    }
    assert!(matches!(limited, Some(AppError::RateLimited { retry_after_secs }) if retry_after_secs > 0));
    assert!(pool.count("RespondToAuthChallenge") <= 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_step_shows_nothing_and_gives_no_right() {
    let (app, pool) = app_with(&["SOFTWARE_TOKEN_MFA"]).await;
    let mut ana = app.browser();
    let asked = sign_in(&mut ana, PASSWORD).await;
    let set: Vec<_> = asked.headers.get_all("set-cookie").iter().map(|it| it.to_str().expect("ASCII")).collect();
    let [set] = set[..] else { panic!("{set:?}") };
    assert!(set.starts_with(SIGN_IN.name), "{set}");
    let session = pool.set().sessions.keys().next().cloned().expect("a session of the pool");
    for secret in [&*session, ANA, &sub_of(ANA), PASSWORD] {
        assert!(!set.contains(secret), "{secret} in {set}");
    }
    // Not even under the name of the session cookie.
    let value = set.split(['=', ';']).nth(1).expect("a value");
    ana.cookie = Some(format!("{}={value}", cookie::NAME));
    assert!(!is_signed_in(&mut ana).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_a_second_factor_signs_in_as_before() {
    let (app, pool) = app_with(&[]).await;
    let mut ana = app.browser();
    let signed_in = sign_in(&mut ana, PASSWORD).await;
    assert_redirect(&signed_in, "/messages?signed_in=true");
    assert_eq!(signed_in.headers.get_all("set-cookie").iter().count(), 1);
    assert_eq!((pool.count("InitiateAuth"), pool.count("RespondToAuthChallenge")), (1, 0));
    // The pages of the steps are none of theirs.
    assert_redirect(&ana.get("/signin/code").await, "/messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_two_accounts_sign_no_user_in() {
    let (app, pool) = app_with(&["SOFTWARE_TOKEN_MFA"]).await;
    let mut ana = app.browser();
    sign_in(&mut ana, PASSWORD).await;
    pool.set().id_claims = json!({ "sub": sub_of("another account") });
    assert_eq!(ana.submit("/signin/code", &[("code", CODE)]).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!is_signed_in(&mut ana).await, "tokens of two accounts");
}

/// Calls of the pool that anyone can cause, and the request that causes each.
const CALLS_OF_VISITORS: [(&str, &str, Fields); 7] = [
    ("InitiateAuth", "/signin", &[("email", ANA), ("password", PASSWORD)]),
    ("RespondToAuthChallenge", "/signin/code", &[("code", CODE)]),
    ("SignUp", "/signup", &[("name", "Ana"), ("handle", "ana"), ("email", ANA), ("password", PASSWORD)]),
    ("ConfirmSignUp", "/confirm", &[("email", ANA), ("code", CODE)]),
    ("ResendConfirmationCode", "/confirm", &[("email", ANA), ("resend", "true")]),
    ("ForgotPassword", "/forgot", &[("email", ANA)]),
    ("ConfirmForgotPassword", "/forgot", &[("email", ANA), ("code", CODE), ("password", PASSWORD), ("sent", "true")]),
];

#[tokio::test(flavor = "multi_thread")]
async fn only_a_pool_with_threat_protection_is_told_the_addresses_of_visitors() {
    for is_on in [true, false] {
        let pool = FakePool::start().await;
        pool.set().challenges = vec!["SOFTWARE_TOKEN_MFA"];
        let app = TestApp::start_with_pool(pool.address(), |config| config.threat_protection = is_on).await;
        let mut visitor = app.browser();
        for (call, page, fields) in CALLS_OF_VISITORS {
            visitor.submit(page, fields).await;
            assert_eq!(pool.last(call)["call"], call, "{page} makes this call");
            let address = pool.last(call)["UserContextData"]["IpAddress"].clone();
            assert_eq!(address.as_str().is_some_and(|it| it.starts_with("203.0.113.")), is_on, "{call}: {address}");
        }
    }
}
