//! Verification of access tokens and ID tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::server::cognito::key_set::{KeySet, NoKey};

/// Maximum size of a token in bytes. Cognito's have about 1,100. Longer ones are rejected before they are decoded.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Maximum difference between our clock and that of the pool, in seconds.
pub const LEEWAY_SECS: u64 = 2;

/// Maximum time that `iat` may lie in the future, in seconds. Beyond it, one of the clocks is wrong.
pub const ISSUED_AHEAD_SECS_MAX: u64 = 5 * 60;

/// Scope of access tokens issued for a sign-in with a password.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// Reason why a token was rejected. Contains no part of the token, so it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It has more than [`TOKEN_BYTES_MAX`] bytes.
    #[error("the token is too long")]
    TooLong,
    /// It does not have three parts, is not JSON, or has an unsupported header.
    #[error("the token is malformed")]
    Malformed,
    /// It is signed with an algorithm other than RS256.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// It has no `kid`, or one that is not in the key set.
    #[error("the token's key is not one of the pool's")]
    UnknownKey,
    /// The signature does not match the key.
    #[error("the token's signature is wrong")]
    Signature,
    #[error("the token has expired")]
    Expired,
    /// It is not valid yet, or was issued too far in the future.
    #[error("the token is from the future")]
    Future,
    /// A claim is missing or has the wrong type.
    #[error("the token's claims are incomplete")]
    Claims,
    /// It was issued for another pool, client or use.
    #[error("the token is for something else")]
    Purpose,
    /// No key set has been fetched yet to verify it.
    #[error("the pool's keys are not there yet")]
    NoKeySet,
}

/// Claims of an access token.
#[derive(Debug, Clone, Deserialize)]
pub struct AccessClaims {
    /// The user's id in the pool.
    #[serde(deserialize_with = "hyphenated_uuid")]
    pub sub: Uuid,
    /// Expiry in seconds since 1970.
    pub exp: u64,
    /// Issue time in seconds since 1970.
    pub iat: u64,
    auth_time: Option<u64>,
    nbf: Option<u64>,
    iss: String,
    token_use: String,
    client_id: String,
    scope: String,
}

/// Claims of an ID token.
#[derive(Debug, Clone, Deserialize)]
pub struct IdClaims {
    /// The user's id in the pool.
    #[serde(deserialize_with = "hyphenated_uuid")]
    pub sub: Uuid,
    pub email: String,
    /// True if the user has proved to own the mailbox.
    #[serde(default)]
    pub email_verified: bool,
    /// Display name as entered.
    pub name: Option<String>,
    /// Requested handle.
    pub preferred_username: Option<String>,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
    iss: String,
    token_use: String,
    // A string and not a list: Cognito issues no token for several audiences.
    aud: String,
}

impl AccessClaims {
    /// Returns the time of the sign-in in seconds since 1970. A token that a refresh token has renewed keeps it, so
    /// that it is as old as the sign-in, however new it is itself.
    pub fn signed_in_at(&self) -> u64 {
        self.auth_time.map_or(self.iat, |signed_in_at| signed_in_at.min(self.iat))
    }
}

impl IdClaims {
    /// Returns the e-mail address in lower case, if the pool has verified it.
    pub fn verified_email(&self) -> Option<String> {
        self.email_verified.then(|| self.email.trim().to_lowercase())
    }
}

/// Claims checked for both types of tokens. Times are whole seconds and texts are single strings: the library would
/// round fractions and accept lists.
struct CommonClaims<'a> {
    iss: &'a str,
    token_use: &'a str,
    client_id: &'a str,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
}

/// Verifier for the tokens of one user pool and one client.
pub struct Verifier {
    issuer: String,
    client_id: String,
    keys: KeySet,
    validation: Validation,
    clock: Clock,
}

/// Source of the current time in seconds since 1970.
pub type Clock = fn() -> u64;

