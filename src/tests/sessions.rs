//! Sessions: what a cookie is worth, for how long, and how a refresh goes wrong.

use std::time::{Duration, Instant};

use axum::http::header;
use cruddur_messages::error::AppError;
use cruddur_messages::server::session::cookie;
use cruddur_messages::server::state::AppState;
use futures::future::join_all;
use serde_json::json;

use crate::support::browser::{Browser, config, server};
use crate::support::fake_pool::{CallAnswer, FakePool, KeySetAnswer};
use crate::support::postgres::Database;
use crate::support::signing::{key, other_key};

/// A database, a pool, a server, and Ana, signed in.
struct Scene {
    database: Database,
    pool: FakePool,
    server: AppState,
    ana: Browser,
}

const ANA: &str = "ana@example.com";

impl Scene {
    async fn begin() -> Self {
        let (database, pool) = (Database::fresh().await, FakePool::start().await);
        let server = server(config(&database.url, &pool.address())).await;
        let mut ana = Browser::new(&server);
        ana.sign_in(ANA, "good").await.expect("signs in");
        Self { database, pool, server, ana }
    }

    /// The access token ends in so many seconds.
    async fn access_ends_in(&self, secs: i64) {
        let sql = format!("update sessions set refresh_retry_at = null, access_ends_at = now() + interval '{secs} s'");
        self.database.execute(&sql).await;
    }

    async fn sessions(&self) -> i64 {
        self.database.number("select count(*) from sessions").await
    }

    fn refreshes(&self) -> usize {
        self.pool.count("GetTokensFromRefreshToken")
    }
}

#[tokio::test]
async fn the_database_holds_neither_the_cookie_nor_the_refresh_token() {
    let scene = Scene::begin().await;
    let rows: Vec<String> =
        sqlx::query_scalar("select sessions::text from sessions").fetch_all(&scene.database.pool).await.expect("rows");
    let cookie = scene.ana.cookie.clone().expect("a cookie");
    assert_eq!((rows.len(), cookie.len()), (1, 43));
    // The row's text shows bytes in hex.
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!rows[0].contains(&cookie) && !rows[0].contains(&hex(&cookie)));
    let revoked = { scene.ana.clone().sign_out().await.expect("signs out") };
    assert_eq!(revoked, "/signin");
    scene.pool.wait_for("RevokeToken", 1).await;
    let token = scene.pool.last("RevokeToken")["Token"].as_str().expect("a token").to_owned();
    assert!(!rows[0].contains(&hex(&token)) && rows[0].contains("Test browser"), "{rows:?}");
}

