//! Fetching and caching of the key set. The numbers are those of the list of cases in `tokens/mod.rs`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::{Router, routing::get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser;
use cruddur_messages::server::cognito::Cognito;
use cruddur_messages::server::cognito::key_set::{
    FETCH_TIMEOUT, KEY_SET_BYTES_MAX, KeySet, NoKey, RefreshIntervals, requires_https,
};
use cruddur_messages::server::cognito::keys::{InvalidKeys, Keys};
use cruddur_messages::server::cognito::token::InvalidToken;
use cruddur_messages::server::config::Config;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::support::fake_pool::{CLIENT_ID, FakePool, KeySetAnswer, POOL_ID, access_claims, changed};
use super::support::signing::{key, other_key};

const ANA: &str = "6f9b1c1e-7d54-4c0b-9a55-2f3f3b3a9d10";

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

/// Intervals at which nothing is fetched twice.
const ONCE: RefreshIntervals = RefreshIntervals { unknown_kid: NEVER, retry: NEVER, refresh: NEVER };

/// Intervals at which each call may fetch.
const EACH_TIME: RefreshIntervals =
    RefreshIntervals { unknown_kid: Duration::ZERO, retry: Duration::ZERO, refresh: NEVER };

fn key_set(pool: &FakePool, intervals: RefreshIntervals) -> Arc<KeySet> {
    Arc::new(KeySet::new(pool.key_set_url(), false, intervals).expect("an address"))
}

fn refresh_keys(keys: &Arc<KeySet>) -> AbortOnDropHandle<()> {
    let keys = keys.clone();
    AbortOnDropHandle::new(tokio::spawn(async move { keys.refresh_keys().await }))
}

/// Returns `Ok(())` for a key, because keys cannot be compared.
async fn find(keys: &KeySet, kid: &str) -> Result<(), NoKey> {
    keys.find(kid).await.map(drop)
}

fn document(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Appends spaces, which JSON allows, up to a length.
fn padded(text: &str, bytes: usize) -> String {
    text.to_owned() + &" ".repeat(bytes - text.len())
}

/// Waits until `done` returns true, for at most ten seconds.
async fn until(what: &str, done: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test]
async fn an_unknown_kid_causes_one_fetch_and_then_none() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, RefreshIntervals { retry: Duration::ZERO, ..ONCE });
    assert_eq!(find(&keys, key().kid).await, Ok(()));
    // 9
    assert_eq!(find(&keys, "unknown").await, Err(NoKey::Unknown));
    assert_eq!(pool.count("keys"), 2);
    // 40
    let names: Vec<String> = (0..1000).map(|number| format!("unknown-{number}")).collect();
    for found in join_all(names.iter().map(|kid| find(&keys, kid))).await {
        assert_eq!(found, Err(NoKey::Unknown));
    }
    assert_eq!(pool.count("keys"), 2);
    assert_eq!(find(&keys, key().kid).await, Ok(()));
}

#[tokio::test]
async fn unknown_kids_cause_no_repeated_fetches_from_a_failing_pool() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, RefreshIntervals { retry: Duration::ZERO, ..ONCE });
    assert_eq!(find(&keys, key().kid).await, Ok(()));
    pool.set().keys = KeySetAnswer::Status(500);
    // 40
    for number in 0..1000 {
        assert_eq!(find(&keys, &format!("unknown-{number}")).await, Err(NoKey::Unknown));
    }
    assert_eq!(pool.count("keys"), 2);
}

#[test]
fn unknown_kids_cause_at_most_two_fetches_per_minute() {
    assert!(RefreshIntervals::default().unknown_kid >= Duration::from_secs(30));
}

#[tokio::test]
async fn a_thousand_first_requests_cause_one_fetch() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, EACH_TIME);
    let _refresh = refresh_keys(&keys);
    // 39
    for found in join_all((0..1000).map(|_| find(&keys, key().kid))).await {
        assert_eq!(found, Ok(()));
    }
    assert_eq!(pool.count("keys"), 1);
}

