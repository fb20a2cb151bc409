//! Claims of a token: issuer, client, use, user, and validity period.

use cruddur_messages::server::cognito::token::{ISSUED_AHEAD_SECS_MAX, InvalidToken, LEEWAY_SECS};
use serde_json::json;

use super::fixtures::{ANA, access, case, check_access, check_id, clock, id};
use crate::support::fake_pool::{CLIENT_ID, ISSUER, access_claims, id_claims};
use crate::support::signing::key;

const CLAIMS: Result<(), InvalidToken> = Err(InvalidToken::Claims);
const PURPOSE: Result<(), InvalidToken> = Err(InvalidToken::Purpose);
const EXPIRED: Result<(), InvalidToken> = Err(InvalidToken::Expired);
const FUTURE: Result<(), InvalidToken> = Err(InvalidToken::Future);

/// Returns an access token with a duplicate claim `name`, whose first value is `first`. `serde_json` cannot express
/// that.
fn twice(name: &str, first: &str) -> String {
    let claims = access_claims(ANA).to_string().replacen('{', &format!(r#"{{"{name}":{first},"#), 1);
    key().token_of(&json!({ "alg": "RS256", "kid": key().kid }).to_string(), claims.as_bytes())
}

#[tokio::test]
async fn an_access_token_is_not_accepted_as_an_id_token_nor_the_reverse() {
    check_access(vec![
        case(1, "a valid access token", access(json!({})), Ok(())),
        case(1, "with unknown claims", access(json!({ "version": 2, "device_key": "d" })), Ok(())),
        case(2, "an ID token", id(json!({})), CLAIMS),
        case(2, "an ID token with an access token's claims", access(json!({ "token_use": "id" })), PURPOSE),
        case(27, "token_use missing", access(json!({ "token_use": null })), CLAIMS),
        case(27, "token_use of a refresh token", access(json!({ "token_use": "refresh" })), PURPOSE),
        case(27, "token_use in capitals", access(json!({ "token_use": "ACCESS" })), PURPOSE),
        case(27, "token_use a number", access(json!({ "token_use": 1 })), CLAIMS),
        case(27, "token_use a list", access(json!({ "token_use": ["access"] })), CLAIMS),
    ])
    .await;
    check_id(vec![
        case(1, "a valid ID token", id(json!({})), Ok(())),
        case(1, "a name in another script", id(json!({ "name": "آنا 🎈" })), Ok(())),
        case(2, "an access token", access(json!({})), CLAIMS),
        case(2, "an access token with an ID token's claims", id(json!({ "token_use": "access" })), PURPOSE),
        case(27, "token_use missing", id(json!({ "token_use": null })), CLAIMS),
    ])
    .await;
}

#[tokio::test]
async fn an_expired_token_is_accepted_for_less_than_two_seconds() {
    assert_eq!(LEEWAY_SECS, 2);
    let ends = |exp| access(json!({ "exp": exp }));
    check_access(vec![
        case(17, "expired within the default leeway of the library", ends(json!(clock() - 60)), EXPIRED),
        case(17, "expired an hour ago", ends(json!(clock() - 3600)), EXPIRED),
        case(18, "expires now", ends(json!(clock())), Ok(())),
        case(18, "expired within the leeway", ends(json!(clock() - 1)), Ok(())),
        case(18, "expired as long ago as the leeway", ends(json!(clock() - 2)), EXPIRED),
        case(19, "exp missing", access(json!({ "exp": null })), CLAIMS),
        case(19, "exp a text", ends(json!((clock() + 300).to_string())), CLAIMS),
        case(19, "exp negative", ends(json!(-1)), CLAIMS),
        case(19, "exp enormous", ends(json!(1e300)), CLAIMS),
        case(19, "exp zero", ends(json!(0)), EXPIRED),
        case(19, "exp of maximum value", ends(json!(u64::MAX)), Ok(())),
        case(20, "exp with a fraction", ends(json!(clock() as f64 + 300.5)), CLAIMS),
    ])
    .await;
    check_id(vec![
        case(17, "expired an hour ago", id(json!({ "exp": clock() - 3600 })), EXPIRED),
        case(18, "expired within the leeway", id(json!({ "exp": clock() - 1 })), Ok(())),
        case(18, "expired as long ago as the leeway", id(json!({ "exp": clock() - 2 })), EXPIRED),
        case(19, "exp missing", id(json!({ "exp": null })), CLAIMS),
        case(20, "exp with a fraction", id(json!({ "exp": clock() as f64 + 300.5 })), CLAIMS),
    ])
    .await;
}

#[tokio::test]
async fn a_token_whose_expiry_is_null_is_rejected() {
    let claims = access_claims(ANA).to_string();
    let exp = access_claims(ANA)["exp"].to_string();
    let null = claims.replacen(&format!(r#""exp":{exp}"#), r#""exp":null"#, 1);
    assert_ne!(null, claims);
    let header = json!({ "alg": "RS256", "kid": key().kid }).to_string();
    check_access(vec![case(19, "exp null", key().token_of(&header, null.as_bytes()), CLAIMS)]).await;
}

#[tokio::test]
async fn a_token_from_the_future_is_rejected() {
    check_access(vec![
        case(21, "nbf past", access(json!({ "nbf": clock() - 1 })), Ok(())),
        case(21, "nbf ahead within the leeway", access(json!({ "nbf": clock() + LEEWAY_SECS })), Ok(())),
        case(21, "nbf ahead", access(json!({ "nbf": clock() + LEEWAY_SECS + 1 })), FUTURE),
        case(21, "nbf a text", access(json!({ "nbf": "0" })), CLAIMS),
        case(22, "iat five minutes ahead", access(json!({ "iat": clock() + ISSUED_AHEAD_SECS_MAX })), Ok(())),
        case(22, "iat a second later", access(json!({ "iat": clock() + ISSUED_AHEAD_SECS_MAX + 1 })), FUTURE),
        case(22, "iat an hour ahead", access(json!({ "iat": clock() + 3600, "exp": clock() + 7200 })), FUTURE),
        case(22, "iat missing", access(json!({ "iat": null })), CLAIMS),
        case(22, "iat a text", access(json!({ "iat": "0" })), CLAIMS),
    ])
    .await;
    check_id(vec![
        case(21, "nbf ahead", id(json!({ "nbf": clock() + LEEWAY_SECS + 1 })), FUTURE),
        case(22, "iat an hour ahead", id(json!({ "iat": clock() + 3600, "exp": clock() + 7200 })), FUTURE),
    ])
    .await;
}

#[tokio::test]
async fn a_token_of_another_pool_is_rejected() {
    let by = |iss| access(json!({ "iss": iss }));
    let other = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other0001";
    check_access(vec![
        case(23, "iss of another pool", by(json!(other)), PURPOSE),
        case(23, "iss with a slash", by(json!(format!("{ISSUER}/"))), PURPOSE),
        case(23, "iss in capitals", by(json!(ISSUER.to_uppercase())), PURPOSE),
        case(23, "iss over plain http", by(json!(ISSUER.replace("https", "http"))), PURPOSE),
        case(23, "iss missing", access(json!({ "iss": null })), CLAIMS),
        case(23, "iss a number", by(json!(1)), CLAIMS),
        case(24, "iss a list", by(json!([ISSUER])), CLAIMS),
        case(24, "iss a list of two", by(json!([ISSUER, other])), CLAIMS),
    ])
    .await;
    check_id(vec![
        case(23, "iss of another pool", id(json!({ "iss": other })), PURPOSE),
        case(24, "iss a list", id(json!({ "iss": [ISSUER] })), CLAIMS),
    ])
    .await;
}

#[tokio::test]
async fn a_token_for_another_client_is_rejected() {
    check_access(vec![
        case(25, "client_id of another", access(json!({ "client_id": "another" })), PURPOSE),
        case(
            25,
            "client_id of another, aud ours",
            access(json!({ "client_id": "another", "aud": CLIENT_ID })),
            PURPOSE,
        ),
        case(25, "client_id empty", access(json!({ "client_id": "" })), PURPOSE),
        case(25, "client_id missing", access(json!({ "client_id": null })), CLAIMS),
        case(25, "client_id a list", access(json!({ "client_id": [CLIENT_ID] })), CLAIMS),
        case(29, "scope missing", access(json!({ "scope": null })), CLAIMS),
        case(29, "scope of another flow", access(json!({ "scope": "openid email" })), PURPOSE),
        case(29, "scope with a matching prefix", access(json!({ "scope": "aws.cognito.signin.user.admin2" })), PURPOSE),
        case(29, "scope a list", access(json!({ "scope": ["aws.cognito.signin.user.admin"] })), CLAIMS),
        case(29, "scope among others", access(json!({ "scope": "openid aws.cognito.signin.user.admin" })), Ok(())),
    ])
    .await;
    check_id(vec![
        case(26, "aud of another", id(json!({ "aud": "another" })), PURPOSE),
        case(26, "aud of another, client_id ours", id(json!({ "aud": "another", "client_id": CLIENT_ID })), PURPOSE),
        case(26, "aud missing", id(json!({ "aud": null })), CLAIMS),
        case(26, "aud a list", id(json!({ "aud": [CLIENT_ID] })), CLAIMS),
        case(26, "aud a list of two", id(json!({ "aud": [CLIENT_ID, "another"] })), CLAIMS),
    ])
    .await;
}

#[tokio::test]
async fn a_token_must_identify_exactly_one_user() {
    let about = |sub| access(json!({ "sub": sub }));
    check_access(vec![
        case(28, "sub missing", access(json!({ "sub": null })), CLAIMS),
        case(28, "sub a number", about(json!(1)), CLAIMS),
        case(28, "sub empty", about(json!("")), CLAIMS),
        case(28, "sub a name", about(json!("ana")), CLAIMS),
        case(28, "sub with a space", about(json!(format!("{ANA} "))), CLAIMS),
        case(28, "sub without hyphens", about(json!(ANA.replace('-', ""))), CLAIMS),
        case(28, "sub in capitals", about(json!(ANA.to_uppercase())), CLAIMS),
        case(28, "sub in braces", about(json!(format!("{{{ANA}}}"))), CLAIMS),
        case(28, "sub as a URN", about(json!(format!("urn:uuid:{ANA}"))), CLAIMS),
        case(30, "sub twice", twice("sub", r#""00000000-0000-4000-8000-000000000000""#), CLAIMS),
        case(30, "client_id twice", twice("client_id", r#""another""#), CLAIMS),
        case(30, "token_use twice", twice("token_use", r#""id""#), CLAIMS),
        case(30, "exp twice", twice("exp", "0"), CLAIMS),
        case(30, "iss twice", twice("iss", r#""another""#), CLAIMS),
    ])
    .await;
    check_id(vec![
        case(28, "sub empty", id(json!({ "sub": "" })), CLAIMS),
        case(28, "email missing", id(json!({ "email": null })), CLAIMS),
        case(28, "email_verified a text", id(json!({ "email_verified": "true" })), CLAIMS),
    ])
    .await;
    assert_eq!(id_claims(ANA)["sub"], ANA);
}