#[tokio::test]
async fn a_request_without_a_cookie_asks_nobody() {
    let pool = FakePool::start().await;
    // No such database: a query would be told 503.
    let server = server(config("postgres://127.0.0.1:1/none", &pool.address())).await;
    let begun = Instant::now();
    assert_eq!(Browser::new(&server).whoami().await, Err(AppError::Unauthenticated));
    assert!(begun.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn while_postgres_is_away_nobody_is_signed_out() {
    let pool = FakePool::start().await;
    let server = server(config("postgres://127.0.0.1:1/none", &pool.address())).await;
    let cookie = "A".repeat(43);
    let mut ana = Browser { server, cookie: Some(cookie.clone()) };
    assert_eq!(ana.whoami().await, Err(AppError::Unavailable));
    assert_eq!(ana.sign_out().await, Err(AppError::Unavailable));
    assert_eq!(ana.cookie, Some(cookie), "the browser keeps its cookie");
}

#[tokio::test]
async fn a_cookie_that_is_dead_or_garbled_is_taken_from_the_browser() {
    let scene = Scene::begin().await;
    for value in ["A".repeat(43), "garbled".to_owned()] {
        let mut stranger = Browser { server: scene.server.clone(), cookie: Some(value) };
        assert_eq!(stranger.whoami().await, Err(AppError::Unauthenticated));
        assert_eq!(stranger.cookie, None);
    }
    let live = scene.ana.get().await;
    assert!(!live.headers().contains_key(header::SET_COOKIE), "a live one is left alone");
}

#[tokio::test]
async fn two_cookies_of_our_name_are_believed_neither() {
    let scene = Scene::begin().await;
    let cookie = scene.ana.cookie.clone().expect("a cookie");
    let both = format!("{cookie}; {}={cookie}", cookie::NAME);
    let mut fooled = Browser { server: scene.server.clone(), cookie: Some(both) };
    assert_eq!(fooled.whoami().await, Err(AppError::Unauthenticated));
}

#[tokio::test]
async fn a_dead_cookie_does_not_take_away_the_one_that_a_sign_in_has_just_set() {
    use axum::body::Body;
    use axum::http::Request;
    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use cruddur_messages::server::session::{cookie::Secret, resolve};
    use tower::ServiceExt;
    let scene = Scene::begin().await;
    let secret = Secret::new();
    let set = secret.set_cookie();
    let router = Router::new()
        .route(
            "/",
            get({
                let set = set.clone();
                async move || [(header::SET_COOKIE, set)]
            }),
        )
        .layer(from_fn_with_state(scene.server.clone(), resolve));
    let dead = format!("{}={}", cookie::NAME, "A".repeat(43));
    let request = Request::get("/").header(header::COOKIE, dead).body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, [&set]);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_for_a_week_or_thirty_days_old() {
    let mut scene = Scene::begin().await;
    let days = |column: &str| format!("select extract(day from {column} - created_at)::int8 from sessions");
    assert_eq!(scene.database.number(&days("idle_ends_at")).await, 7);
    assert_eq!(scene.database.number(&days("ends_at")).await, 30);
    scene.database.execute("update sessions set idle_ends_at = now() - interval '1 s'").await;
    assert_eq!(scene.ana.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(scene.server.store.sessions.delete_expired().await.expect("a sweep"), 1);
    assert_eq!(scene.sessions().await, 0);
}

#[tokio::test]
async fn a_visit_is_noted_every_few_minutes_and_never_moves_the_absolute_end() {
    let mut scene = Scene::begin().await;
    let moved = "select count(*) from sessions where last_seen_at > now() - interval '1 minute'";
    scene.database.execute("update sessions set last_seen_at = now() - interval '4 minutes'").await;
    scene.ana.whoami().await.expect("ana");
    assert_eq!(scene.database.number(moved).await, 0, "a visit four minutes later costs no write");
    let old = "update sessions set last_seen_at = now() - interval '6 minutes', ends_at = now() + interval '1 day',
        idle_ends_at = now() + interval '1 hour'";
    scene.database.execute(old).await;
    scene.ana.whoami().await.expect("ana");
    assert_eq!(scene.database.number(moved).await, 1);
    assert_eq!(scene.database.number("select count(*) from sessions where idle_ends_at = ends_at").await, 1);
}

#[tokio::test]
async fn an_access_token_with_more_than_a_minute_left_is_not_renewed() {
    let mut scene = Scene::begin().await;
    scene.access_ends_in(70).await;
    scene.ana.whoami().await.expect("ana");
    assert_eq!(scene.refreshes(), 0);
    scene.access_ends_in(50).await;
    scene.ana.whoami().await.expect("ana");
    assert_eq!(scene.refreshes(), 1);
    assert_eq!(scene.pool.last("GetTokensFromRefreshToken")["ClientSecret"], "the client's secret");
    let renewed = "select count(*) from sessions where access_ends_at > now() + interval '4 minutes'";
    assert_eq!(scene.database.number(renewed).await, 1);
}

#[tokio::test]
async fn twenty_requests_at_two_servers_at_once_make_one_refresh() {
    let scene = Scene::begin().await;
    scene.pool.set().rotates = true;
    let other = server(config(&scene.database.url, &scene.pool.address())).await;
    scene.access_ends_in(-60).await;
    let requests = (0..20).map(|number| {
        let mut browser = if number % 2 == 0 { scene.ana.clone() } else { scene.ana.at(&other) };
        async move { browser.whoami().await }
    });
    for answer in join_all(requests).await {
        assert_eq!(answer, Ok("ana".to_owned()));
    }
    assert_eq!(scene.refreshes(), 1);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_and_used_the_next_time() {
    let mut scene = Scene::begin().await;
    scene.pool.set().rotates = true;
    for refreshes in 1..=3 {
        scene.access_ends_in(-60).await;
        assert_eq!(scene.ana.whoami().await, Ok("ana".to_owned()));
        assert_eq!(scene.refreshes(), refreshes);
    }
}

#[tokio::test]
async fn a_refresh_goes_on_when_the_browser_gives_up() {
    let mut scene = Scene::begin().await;
    scene.pool.set().rotates = true;
    scene.access_ends_in(-60).await;
    {
        let mut ana = scene.ana.clone();
        let request = ana.whoami();
        let called = scene.pool.wait_for("GetTokensFromRefreshToken", 1);
        // Whichever is first, the request is dropped here.
        tokio::select! { _ = request => {}, () = called => {} }
    }
    assert_eq!(scene.ana.whoami().await, Ok("ana".to_owned()), "the rotated token was not lost");
}

#[tokio::test]
async fn a_session_that_the_pool_refuses_to_renew_is_over() {
    for (code, message) in [
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        ("RefreshTokenReuseException", "Refresh token reuse"),
        ("UserNotFoundException", "User does not exist."),
    ] {
        let mut scene = Scene::begin().await;
        scene.access_ends_in(30).await;
        scene.pool.set().calls = CallAnswer::Refuse(code, message);
        assert_eq!(scene.ana.whoami().await, Err(AppError::Unauthenticated), "{code}");
        assert_eq!((scene.sessions().await, scene.ana.cookie.clone()), (0, None), "{code}");
    }
}

#[tokio::test]
async fn while_the_pool_is_away_a_session_stands_as_long_as_its_access_token_and_is_kept_after_that() {
    for trouble in [
        CallAnswer::Trouble,
        CallAnswer::Hang,
        CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded"),
        CallAnswer::Refuse("ResourceNotFoundException", "User pool client does not exist."),
    ] {
        let mut scene = Scene::begin().await;
        scene.pool.set().calls = trouble;
        scene.access_ends_in(30).await;
        assert_eq!(scene.ana.whoami().await, Ok("ana".to_owned()));
        scene.access_ends_in(-1).await;
        assert_eq!(scene.ana.whoami().await, Err(AppError::Unavailable));
        assert!(scene.ana.cookie.is_some(), "unavailable is not signed out");
        scene.pool.set().calls = CallAnswer::Good;
        scene.access_ends_in(-1).await;
        assert_eq!(scene.ana.whoami().await, Ok("ana".to_owned()));
    }
}

#[tokio::test]
async fn after_a_refresh_that_failed_nobody_asks_again_at_once() {
    let mut scene = Scene::begin().await;
    scene.pool.set().calls = CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded");
    scene.access_ends_in(-1).await;
    assert_eq!(scene.ana.whoami().await, Err(AppError::Unavailable));
    let asked = scene.refreshes();
    for _ in 0..10 {
        assert_eq!(scene.ana.whoami().await, Err(AppError::Unavailable));
    }
    assert_eq!(scene.refreshes(), asked);
}

#[tokio::test]
async fn renewed_tokens_that_do_not_hold_renew_nothing() {
    let stranger = json!({ "sub": crate::support::fake_pool::sub_of("mallory@example.com") });
    let spoil: [fn(&mut crate::support::fake_pool::Switches, serde_json::Value); 4] = [
        |switches, _| switches.signer = other_key(),
        |switches, _| switches.id_claims = json!({ "aud": "another client" }),
        |switches, stranger| switches.id_claims = stranger,
        |switches, stranger| {
            switches.id_claims = stranger.clone();
            switches.access_claims = stranger;
        },
    ];
    for spoil in spoil {
        let mut scene = Scene::begin().await;
        spoil(&mut scene.pool.set(), stranger.clone());
        scene.access_ends_in(-1).await;
        assert_eq!(scene.ana.whoami().await, Err(AppError::Unavailable));
        assert_eq!(scene.database.number("select count(*) from sessions where access_ends_at > now()").await, 0);
    }
}

#[tokio::test]
async fn a_key_that_the_pool_has_just_begun_to_sign_with_is_fetched_on_the_way() {
    let mut scene = Scene::begin().await;
    scene.pool.set().keys = KeySetAnswer::Keys(vec![key().jwk(), other_key().jwk()]);
    scene.pool.set().signer = other_key();
    scene.access_ends_in(-1).await;
    assert_eq!(scene.ana.whoami().await, Ok("ana".to_owned()));
}

#[tokio::test]
async fn a_session_sealed_with_another_key_is_over_when_it_must_be_renewed() {
    let scene = Scene::begin().await;
    let mut changed = config(&scene.database.url, &scene.pool.address());
    changed.session_key = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into();
    let mut ana = scene.ana.at(&server(changed).await);
    assert_eq!(ana.whoami().await, Ok("ana".to_owned()), "nothing needs the key until then");
    scene.access_ends_in(-1).await;
    assert_eq!(ana.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(scene.sessions().await, 0);
}

#[tokio::test]
async fn case_45_a_session_that_was_ended_is_dead_at_every_server_while_its_token_is_still_good() {
    let mut scene = Scene::begin().await;
    let mut elsewhere = scene.ana.at(&server(config(&scene.database.url, &scene.pool.address())).await);
    elsewhere.whoami().await.expect("ana");
    scene.ana.sign_out().await.expect("signs out");
    assert_eq!(elsewhere.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(elsewhere.cookie, None);
}
