//! Encoding of a token, and its signature.

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cruddur_messages::server::cognito::token::{InvalidToken, TOKEN_BYTES_MAX};
use serde_json::{Value, json};

use super::fixtures::{ANA, access, case, check_access, verifier};
use crate::support::fake_pool::{FakePool, access_claims, changed};
use crate::support::signing::{key, other_key, signed_part};

const MALFORMED: Result<(), InvalidToken> = Err(InvalidToken::Malformed);
const CLAIMS: Result<(), InvalidToken> = Err(InvalidToken::Claims);
const SIGNATURE: Result<(), InvalidToken> = Err(InvalidToken::Signature);
const TOO_LONG: Result<(), InvalidToken> = Err(InvalidToken::TooLong);

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn good_header() -> Value {
    json!({ "alg": "RS256", "kid": key().kid })
}

/// Returns a token with this payload, signed with the valid key.
fn with_payload(payload: &[u8]) -> String {
    key().token_of(&good_header().to_string(), payload)
}

/// Returns a valid token that contains `-` or `_`, and the same token with the characters of standard base64.
fn with_dashes() -> (String, String) {
    let payload = changed(access_claims(ANA), &json!({ "a": "~~~~???", "b": "~~~~????", "c": "~~~~?????" }));
    let part = signed_part(&good_header().to_string(), payload.to_string().as_bytes());
    assert!(part.contains('_') || part.contains('-'), "{part}");
    (key().sign(&part, &RSA_PKCS1_SHA256), key().sign(&part.replace('-', "+").replace('_', "/"), &RSA_PKCS1_SHA256))
}