impl Verifier {
    /// Creates a verifier for tokens from this issuer, for this client, signed with these keys.
    pub fn new(issuer: String, client_id: String, keys: KeySet) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Times are compared in `check`: the library uses the system clock, so tests could not cover the exact limits.
        validation.validate_exp = false;
        // An access token has no `aud`. That of an ID token is compared in `check`, where it must not be a list.
        validation.validate_aud = false;
        Self { issuer, client_id, keys, validation, clock: system_clock }
    }

    /// Replaces the system clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the key set.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Verifies an access token and returns its claims. Fetches the key set only if the `kid` is unknown.
    pub async fn access(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        let claims: AccessClaims = self.decode(token).await?;
        let AccessClaims { iss, token_use, client_id, exp, iat, nbf, .. } = &claims;
        self.check("access", CommonClaims { iss, token_use, client_id, exp: *exp, iat: *iat, nbf: *nbf })?;
        let scoped = claims.scope.split(' ').any(|scope| scope == SCOPE);
        if scoped { Ok(claims) } else { Err(InvalidToken::Purpose) }
    }

    /// Verifies an ID token and returns its claims. Fetches the key set only if the `kid` is unknown.
    pub async fn id(&self, token: &str) -> Result<IdClaims, InvalidToken> {
        let claims: IdClaims = self.decode(token).await?;
        let IdClaims { iss, token_use, aud: client_id, exp, iat, nbf, .. } = &claims;
        self.check("id", CommonClaims { iss, token_use, client_id, exp: *exp, iat: *iat, nbf: *nbf })?;
        Ok(claims)
    }

    /// Returns true if a token that the pool has just issued names another issuer. It is not verified: the keys of
    /// another pool are not known here.
    pub(super) fn is_of_another_pool(&self, token: &str) -> bool {
        #[derive(Deserialize)]
        struct Issuer {
            iss: String,
        }
        let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims = payload.and_then(|payload| serde_json::from_slice::<Issuer>(&payload).ok());
        claims.is_some_and(|claims| claims.iss != self.issuer)
    }

    async fn decode<T: DeserializeOwned>(&self, token: &str) -> Result<T, InvalidToken> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(InvalidToken::TooLong);
        }
        let header = decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        // No critical extension is supported: `crit` lists those, and `b64` changes the signed bytes (RFC 7797).
        if header.crit.is_some() || header.extras.inner().contains_key("b64") {
            return Err(InvalidToken::Malformed);
        }
        // Checked before the key lookup: a token that is rejected anyway must not cause a fetch.
        if header.alg != Algorithm::RS256 {
            return Err(InvalidToken::Algorithm);
        }
        let kid = header.kid.ok_or(InvalidToken::UnknownKey)?;
        let key = self.keys.find(&kid).await.map_err(|none| match none {
            NoKey::Unknown => InvalidToken::UnknownKey,
            NoKey::NoSet => InvalidToken::NoKeySet,
        })?;
        decode(token, &key, &self.validation).map(|token| token.claims).map_err(|error| reason(error.kind()))
    }

    /// Checks the claims that the library does not check, or checks only against lists or the system clock.
    fn check(&self, token_use: &str, claims: CommonClaims<'_>) -> Result<(), InvalidToken> {
        if claims.iss != self.issuer || claims.token_use != token_use || claims.client_id != self.client_id {
            return Err(InvalidToken::Purpose);
        }
        let now = (self.clock)();
        if now >= claims.exp.saturating_add(LEEWAY_SECS) {
            return Err(InvalidToken::Expired);
        }
        let is_valid_yet = claims.nbf.is_none_or(|nbf| nbf <= now + LEEWAY_SECS);
        if is_valid_yet && claims.iat <= now + ISSUED_AHEAD_SECS_MAX { Ok(()) } else { Err(InvalidToken::Future) }
    }
}

fn system_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Converts the error of the library, whose text can repeat claims.
fn reason(kind: &ErrorKind) -> InvalidToken {
    match kind {
        ErrorKind::InvalidSignature => InvalidToken::Signature,
        ErrorKind::InvalidIssuer => InvalidToken::Purpose,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => InvalidToken::Algorithm,
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            InvalidToken::Claims
        }
        _ => InvalidToken::Malformed,
    }
}

/// Accepts only the hyphenated, lower-case form that Cognito writes. The parser accepts other forms, too, so one user
/// would have several spellings of the id.
fn hyphenated_uuid<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    let id = Uuid::try_parse(&text).map_err(|_| serde::de::Error::custom("not a uuid"))?;
    if id.hyphenated().to_string() == text { Ok(id) } else { Err(serde::de::Error::custom("not a uuid")) }
}