#[tokio::test]
async fn a_thousand_first_requests_cause_one_fetch_from_a_failing_pool() {
    let pool = FakePool::start().await;
    pool.set().keys = KeySetAnswer::Status(500);
    let keys = key_set(&pool, ONCE);
    for found in join_all((0..1000).map(|_| find(&keys, key().kid))).await {
        assert_eq!(found, Err(NoKey::NoSet));
    }
    assert_eq!(pool.count("keys"), 1);
}

#[test]
fn a_key_not_meant_for_rs256_signatures_is_ignored_and_the_others_work() {
    let unusable = |changes: Value| changed(changed(other_key().jwk(), &json!({ "kid": "odd" })), &changes);
    let modulus = URL_SAFE_NO_PAD.decode(key().jwk()["n"].as_str().expect("a modulus")).expect("base64");
    let with_n = |bytes: &[u8]| unusable(json!({ "n": URL_SAFE_NO_PAD.encode(bytes) }));
    let one_bit_short: Vec<u8> = [&[0x7f], &modulus[1..]].concat();
    let short_with_zeros: Vec<u8> = [&[0; 192], &modulus[..64]].concat();
    let mut wrong = Vec::new();
    for (number, what, jwk) in [
        (5, "a symmetric key", json!({ "kty": "oct", "alg": "HS256", "kid": "odd", "k": "c2VjcmV0" })),
        (5, "a symmetric key for RS256", json!({ "kty": "oct", "alg": "RS256", "kid": "odd", "k": "c2VjcmV0" })),
        (10, "for encryption", unusable(json!({ "use": "enc" }))),
        (10, "with a use that is not a string", unusable(json!({ "use": ["sig"] }))),
        (11, "for RS512", unusable(json!({ "alg": "RS512" }))),
        (11, "for HS256", unusable(json!({ "alg": "HS256" }))),
        (11, "for encryption according to alg", unusable(json!({ "alg": "RSA-OAEP" }))),
        (12, "of an unknown type", unusable(json!({ "kty": "lattice" }))),
        (12, "of another type", json!({ "kty": "OKP", "crv": "Ed25519", "kid": "odd", "x": "AA" })),
        (12, "of no type", unusable(json!({ "kty": null }))),
        (37, "without n", unusable(json!({ "n": null }))),
        (37, "without e", unusable(json!({ "e": null }))),
        (37, "with an empty e", unusable(json!({ "e": "" }))),
        (37, "with an n that is not base64", unusable(json!({ "n": "*" }))),
        (37, "with an n of 512 bits", with_n(&modulus[..64])),
        (37, "with 512 bits after zeros", with_n(&short_with_zeros)),
        (37, "with an n of 2047 bits", with_n(&one_bit_short)),
        (37, "with a kid that is not a string", unusable(json!({ "kid": 1 }))),
    ] {
        let alone = Keys::parse(document(std::slice::from_ref(&jwk)).as_bytes()).err();
        let both = Keys::parse(document(&[jwk, key().jwk()]).as_bytes()).ok();
        let named = both.map(|keys| (keys.get(key().kid).is_some(), keys.get("odd").is_some()));
        if (alone, named) != (Some(InvalidKeys::NoneUsable), Some((true, false))) {
            wrong.push(format!("{number}, {what}: {alone:?} alone, {named:?} beside a valid key"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let without_use = changed(key().jwk(), &json!({ "use": null }));
    assert!(Keys::parse(document(&[without_use]).as_bytes()).is_ok());
}

#[test]
fn a_key_set_with_a_duplicate_kid_is_rejected() {
    let duplicate = changed(other_key().jwk(), &json!({ "kid": key().kid }));
    let parsed = Keys::parse(document(&[key().jwk(), duplicate]).as_bytes());
    assert_eq!(parsed.err(), Some(InvalidKeys::DuplicateKid));
}

/// Responses that are not a valid key set: case number, description, response.
fn invalid_key_sets() -> Vec<(u8, &'static str, KeySetAnswer)> {
    let good = document(&[key().jwk()]);
    let text = |text: &str| KeySetAnswer::Text(text.to_owned());
    vec![
        (37, "a page", KeySetAnswer::TextAs("text/html", "<html></html>".to_owned())),
        (37, "a page declared as JSON", text("<html></html>")),
        (37, "nothing", text("")),
        (37, "an empty object", text("{}")),
        (37, "a list", text("[]")),
        (37, "no keys", text(r#"{"keys":[]}"#)),
        (37, "keys that are not a list", text(r#"{"keys":{}}"#)),
        (37, "a key that is not an object", KeySetAnswer::Text(format!(r#"{{"keys":["a",{}]}}"#, key().jwk()))),
        (37, "keys twice", KeySetAnswer::Text(format!(r#"{{"keys":[],"keys":[{}]}}"#, key().jwk()))),
        (37, "a truncated set", text(&good[..good.len() - 1])),
        (37, "only unusable keys", KeySetAnswer::Keys(vec![json!({ "kty": "oct", "kid": "a", "k": "" })])),
        (41, "an error", KeySetAnswer::Status(500)),
        (41, "not found", KeySetAnswer::Status(404)),
        (42, "a valid set not declared as JSON", KeySetAnswer::TextAs("text/plain", good.clone())),
        (42, "a redirect to a valid set", KeySetAnswer::Redirect),
        (42, "one byte too long", KeySetAnswer::Text(padded(&good, KEY_SET_BYTES_MAX + 1))),
        (42, "ten megabytes", KeySetAnswer::Text(padded(&good, 10 << 20))),
    ]
}

#[tokio::test]
async fn an_invalid_key_set_is_rejected_and_the_previous_one_kept() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, EACH_TIME);
    assert_eq!(find(&keys, key().kid).await, Ok(()));
    let mut wrong = Vec::new();
    for (number, what, answer) in invalid_key_sets() {
        pool.set().keys = answer;
        let fetches = pool.count("keys");
        let without = find(&key_set(&pool, EACH_TIME), key().kid).await;
        let (unknown, known) = (find(&keys, "unknown").await, find(&keys, key().kid).await);
        if (without, unknown, known) != (Err(NoKey::NoSet), Err(NoKey::Unknown), Ok(())) {
            wrong.push(format!("{number}, {what}: {without:?} without a set, {unknown:?} and {known:?} with one"));
        }
        assert_eq!(pool.count("keys"), fetches + 2, "{number}, {what} was fetched");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let longest = padded(&document(&[key().jwk()]), KEY_SET_BYTES_MAX);
    pool.set().keys = KeySetAnswer::Text(longest);
    assert_eq!(find(&key_set(&pool, EACH_TIME), key().kid).await, Ok(()), "42, maximum length");
}

#[tokio::test]
async fn a_fetch_that_takes_more_than_three_seconds_fails() {
    assert_eq!(FETCH_TIMEOUT, Duration::from_secs(3));
    let time_to_failure = async |answer: KeySetAnswer| {
        let pool = FakePool::start().await;
        pool.set().keys = answer;
        let started = Instant::now();
        // 42
        assert_eq!(find(&key_set(&pool, ONCE), key().kid).await, Err(NoKey::NoSet));
        started.elapsed()
    };
    let (silent, slow) = futures::join!(time_to_failure(KeySetAnswer::Hang), time_to_failure(KeySetAnswer::Drip));
    for elapsed in [silent, slow] {
        assert!(elapsed >= FETCH_TIMEOUT && elapsed < 2 * FETCH_TIMEOUT, "{elapsed:?}");
    }
}

#[tokio::test]
async fn an_endless_key_set_is_rejected_before_the_timeout() {
    let spaces = || futures::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1024])));
    let endless = get(async move || ([(CONTENT_TYPE, "application/json")], Body::from_stream(spaces())));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().route("/", endless)).await });
    let _serving = AbortOnDropHandle::new(serving);
    let keys = KeySet::new(url, false, ONCE).expect("an address");
    let started = Instant::now();
    // 42
    assert_eq!(find(&keys, key().kid).await, Err(NoKey::NoSet));
    assert!(started.elapsed() < FETCH_TIMEOUT, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_new_key_works_without_a_restart() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, EACH_TIME);
    assert_eq!(find(&keys, key().kid).await, Ok(()));
    // 38
    pool.set().keys = KeySetAnswer::Keys(vec![key().jwk(), other_key().jwk()]);
    assert_eq!(find(&keys, other_key().kid).await, Ok(()));
    assert_eq!(find(&keys, key().kid).await, Ok(()));
}

#[tokio::test]
async fn a_revoked_key_is_removed_at_the_next_refresh() {
    let pool = FakePool::start().await;
    let keys = key_set(&pool, RefreshIntervals { refresh: Duration::from_millis(10), ..ONCE });
    let _refresh = refresh_keys(&keys);
    until("a set", || keys.is_ready()).await;
    assert_eq!(find(&keys, key().kid).await, Ok(()));
    // 38
    pool.set().keys = KeySetAnswer::Keys(vec![other_key().jwk()]);
    // The second fetch from now starts after the first has been applied.
    pool.wait_for("keys", pool.count("keys") + 2).await;
    assert_eq!(find(&keys, other_key().kid).await, Ok(()));
    assert_eq!(find(&keys, key().kid).await, Err(NoKey::Unknown));
    assert!(RefreshIntervals::default().refresh <= Duration::from_secs(3600));
}

#[tokio::test]
async fn a_server_starts_without_the_pool_and_recovers() {
    let pool = FakePool::start().await;
    pool.set().keys = KeySetAnswer::Status(503);
    let config = Config::try_parse_from([
        "cruddur-messages",
        "--database-url=postgres://127.0.0.1/none",
        &format!("--user-pool-id={POOL_ID}"),
        &format!("--client-id={CLIENT_ID}"),
        &format!("--cognito-endpoint={}", pool.endpoint),
        "--session-key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
    .expect("a configuration");
    let intervals = RefreshIntervals { retry: Duration::from_millis(5), ..ONCE };
    let cognito = Cognito::connect_with(&config, intervals).await.expect("starts without a pool");
    let token = key().token(&access_claims(ANA));
    // 41
    pool.wait_for("keys", 2).await;
    assert!(!cognito.is_ready());
    assert_eq!(cognito.verifier().access(&token).await.map(drop), Err(InvalidToken::NoKeySet));
    pool.set().keys = KeySetAnswer::Keys(vec![key().jwk()]);
    until("ready", || cognito.is_ready()).await;
    assert!(cognito.verifier().access(&token).await.is_ok());
    pool.set().keys = KeySetAnswer::Status(503);
    assert_eq!(find(cognito.verifier().keys(), "unknown").await, Err(NoKey::Unknown));
    assert!(cognito.verifier().access(&token).await.is_ok());
}

#[tokio::test]
async fn an_unreachable_pool_leaves_the_key_set_empty() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    // 41
    let keys = KeySet::new(url, false, ONCE).expect("an address");
    assert_eq!(find(&keys, key().kid).await, Err(NoKey::NoSet));
    assert!(!keys.is_ready());
}

#[test]
fn a_release_build_rejects_plain_http_unless_it_is_local() {
    assert!(requires_https(true, false));
    assert!(!requires_https(true, true) && !requires_https(false, false) && !requires_https(false, true));
    let address = "http://127.0.0.1:4566/eu-central-1_Ab12/.well-known/jwks.json";
    assert!(KeySet::new(address.to_owned(), true, ONCE).is_err());
    assert!(KeySet::new(address.to_owned(), false, ONCE).is_ok());
    assert!(KeySet::new(address.replace("http:", "https:"), true, ONCE).is_ok());
}