#[tokio::test]
async fn only_the_signature_of_the_pool_is_accepted() {
    let good = access(json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let other = access(json!({ "sub": "00000000-0000-4000-8000-000000000000" }));
    let other_payload = other.split('.').nth(1).expect("a payload");
    check_access(vec![
        case(1, "unmodified", good.clone(), Ok(())),
        case(15, "signed by another key", other_key().token_with(&good_header(), &access_claims(ANA)), SIGNATURE),
        case(15, "payload of another token", format!("{header}.{other_payload}.{signature}"), SIGNATURE),
        case(15, "empty signature", format!("{header}.{payload}."), SIGNATURE),
        case(15, "half a signature", format!("{header}.{payload}.{}", &signature[..172]), SIGNATURE),
        case(15, "a signature and more", format!("{header}.{payload}.{}AAAA", &signature[..340]), SIGNATURE),
        case(15, "a signature of zeros", format!("{header}.{payload}.{}", "A".repeat(342)), SIGNATURE),
    ])
    .await;
}

#[tokio::test]
async fn a_token_has_exactly_one_valid_encoding() {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let good = access(json!({}));
    let (start, last) = good.split_at(good.len() - 1);
    for character in ALPHABET.chars().filter(|character| !last.contains(*character)) {
        // 16: the last character contains unused bits.
        let result = verifier.access(&format!("{start}{character}")).await.map(drop);
        assert!(matches!(result, MALFORMED | SIGNATURE), "{last} as {character}: {result:?}");
    }
    assert!(verifier.access(&good).await.is_ok());
}

#[tokio::test]
async fn a_token_has_three_parts_in_base64url() {
    let good = access(json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let (dashed, slashed) = with_dashes();
    check_access(vec![
        case(31, "nothing", String::new(), MALFORMED),
        case(31, "one part", parts[0].to_owned(), MALFORMED),
        case(31, "two parts", parts[..2].join("."), MALFORMED),
        case(31, "four parts", format!("{good}.{}", parts[2]), MALFORMED),
        case(31, "four parts, the last empty", format!("{good}."), MALFORMED),
        case(31, "four parts, the first empty", format!(".{good}"), MALFORMED),
        case(31, "five parts", format!("{good}.{}.{}", parts[1], parts[2]), MALFORMED),
        case(31, "two dots", "..".to_owned(), MALFORMED),
        case(31, "four dots", "....".to_owned(), MALFORMED),
        case(32, "leading space", format!(" {good}"), MALFORMED),
        case(32, "trailing newline", format!("{good}\n"), MALFORMED),
        case(32, "padded header", format!("{}==.{}.{}", parts[0], parts[1], parts[2]), MALFORMED),
        case(32, "padded signature", format!("{good}=="), MALFORMED),
        case(32, "dashes", dashed, Ok(())),
        case(32, "plus and slash for dashes", slashed, MALFORMED),
        case(32, "only the word Bearer", "Bearer".to_owned(), MALFORMED),
        case(32, "non-Latin characters", "токен.токен.токен".to_owned(), MALFORMED),
    ])
    .await;
}

#[tokio::test]
async fn header_and_payload_must_be_json_objects() {
    let signed = |header: &str| key().token_of(header, access_claims(ANA).to_string().as_bytes());
    check_access(vec![
        case(33, "payload a list", with_payload(json!([access_claims(ANA)]).to_string().as_bytes()), CLAIMS),
        case(33, "payload a text", with_payload(br#""sub""#), CLAIMS),
        case(33, "payload null", with_payload(b"null"), CLAIMS),
        case(33, "payload empty", with_payload(b""), CLAIMS),
        case(33, "payload not JSON", with_payload(b"{sub}"), CLAIMS),
        case(33, "truncated payload", with_payload(br#"{"sub":"#), CLAIMS),
        case(
            33,
            "payload with a second object",
            with_payload(format!("{} {{}}", access_claims(ANA)).as_bytes()),
            CLAIMS,
        ),
        case(33, "payload not UTF-8", with_payload(b"{\"sub\":\"\xff\xfe\"}"), CLAIMS),
        case(33, "header a list", signed(&format!("[{}]", good_header())), MALFORMED),
        case(33, "header a text", signed(r#""RS256""#), MALFORMED),
        case(33, "header empty", signed(""), MALFORMED),
    ])
    .await;
}

#[tokio::test]
async fn a_token_longer_than_eight_kilobytes_is_rejected() {
    let padded = |bytes: usize| access(json!({ "padding": "a".repeat(bytes) }));
    let longest = of_length(TOKEN_BYTES_MAX);
    let longer = of_length(TOKEN_BYTES_MAX + 1);
    check_access(vec![
        case(34, "maximum length", longest, Ok(())),
        case(34, "one byte longer", longer, TOO_LONG),
        case(34, "two megabytes, signed", padded(1_500_000), TOO_LONG),
        case(34, "two megabytes of dots", ".".repeat(2_000_000), TOO_LONG),
        case(34, "two megabytes of spaces", " ".repeat(2_000_000), TOO_LONG),
    ])
    .await;
}

#[tokio::test]
async fn deep_nesting_does_not_exhaust_the_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let header = format!(r#"{{"alg":"RS256","kid":"{}","x":{}}}"#, key().kid, nested(2_000));
    check_access(vec![
        case(35, "payload of 200 000 brackets", with_payload("[".repeat(200_000).as_bytes()), TOO_LONG),
        case(35, "payload of as many brackets as fit", with_payload("[".repeat(5_000).as_bytes()), CLAIMS),
        case(35, "sub nested", access_with_raw("sub", &nested(2_000)), CLAIMS),
        case(35, "header nested", key().token_of(&header, access_claims(ANA).to_string().as_bytes()), MALFORMED),
    ])
    .await;
}

/// Returns a valid token of exactly this length.
fn of_length(bytes: usize) -> String {
    for header_padding in ["", "a", "aa"] {
        let header = changed(good_header(), &json!({ "cty": header_padding })).to_string();
        let short = key().token_of(&header, padded_claims(0).as_bytes());
        for padding in (bytes - short.len()) * 3 / 4 - 2..=(bytes - short.len()) * 3 / 4 + 2 {
            let token = key().token_of(&header, padded_claims(padding).as_bytes());
            if token.len() == bytes {
                return token;
            }
        }
    }
    panic!("no token has {bytes} bytes")
}

fn padded_claims(bytes: usize) -> String {
    changed(access_claims(ANA), &json!({ "padding": "a".repeat(bytes) })).to_string()
}

/// Returns an access token with a claim whose value is raw JSON.
fn access_with_raw(name: &str, value: &str) -> String {
    let claims = changed(access_claims(ANA), &json!({ name: null })).to_string();
    with_payload(claims.replacen('{', &format!(r#"{{"{name}":{value},"#), 1).as_bytes())
}
