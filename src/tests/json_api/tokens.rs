//! Who asks: access tokens that hold, and nothing else.

use reqwest::header::{AUTHORIZATION, COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NOWHERE, Program, arrive};
use crate::support::app::{Answer, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::{self, CLIENT_ID, FakePool, POOL_ID, changed};
use crate::support::signing;

/// Whom the made-up tokens are about.
const ANA: &str = "6f9b1c1e-7d54-4c0b-9a55-2f3f3b3a9d10";

/// What every route that needs somebody answers.
async fn ask_all(program: &Program) -> Vec<Answer> {
    let message = json!({ "message": "a", "handle": "ben" });
    vec![
        program.get("/api/message_groups").await,
        program.get(&format!("/api/messages/{NOWHERE}")).await,
        program.post(&message).await,
        // Who asks comes before what they ask.
        program.send(program.request(Method::POST, "/api/messages").body("{")).await,
        program.get("/api/message_groups?cursor=x").await,
    ]
}

async fn demand_refused(program: &Program, why: &str) {
    for answer in ask_all(program).await {
        assert_eq!((answer.status, &*answer.text), (StatusCode::UNAUTHORIZED, "{}"), "{why}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{why}");
    }
}

/// A server whose pool signs what it is told to.
async fn on_fake_pool(pool: &FakePool) -> TestApp {
    let app = TestApp::start_with(|config| {
        config.user_pool_id = POOL_ID.to_owned();
        config.client_id = CLIENT_ID.to_owned();
        config.cognito_endpoint = Some(pool.endpoint.clone());
    })
    .await;
    let add = format!(
        "insert into users (display_name, handle, email, cognito_user_id) values ('Ana', 'ana', 'ana@example.com', '{ANA}')"
    );
    app.database.execute(&add).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_bearer_token_of_two_words_says_who_asks() {
    let app = TestApp::start().await;
    app.sign_in("ana").await;
    let tokens = app.pool.tokens("ana").await;
    demand_refused(&Program::anonymous(&app), "no header").await;
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
        &*format!("Bearer  {}", tokens.access),
        &tokens.access,
        &*format!("Bearer {}x", tokens.access),
    ] {
        demand_refused(&Program::saying(&app, authorization), authorization).await;
    }
    let twice = Program::of(&app, "ana").await;
    let request = twice.request(Method::GET, "/api/message_groups").header(AUTHORIZATION, "Bearer x");
    assert_eq!(twice.send(request).await.status, StatusCode::UNAUTHORIZED);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let program = Program::saying(&app, &format!("{scheme} {}", tokens.access));
        assert_eq!(program.get("/api/message_groups").await.status, StatusCode::OK, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_for_something_else_or_over_is_refused() {
    let pool = FakePool::start().await;
    let app = on_fake_pool(&pool).await;
    let token = |changes: Value| signing::key().token(&changed(fake_pool::access_claims(ANA), &changes));
    let good = token(json!({}));
    let nameless = signing::key().token_with(&json!({ "alg": "RS256" }), &fake_pool::access_claims(ANA));
    let unsigned =
        signing::key().token_with(&json!({ "alg": "none", "kid": "first+/=" }), &fake_pool::access_claims(ANA));
    for (why, token) in [
        ("no kid", nameless),
        ("no signature", unsigned),
        ("another key", signing::other_key().token(&fake_pool::access_claims(ANA))),
        ("over", token(json!({ "exp": signing::now() - 60 }))),
        ("another client", token(json!({ "client_id": "other" }))),
        ("another pool", token(json!({ "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other" }))),
        ("an ID token", signing::key().token(&fake_pool::id_claims(ANA))),
        ("no use", token(json!({ "token_use": null }))),
        ("another scope", token(json!({ "scope": "openid" }))),
        ("nobody", token(json!({ "sub": null }))),
    ] {
        demand_refused(&Program::saying(&app, &format!("Bearer {token}")), why).await;
    }
    let program = Program::saying(&app, &format!("Bearer {good}"));
    assert_eq!(program.get("/api/message_groups").await.text, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_somebody_who_has_never_signed_in_here_is_told_so() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    let program = Program::of(&app, "ana").await;
    for answer in ask_all(&program).await {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text.starts_with(r#"{"error":"unknown_person","message":"#), "{}", answer.text);
    }
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    assert_eq!(app.browser().submit("/signin", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(program.get("/api/message_groups").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_opens_nothing() {
    let app = TestApp::start().await;
    let (ana, program) = arrive(&app, "ana").await;
    let cookie = ana.cookie.expect("she is signed in");
    let anonymous = Program::anonymous(&app);
    let request = anonymous.request(Method::GET, "/api/message_groups").header(COOKIE, &cookie);
    assert_eq!(anonymous.send(request).await.status, StatusCode::UNAUTHORIZED);
    // Nor does a dead one harm.
    let request = program.request(Method::GET, "/api/message_groups").header(COOKIE, "__Host-session=x");
    let answer = program.send(request).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_pools_keys_or_postgresql_programs_are_told_to_come_back() {
    let without_keys =
        TestApp::start_with(|config| config.cognito_endpoint = Some("http://127.0.0.1:1".to_owned())).await;
    let without_people =
        TestApp::start_with(|config| config.database_url = "postgres://nobody@127.0.0.1:1/none".to_owned().into())
            .await;
    for app in [&without_keys, &without_people] {
        app.pool.add("ana").await;
        for answer in ask_all(&Program::of(app, "ana").await).await {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
            assert_eq!(answer.header("retry-after"), "5");
            assert!(answer.text.starts_with(r#"{"error":"unavailable","message":"#), "{}", answer.text);
        }
    }
    let short = Program::anonymous(&without_people).get("/api/users/@ana/short").await;
    assert_eq!(short.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_ours_is_told_in_json_too() {
    let app = TestApp::start().await;
    let (_, ana) = arrive(&app, "ana").await;
    app.database.execute("alter table users rename to away").await;
    for answer in [ana.get("/api/message_groups").await, ana.get("/api/users/@ana/short").await] {
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.text.starts_with(r#"{"error":"unexpected","message":"#), "{}", answer.text);
    }
}
