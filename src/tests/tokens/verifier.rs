//! Verifiers of several pools, and the absence of tokens in logs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cruddur_messages::server::cognito::key_set::{KeySet, RefreshIntervals};
use cruddur_messages::server::cognito::token::{InvalidToken, Verifier};
use serde_json::json;
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;

use super::fixtures::{ANA, access, id, verifier};
use crate::support::fake_pool::{CLIENT_ID, FakePool, ISSUER, KeySetAnswer, access_claims, changed, id_claims};
use crate::support::signing::{SigningKey, key, other_key};

const OTHER_ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other0001";

/// Returns a verifier for another pool and client, whose key has the same `kid` as ours.
async fn other_verifier() -> Verifier {
    let pool = FakePool::start().await;
    let jwk = changed(other_key().jwk(), &json!({ "kid": key().kid }));
    pool.set().keys = KeySetAnswer::Keys(vec![jwk]);
    let keys = KeySet::new(pool.key_set_url(), false, RefreshIntervals::default()).expect("an address");
    Verifier::new(OTHER_ISSUER.to_owned(), "otherclient".to_owned(), keys)
}

/// Returns a token with this key, issuer and client.
fn token(signer: &SigningKey, iss: &str, client_id: &str) -> String {
    let claims = changed(access_claims(ANA), &json!({ "iss": iss, "client_id": client_id }));
    signer.token_with(&json!({ "alg": "RS256", "kid": key().kid }), &claims)
}

#[tokio::test]
async fn a_valid_token_contains_its_user_and_expiry() {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let claims = access_claims(ANA);
    // 1
    let verified = verifier.access(&key().token(&claims)).await.expect("a valid token");
    assert_eq!((verified.sub.to_string().as_str(), json!(verified.exp)), (ANA, claims["exp"].clone()));
    let verified = verifier.id(&key().token(&id_claims(ANA))).await.expect("a valid token");
    assert_eq!(
        (verified.sub.to_string().as_str(), verified.email.as_str(), verified.email_verified),
        (ANA, "ana@example.com", true)
    );
    assert_eq!((verified.name.as_deref(), verified.preferred_username.as_deref()), (Some("Ana"), Some("ana")));
    let verified = verifier.id(&id(json!({ "email_verified": null, "name": null }))).await.expect("a valid token");
    assert_eq!((verified.email_verified, verified.name), (false, None));
}

#[tokio::test]
async fn two_pools_do_not_share_keys_or_clients() {
    let pool = FakePool::start().await;
    let (ours, other) = (verifier(&pool), other_verifier().await);
    assert!(ours.access(&token(key(), ISSUER, CLIENT_ID)).await.is_ok());
    assert!(other.access(&token(other_key(), OTHER_ISSUER, "otherclient")).await.is_ok());
    // 36
    for (verifier, token) in [
        (&ours, token(key(), ISSUER, "otherclient")),
        (&ours, token(key(), OTHER_ISSUER, CLIENT_ID)),
        (&other, token(other_key(), OTHER_ISSUER, CLIENT_ID)),
        (&other, token(other_key(), ISSUER, "otherclient")),
    ] {
        assert_eq!(verifier.access(&token).await.map(drop), Err(InvalidToken::Purpose));
    }
    // 43
    let (from_other, from_ours) = (token(other_key(), ISSUER, CLIENT_ID), token(key(), OTHER_ISSUER, "otherclient"));
    assert_eq!(ours.access(&from_other).await.map(drop), Err(InvalidToken::Signature));
    assert_eq!(other.access(&from_ours).await.map(drop), Err(InvalidToken::Signature));
}

/// Captured log output.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_part_of_a_token_or_key_appears_in_logs_or_errors() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.clone()).finish();
    // With a single subscriber, `tracing` caches per log statement whether the first thread that reached it is
    // interested, which can be the thread of another test. A second subscriber disables that cache.
    let _second = Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);
    let pool = FakePool::start().await;
    let truncated = json!({ "keys": [key().jwk()] }).to_string().replace("]}", "");
    pool.set().keys = KeySetAnswer::Text(truncated);
    let intervals = RefreshIntervals { retry: Duration::ZERO, ..RefreshIntervals::default() };
    let keys = KeySet::new(pool.key_set_url(), false, intervals).expect("an address");
    let verifier = Verifier::new(ISSUER.to_owned(), CLIENT_ID.to_owned(), keys);
    let tokens = [
        access(json!({})),
        access(json!({ "exp": "never" })),
        access(json!({ "sub": "ana" })),
        access(json!({ "client_id": "another" })),
        other_key().token(&access_claims(ANA)),
        format!("{}!", access(json!({}))),
    ];
    let mut output = String::new();
    for _ in ["without keys", "with keys"] {
        for token in &tokens {
            if let Err(error) = verifier.access(token).await {
                output += &format!("{error} {error:?}\n");
            }
        }
        pool.set().keys = KeySetAnswer::Keys(vec![key().jwk()]);
    }
    output += &String::from_utf8_lossy(&log.0.lock().expect("not poisoned"));
    for text in ["key set refresh failed", "NoKeySet", "Claims"] {
        assert!(output.contains(text), "{output}");
    }
    // 44
    let modulus = key().jwk()["n"].as_str().expect("a modulus").to_owned();
    for secret in tokens.iter().flat_map(|token| token.split('.')).chain([modulus.as_str(), ANA]) {
        assert!(!output.contains(secret), "{secret} in {output}");
    }
}
