//! Sessions: what a cookie is worth, and for how long.

use std::time::{Duration, Instant};

use axum::http::header;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::http::session::cookie;

use crate::support::browser::{Browser, config, server};
use crate::support::fake_pool::FakePool;
use crate::support::scene::Scene;

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
    use cruddur_messages::server::http::session::cookie::Secret;
    use cruddur_messages::server::http::session::resolve;
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
async fn case_45_a_session_that_was_ended_is_dead_at_every_server_while_its_token_is_still_good() {
    let mut scene = Scene::begin().await;
    let mut elsewhere = scene.ana.at(&server(config(&scene.database.url, &scene.pool.address())).await);
    elsewhere.whoami().await.expect("ana");
    scene.ana.sign_out().await.expect("signs out");
    assert_eq!(elsewhere.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(elsewhere.cookie, None);
}
