//! Token refresh of sessions, and its failures.

use cruddur_messages::domain::error::AppError;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::{SESSION_KEY, config, server};
use crate::support::fake_pool::{CallAnswer, KeySetAnswer, Switches, sub_of};
use crate::support::session_fixture::SessionFixture;
use crate::support::signing::{key, other_key};

#[tokio::test]
async fn an_access_token_with_more_than_a_minute_left_is_not_refreshed() {
    let mut fixture = SessionFixture::start().await;
    fixture.access_ends_in(70).await;
    fixture.ana.whoami().await.expect("ana");
    assert_eq!(fixture.refreshes(), 0);
    fixture.access_ends_in(50).await;
    fixture.ana.whoami().await.expect("ana");
    assert_eq!(fixture.refreshes(), 1);
    assert_eq!(fixture.pool.last("GetTokensFromRefreshToken")["ClientSecret"], "the client's secret");
    let refreshed = "select count(*) from sessions where access_ends_at > now() + interval '4 minutes'";
    assert_eq!(fixture.database.number(refreshed).await, 1);
}

#[tokio::test]
async fn twenty_concurrent_requests_to_two_servers_cause_one_refresh() {
    let fixture = SessionFixture::start().await;
    fixture.pool.set().rotates = true;
    let other = server(config(&fixture.database.url, &fixture.pool.address())).await;
    fixture.access_ends_in(-60).await;
    let requests = (0..20).map(|number| {
        let mut browser = if number % 2 == 0 { fixture.ana.clone() } else { fixture.ana.at(&other) };
        async move { browser.whoami().await }
    });
    for answer in join_all(requests).await {
        assert_eq!(answer, Ok("ana".to_owned()));
    }
    assert_eq!(fixture.refreshes(), 1);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_stored_and_used_for_the_next_refresh() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().rotates = true;
    for refreshes in 1..=3 {
        fixture.access_ends_in(-60).await;
        assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
        assert_eq!(fixture.refreshes(), refreshes);
    }
}

#[tokio::test]
async fn a_new_session_key_signs_no_user_out_and_the_previous_one_can_be_removed_after_a_renewal() {
    const NEW: &str = "letters-and-digits-of-a-generator";
    for rotates in [false, true] {
        let fixture = SessionFixture::start().await;
        fixture.pool.set().rotates = rotates;
        let server_with = async |keys: String| {
            let mut config = config(&fixture.database.url, &fixture.pool.address());
            config.session_key = keys.into();
            server(config).await
        };
        let sealed_with_the_old_key = "select count(*) from sessions where seal_key_id = '630dcd29'";
        assert_eq!(fixture.database.number(sealed_with_the_old_key).await, 1);
        let both = server_with(format!("{NEW},{SESSION_KEY}")).await;
        fixture.access_ends_in(-60).await;
        assert_eq!(fixture.ana.at(&both).whoami().await, Ok("ana".to_owned()));
        assert_eq!(fixture.database.number(sealed_with_the_old_key).await, 0);
        fixture.access_ends_in(-60).await;
        assert_eq!(fixture.ana.at(&server_with(NEW.to_owned()).await).whoami().await, Ok("ana".to_owned()));
    }
}

#[tokio::test]
async fn a_refresh_continues_after_the_browser_disconnects() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().rotates = true;
    fixture.access_ends_in(-60).await;
    fixture.pool.set().calls = CallAnswer::Slow;
    {
        let mut ana = fixture.ana.clone();
        tokio::select! {
            answer = ana.whoami() => panic!("answered {answer:?} before the disconnect"),
            () = fixture.pool.wait_for("GetTokensFromRefreshToken", 1) => {}
        }
    }
    assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()), "the rotated token was not lost");
}

#[tokio::test]
async fn a_session_that_the_pool_refuses_to_refresh_is_ended() {
    for (code, message) in [
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        ("RefreshTokenReuseException", "Refresh token reuse"),
        ("UserNotFoundException", "User does not exist."),
    ] {
        let mut fixture = SessionFixture::start().await;
        fixture.access_ends_in(30).await;
        fixture.pool.set().calls = CallAnswer::Refuse(code, message);
        assert_eq!(fixture.ana.whoami().await, Err(AppError::Unauthenticated), "{code}");
        assert_eq!((fixture.sessions().await, fixture.ana.cookie.clone()), (0, None), "{code}");
    }
}

#[tokio::test]
async fn during_a_pool_outage_a_session_is_valid_until_its_access_token_expires_and_is_kept_afterwards() {
    for outage in [
        CallAnswer::Trouble("InternalErrorException"),
        CallAnswer::Hang,
        CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded"),
        CallAnswer::Refuse("ResourceNotFoundException", "User pool client does not exist."),
    ] {
        let mut fixture = SessionFixture::start().await;
        fixture.pool.set().calls = outage;
        fixture.access_ends_in(30).await;
        assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
        fixture.access_ends_in(-1).await;
        assert_eq!(fixture.ana.whoami().await, Err(AppError::Unavailable));
        assert!(fixture.ana.cookie.is_some(), "an outage signs no user out");
        fixture.pool.set().calls = CallAnswer::Good;
        fixture.access_ends_in(-1).await;
        assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
    }
}

#[tokio::test]
async fn a_failed_refresh_is_not_repeated_at_once() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().calls = CallAnswer::Refuse("TooManyRequestsException", "Rate exceeded");
    fixture.access_ends_in(-1).await;
    assert_eq!(fixture.ana.whoami().await, Err(AppError::Unavailable));
    let calls = fixture.refreshes();
    for _ in 0..10 {
        assert_eq!(fixture.ana.whoami().await, Err(AppError::Unavailable));
    }
    assert_eq!(fixture.refreshes(), calls);
}

#[tokio::test]
async fn invalid_tokens_from_a_refresh_are_not_stored() {
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
        let mut fixture = SessionFixture::start().await;
        spoil(&mut fixture.pool.set(), stranger.clone());
        fixture.access_ends_in(-1).await;
        assert_eq!(fixture.ana.whoami().await, Err(AppError::Unavailable));
        assert_eq!(fixture.database.number("select count(*) from sessions where access_ends_at > now()").await, 0);
    }
}

#[tokio::test]
async fn a_new_signing_key_of_the_pool_is_fetched_during_a_refresh() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().keys = KeySetAnswer::Keys(vec![key().jwk(), other_key().jwk()]);
    fixture.pool.set().signer = other_key();
    fixture.access_ends_in(-1).await;
    assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
}

#[tokio::test]
async fn a_session_encrypted_with_another_key_ends_at_its_next_refresh() {
    let fixture = SessionFixture::start().await;
    let mut changed = config(&fixture.database.url, &fixture.pool.address());
    changed.session_key = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into();
    let other = server(changed).await;
    let mut ana = fixture.ana.at(&other);
    assert_eq!(ana.whoami().await, Ok("ana".to_owned()), "no key is needed before the refresh");
    fixture.access_ends_in(-1).await;
    other.store.remembered.forget_all();
    assert_eq!(ana.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(fixture.sessions().await, 0);
}
