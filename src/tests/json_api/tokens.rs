//! Authentication: valid access tokens, and nothing else.

use reqwest::header::{AUTHORIZATION, COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::fixtures::{ApiClient, UNKNOWN_CONVERSATION, concurrently, new_user};
use crate::support::app::{Answer, TestApp};
use crate::support::cognito::{PASSWORD, RESET_CODE};
use crate::support::fake_pool::{self, CLIENT_ID, CallAnswer, FakePool, POOL_ID, changed};
use crate::support::signing;
use crate::support::wait_until::wait_until;

/// Subject of the tokens that the tests sign.
const ANA: &str = "6f9b1c1e-7d54-4c0b-9a55-2f3f3b3a9d10";

/// Returns the responses of all routes that need a token.
async fn call_all(client: &ApiClient) -> Vec<Answer> {
    let message = json!({ "message": "a", "handle": "ben" });
    vec![
        client.get("/api/message_groups").await,
        client.get(&format!("/api/messages/{UNKNOWN_CONVERSATION}")).await,
        client.post(&message).await,
        // Authentication comes before validation.
        client.send(client.request(Method::POST, "/api/messages").body("{")).await,
        client.get("/api/message_groups?cursor=x").await,
    ]
}

async fn assert_unauthorized(client: &ApiClient, why: &str) {
    for answer in call_all(client).await {
        assert_eq!((answer.status, &*answer.text), (StatusCode::UNAUTHORIZED, "{}"), "{why}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{why}");
    }
}

/// Starts a server that trusts the keys with which the tests sign.
async fn app_with_fake_pool(pool: &FakePool) -> TestApp {
    let app = TestApp::start_with(|config| {
        config.user_pool_id = POOL_ID.to_owned();
        config.client_id = CLIENT_ID.to_owned();
        config.cognito_endpoint = Some(pool.endpoint.clone());
    })
    .await;
    let add = format!(
        "insert into users (display_name, handle, email, cognito_user_id) \
         values ('Ana', 'ana', 'ana@example.com', '{ANA}')"
    );
    app.database.execute(&add).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_bearer_header_with_one_access_token_authenticates() {
    let app = TestApp::start().await;
    app.sign_in("ana").await;
    let tokens = app.pool.tokens("ana").await;
    assert_unauthorized(&ApiClient::anonymous(&app), "no header").await;
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer undefined",
        "Bearer a.b.c",
        &*format!("Bearer {}", tokens.id),
        &*format!("Basic {}", tokens.access),
        &*format!("Bearer {} more", tokens.access),
        &tokens.access,
        &*format!("Bearer {}x", tokens.access),
    ] {
        assert_unauthorized(&ApiClient::with_authorization(&app, authorization), authorization).await;
    }
    let two_headers = ApiClient::with_token_of(&app, "ana").await;
    let request = two_headers.request(Method::GET, "/api/message_groups").header(AUTHORIZATION, "Bearer x");
    assert_eq!(two_headers.send(request).await.status, StatusCode::UNAUTHORIZED);
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
        let client = ApiClient::with_authorization(&app, &format!("{scheme} {}", tokens.access));
        assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_foreign_tokens_are_rejected() {
    let pool = FakePool::start().await;
    let app = app_with_fake_pool(&pool).await;
    let token = |changes: Value| signing::key().token(&changed(fake_pool::access_claims(ANA), &changes));
    let good = token(json!({}));
    let nameless = signing::key().token_with(&json!({ "alg": "RS256" }), &fake_pool::access_claims(ANA));
    let unsigned =
        signing::key().token_with(&json!({ "alg": "none", "kid": "first+/=" }), &fake_pool::access_claims(ANA));
    for (why, token) in [
        ("no kid", nameless),
        ("no signature", unsigned),
        ("another key", signing::other_key().token(&fake_pool::access_claims(ANA))),
        ("expired", token(json!({ "exp": signing::now() - 60 }))),
        ("another client", token(json!({ "client_id": "other" }))),
        ("another pool", token(json!({ "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other" }))),
        ("an ID token", signing::key().token(&fake_pool::id_claims(ANA))),
        ("no use", token(json!({ "token_use": null }))),
        ("another scope", token(json!({ "scope": "openid" }))),
        ("no subject", token(json!({ "sub": null }))),
    ] {
        assert_unauthorized(&ApiClient::with_authorization(&app, &format!("Bearer {token}")), why).await;
    }
    let client = ApiClient::with_authorization(&app, &format!("Bearer {good}"));
    assert_eq!(client.get("/api/message_groups").await.text, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_token_of_an_unknown_user_is_forbidden() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    let client = ApiClient::with_token_of(&app, "ana").await;
    for answer in call_all(&client).await {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.text, r#"["unknown_person"]"#);
    }
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    assert_eq!(app.browser().submit("/signin", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cookie_does_not_authenticate() {
    let app = TestApp::start().await;
    let (ana, client) = new_user(&app, "ana").await;
    let cookie = ana.cookie.expect("she is signed in");
    let anonymous = ApiClient::anonymous(&app);
    let request = anonymous.request(Method::GET, "/api/message_groups").header(COOKIE, &cookie);
    assert_eq!(anonymous.send(request).await.status, StatusCode::UNAUTHORIZED);
    // An invalid cookie does no harm beside a valid token.
    let request = client.request(Method::GET, "/api/message_groups").header(COOKIE, "__Host-session=x");
    let answer = client.send(request).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_set_or_postgresql_the_api_answers_503() {
    let without_keys =
        TestApp::start_with(|config| config.cognito_endpoint = Some("http://127.0.0.1:1".to_owned())).await;
    let without_postgresql =
        TestApp::start_with(|config| config.database_url = "postgres://nobody@127.0.0.1:1/none".to_owned().into())
            .await;
    for app in [&without_keys, &without_postgresql] {
        app.pool.add("ana").await;
        for answer in call_all(&ApiClient::with_token_of(app, "ana").await).await {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
            assert_eq!(answer.header("retry-after"), "5");
            assert_eq!(answer.text, r#"["unavailable"]"#);
        }
    }
    let lookup = ApiClient::anonymous(&without_postgresql).get("/api/users/@ana/short").await;
    assert_eq!(lookup.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_error_is_reported_in_json() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    app.database.execute("alter table users rename to away").await;
    app.state.store.remembered.forget_all();
    for answer in [ana.get("/api/message_groups").await, ana.get("/api/users/@ana/short").await] {
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.text, r#"["unexpected"]"#);
    }
}

// F55
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rejected_after_its_user_has_signed_out_everywhere() {
    let app = TestApp::start().await;
    let (mut browser, client) = new_user(&app, "ana").await;
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);
    assert_eq!(browser.submit("/signout-everywhere", &[]).await.status, StatusCode::SEE_OTHER);
    assert_unauthorized(&client, "signed out everywhere").await;
    let again = ApiClient::with_token_of(&app, "ana").await;
    assert_eq!(again.get("/api/message_groups").await.status, StatusCode::OK, "a new token is valid");
}

// F55
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rejected_after_a_password_reset() {
    let app = TestApp::start().await;
    let (mut browser, client) = new_user(&app, "ana").await;
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);
    let email = ("email", "ana@example.com");
    assert_eq!(browser.submit("/forgot", &[email]).await.status, StatusCode::SEE_OTHER);
    let fields = [email, ("code", RESET_CODE), ("password", "Another-2026!")];
    let reset = browser.submit("/forgot", &fields).await;
    assert_eq!(reset.location(), "/signin?reset=true", "{}", reset.text);
    assert_unauthorized(&client, "another password").await;
}

// F55
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rejected_within_seconds_after_its_account_is_signed_out_disabled_or_deleted_in_the_pool() {
    let app = TestApp::start().await;
    let (id, admin) = (&app.pool.address.user_pool_id, &app.pool.admin);
    for action in ["sign out", "disable", "delete"] {
        let (name, email) = (action.replace(' ', ""), format!("{}@example.com", action.replace(' ', "")));
        let (_, client) = new_user(&app, &name).await;
        assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);
        match action {
            "sign out" => {
                let request = admin.admin_user_global_sign_out().user_pool_id(id).username(&email);
                request.send().await.expect("signs out");
            }
            "disable" => {
                admin.admin_disable_user().user_pool_id(id).username(&email).send().await.expect("disables");
            }
            _ => {
                admin.admin_delete_user().user_pool_id(id).username(&email).send().await.expect("deletes");
            }
        }
        let since = std::time::Instant::now();
        wait_until(action, async || client.get("/api/message_groups").await.status == StatusCode::UNAUTHORIZED).await;
        assert!(since.elapsed() < std::time::Duration::from_secs(10), "{action}: {:?}", since.elapsed());
        assert_unauthorized(&client, action).await;
    }
}

// F55
#[tokio::test(flavor = "multi_thread")]
async fn the_pool_is_asked_about_a_token_once_and_while_it_cannot_answer_the_signature_counts() {
    let pool = FakePool::start().await;
    let app = app_with_fake_pool(&pool).await;
    let token = |n: u64| {
        let claims = changed(fake_pool::access_claims(ANA), &json!({ "jti": n }));
        ApiClient::with_authorization(&app, &format!("Bearer {}", signing::key().token(&claims)))
    };
    let first = token(1);
    for answer in concurrently(10, || first.get("/api/message_groups")).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(pool.count("GetUser"), 1);
    for (number, calls) in [
        CallAnswer::Trouble("InternalErrorException"),
        CallAnswer::Hang,
        CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded"),
        CallAnswer::Refuse("ForbiddenException", "Request not allowed due to WAF block."),
    ]
    .into_iter()
    .enumerate()
    {
        pool.set().calls = calls;
        assert_eq!(token(10 + number as u64).get("/api/message_groups").await.status, StatusCode::OK, "{number}");
    }
    for (number, code) in ["NotAuthorizedException", "UserNotFoundException"].into_iter().enumerate() {
        pool.set().calls = CallAnswer::Refuse(code, "Access Token has been revoked");
        assert_unauthorized(&token(20 + number as u64), code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_renewed_is_as_old_as_its_sign_in() {
    let pool = FakePool::start().await;
    let app = app_with_fake_pool(&pool).await;
    app.database.execute("update users set tokens_valid_from = now() - interval '30 s'").await;
    let token = |signed_in_at: Value| {
        let claims = changed(fake_pool::access_claims(ANA), &json!({ "auth_time": signed_in_at }));
        ApiClient::with_authorization(&app, &format!("Bearer {}", signing::key().token(&claims)))
    };
    assert_unauthorized(&token(json!(signing::now() - 60)), "signed in before").await;
    for signed_in_at in [json!(signing::now()), json!(null)] {
        assert_eq!(token(signed_in_at).get("/api/message_groups").await.status, StatusCode::OK);
    }
}
