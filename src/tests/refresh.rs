//! Sessions: how their tokens are renewed, and how that goes wrong.

use cruddur_messages::domain::error::AppError;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::{config, server};
use crate::support::fake_pool::{CallAnswer, KeySetAnswer, Switches, sub_of};
use crate::support::scene::Scene;
use crate::support::signing::{key, other_key};

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
    scene.pool.set().calls = CallAnswer::Slow;
    {
        let mut ana = scene.ana.clone();
        tokio::select! {
            answer = ana.whoami() => panic!("answered {answer:?} before it was given up"),
            () = scene.pool.wait_for("GetTokensFromRefreshToken", 1) => {}
        }
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
    let stranger = json!({ "sub": sub_of("mallory@example.com") });
    let spoil: [fn(&mut Switches, Value); 4] = [
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
