//! Header of a token: algorithm, key id, and rejected extensions.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cruddur_messages::server::cognito::token::InvalidToken;
use serde_json::{Value, json};

use super::fixtures::{ANA, Case, access, case, check_access, verifier};
use crate::support::fake_pool::{FakePool, KeySetAnswer, access_claims};
use crate::support::signing::{key, other_key, signed_part};

const MALFORMED: Result<(), InvalidToken> = Err(InvalidToken::Malformed);
const ALGORITHM: Result<(), InvalidToken> = Err(InvalidToken::Algorithm);
const UNKNOWN_KEY: Result<(), InvalidToken> = Err(InvalidToken::UnknownKey);
const SIGNATURE: Result<(), InvalidToken> = Err(InvalidToken::Signature);

/// Returns the signed part of a token with this header and valid claims.
fn part(header: Value) -> String {
    signed_part(&header.to_string(), access_claims(ANA).to_string().as_bytes())
}

/// Returns a token with this header, signed with the valid key.
fn with_header(header: Value) -> String {
    key().token_with(&header, &access_claims(ANA))
}

/// Returns a token with this raw header, signed with the valid key.
fn with_header_text(header: &str) -> String {
    key().token_of(header, access_claims(ANA).to_string().as_bytes())
}

/// Returns a token with an HS256 signature of this secret.
fn hs256(kid: &str, secret: &[u8]) -> String {
    let part = part(json!({ "alg": "HS256", "kid": kid }));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), part.as_bytes());
    format!("{part}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Returns the public key as PEM, with the most common line length, as an attacker would guess it.
fn public_pem() -> String {
    let text = STANDARD.encode(key().public_der());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n"))
}

fn unsigned() -> Vec<Case> {
    let none = |alg: &str| part(json!({ "alg": alg, "kid": key().kid }));
    let good = access(json!({}));
    let signature = good.rsplit('.').next().expect("a signature");
    vec![
        case(3, "alg none, empty signature", format!("{}.", none("none")), MALFORMED),
        case(3, "alg none, real signature", format!("{}.{signature}", none("none")), MALFORMED),
        case(3, "alg none, signed as RS256", with_header(json!({ "alg": "none", "kid": key().kid })), MALFORMED),
        case(3, "alg NonE, empty signature", format!("{}.", none("NonE")), MALFORMED),
        case(3, "no alg at all", with_header(json!({ "kid": key().kid })), MALFORMED),
    ]
}

#[tokio::test]
async fn only_rs256_is_accepted() {
    let mut cases = unsigned();
    let header = |alg: &str| part(json!({ "alg": alg, "kid": key().kid }));
    let modulus = key().jwk()["n"].as_str().expect("a modulus").to_owned();
    cases.extend([
        case(4, "HS256 with the public key as PEM", hs256(key().kid, public_pem().as_bytes()), ALGORITHM),
        case(4, "HS256 with the public key as DER", hs256(key().kid, &key().public_der()), ALGORITHM),
        case(4, "HS256 with the modulus", hs256(key().kid, modulus.as_bytes()), ALGORITHM),
        case(6, "RS384", key().sign(&header("RS384"), &RSA_PKCS1_SHA384), ALGORITHM),
        case(6, "RS512", key().sign(&header("RS512"), &RSA_PKCS1_SHA512), ALGORITHM),
        case(6, "PS256", key().sign(&header("PS256"), &RSA_PSS_SHA256), ALGORITHM),
        case(6, "declared RS256, signed PS256", key().sign(&header("RS256"), &RSA_PSS_SHA256), SIGNATURE),
        case(6, "declared RS256, signed RS384", key().sign(&header("RS256"), &RSA_PKCS1_SHA384), SIGNATURE),
        case(6, "rs256 in lower case", with_header(json!({ "alg": "rs256", "kid": key().kid })), MALFORMED),
    ]);
    check_access(cases).await;
}

#[tokio::test]
async fn a_symmetric_key_in_the_key_set_verifies_no_token() {
    let pool = FakePool::start().await;
    let oct = json!({ "kty": "oct", "alg": "HS256", "kid": "shared", "k": URL_SAFE_NO_PAD.encode("public secret") });
    pool.set().keys = KeySetAnswer::Keys(vec![oct, key().jwk()]);
    let verifier = verifier(&pool);
    // 5
    assert_eq!(verifier.access(&hs256("shared", b"public secret")).await.map(drop), ALGORITHM);
    let as_rs256 = with_header(json!({ "alg": "RS256", "kid": "shared" }));
    assert_eq!(verifier.access(&as_rs256).await.map(drop), UNKNOWN_KEY);
    assert_eq!(verifier.access(&access(json!({}))).await.map(drop), Ok(()));
}

#[tokio::test]
async fn a_token_must_name_a_known_key() {
    let named = |kid: Value| with_header(json!({ "alg": "RS256", "kid": kid }));
    check_access(vec![
        case(7, "no kid", with_header(json!({ "alg": "RS256" })), UNKNOWN_KEY),
        case(7, "kid null", named(Value::Null), UNKNOWN_KEY),
        case(7, "kid empty", named(json!("")), UNKNOWN_KEY),
        case(8, "kid a number", named(json!(1)), MALFORMED),
        case(8, "kid a list", named(json!([key().kid])), MALFORMED),
        case(8, "kid an object", named(json!({ "kid": key().kid })), MALFORMED),
        case(9, "kid unknown", named(json!("unknown")), UNKNOWN_KEY),
        case(9, "kid a path", named(json!("../jwks.json")), UNKNOWN_KEY),
    ])
    .await;
}

#[tokio::test]
async fn a_rejected_header_causes_no_fetch() {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    assert!(verifier.access(&access(json!({}))).await.is_ok());
    assert_eq!(verifier.access(&hs256("unknown", b"secret")).await.map(drop), ALGORITHM);
    let critical = with_header(json!({ "alg": "RS256", "kid": "unknown", "crit": ["exp"] }));
    assert_eq!(verifier.access(&critical).await.map(drop), MALFORMED);
    assert_eq!(pool.count("keys"), 1);
}

#[tokio::test]
async fn a_token_cannot_bring_its_own_key() {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let other_url = format!("{}/good-keys", pool.endpoint);
    let header = json!({
        "alg": "RS256", "kid": key().kid, "jwk": other_key().jwk(), "jku": other_url, "x5u": other_url,
    });
    let claims = access_claims(ANA);
    // 13
    assert_eq!(verifier.access(&other_key().token_with(&header, &claims)).await.map(drop), SIGNATURE);
    assert_eq!(verifier.access(&key().token_with(&header, &claims)).await.map(drop), Ok(()));
    assert_eq!(pool.count("keys"), 1, "only the configured URL is fetched");
}

#[tokio::test]
async fn critical_extensions_are_rejected() {
    let extended = |name: &str, value: Value| with_header(json!({ "alg": "RS256", "kid": key().kid, name: value }));
    let kid = key().kid;
    let b64 = json!({ "alg": "RS256", "kid": kid, "b64": false, "crit": ["b64"] });
    let unencoded = format!("{}.{}", URL_SAFE_NO_PAD.encode(b64.to_string()), access_claims(ANA));
    check_access(vec![
        case(14, "crit", extended("crit", json!(["http://example.com/unknown"])), MALFORMED),
        case(14, "crit that names exp", extended("crit", json!(["exp"])), MALFORMED),
        case(14, "crit empty", extended("crit", json!([])), MALFORMED),
        case(14, "crit a text", extended("crit", json!("exp")), MALFORMED),
        case(14, "b64 alone", extended("b64", json!(false)), MALFORMED),
        case(14, "crit b64, payload encoded", with_header(b64), MALFORMED),
        case(
            14,
            "crit b64, payload not encoded",
            key().sign(&unencoded, &aws_lc_rs::signature::RSA_PKCS1_SHA256),
            MALFORMED,
        ),
        case(
            30,
            "alg twice",
            with_header_text(&format!(r#"{{"alg":"RS256","alg":"RS256","kid":"{kid}"}}"#)),
            MALFORMED,
        ),
        case(
            30,
            "alg none, then RS256",
            with_header_text(&format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#)),
            MALFORMED,
        ),
        case(
            30,
            "kid twice",
            with_header_text(&format!(r#"{{"alg":"RS256","kid":"other","kid":"{kid}"}}"#)),
            MALFORMED,
        ),
    ])
    .await;
}
