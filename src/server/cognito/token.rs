//! What a token says, once it is believed.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::server::cognito::key_set::{KeySet, NoKey};

/// The most bytes of a token. Cognito's have about 1,100; a longer one is refused before anything is decoded.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// How far our clock and the pool's may be apart, seconds.
pub const LEEWAY_SECS: u64 = 2;

/// How far in the future a token may have been issued, seconds. Further off, one of the clocks is wrong.
pub const ISSUED_AHEAD_SECS_MAX: u64 = 5 * 60;

/// The scope of tokens that a sign-in with a password gives.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// Why a token is not believed. It carries nothing of the token, so that it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// More than [`TOKEN_BYTES_MAX`] bytes.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts, not JSON, or a header that we do not take.
    #[error("the token is malformed")]
    Malformed,
    /// Signed with another algorithm than RS256.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// It names no key, or one that the pool does not have.
    #[error("the token's key is not one of the pool's")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// It has ended.
    #[error("the token has expired")]
    Expired,
    /// It does not hold yet, or was issued too far in the future.
    #[error("the token is from the future")]
    Future,
    /// A claim is missing, or of another type than it must be.
    #[error("the token's claims are incomplete")]
    Claims,
    /// It is for something else: another pool, client or use.
    #[error("the token is for something else")]
    Purpose,
    /// There are no keys to check it with.
    #[error("the pool's keys are not there yet")]
    NoKeySet,
}

/// What an access token says.
#[derive(Debug, Clone, Deserialize)]
pub struct AccessClaims {
    /// The person.
    #[serde(deserialize_with = "hyphenated_uuid")]
    pub sub: Uuid,
    /// When it ends, seconds since 1970.
    pub exp: u64,
    iat: u64,
    nbf: Option<u64>,
    iss: String,
    token_use: String,
    client_id: String,
    scope: String,
}

/// What an ID token says.
#[derive(Debug, Clone, Deserialize)]
pub struct IdClaims {
    /// The person.
    #[serde(deserialize_with = "hyphenated_uuid")]
    pub sub: Uuid,
    /// Their mailbox.
    pub email: String,
    /// Whether they have proved that it is theirs.
    #[serde(default)]
    pub email_verified: bool,
    /// The name that they gave.
    pub name: Option<String>,
    /// The handle that they asked for.
    pub preferred_username: Option<String>,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
    iss: String,
    token_use: String,
    // One text, no list: a token for several audiences is none of Cognito's.
    aud: String,
}

/// The claims that both kinds of token must hold to. Whole seconds and single texts: the library would round the one
/// and take a list for the other.
struct Common<'a> {
    iss: &'a str,
    token_use: &'a str,
    client_id: &'a str,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
}

/// Believes the tokens of one pool that are for one client.
pub struct Verifier {
    issuer: String,
    client_id: String,
    keys: KeySet,
    validation: Validation,
    clock: Clock,
}

/// Tells the time in seconds since 1970.
pub type Clock = fn() -> u64;

impl Verifier {
    /// A verifier for tokens of this issuer, for this client, signed with these keys.
    pub fn new(issuer: String, client_id: String, keys: KeySet) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Times are compared below: the library has a clock of its own, so that no test could stand on an edge.
        validation.validate_exp = false;
        // An access token has no `aud`; an ID token's is compared below, as a text and not as a list.
        validation.validate_aud = false;
        Self { issuer, client_id, keys, validation, clock: system_clock }
    }

    /// The same verifier at another time.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The keys that it believes.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// What an access token says. Asks the pool for its keys only when the token names an unknown one.
    pub async fn access(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        let claims: AccessClaims = self.decode(token).await?;
        let AccessClaims { iss, token_use, client_id, exp, iat, nbf, .. } = &claims;
        self.check("access", Common { iss, token_use, client_id, exp: *exp, iat: *iat, nbf: *nbf })?;
        let scoped = claims.scope.split(' ').any(|scope| scope == SCOPE);
        if scoped { Ok(claims) } else { Err(InvalidToken::Purpose) }
    }

    /// What an ID token says. Asks the pool for its keys only when the token names an unknown one.
    pub async fn id(&self, token: &str) -> Result<IdClaims, InvalidToken> {
        let claims: IdClaims = self.decode(token).await?;
        let IdClaims { iss, token_use, aud: client_id, exp, iat, nbf, .. } = &claims;
        self.check("id", Common { iss, token_use, client_id, exp: *exp, iat: *iat, nbf: *nbf })?;
        Ok(claims)
    }

    async fn decode<T: DeserializeOwned>(&self, token: &str) -> Result<T, InvalidToken> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(InvalidToken::TooLong);
        }
        let header = decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        // Extensions that must be understood are not: `crit` lists them, and `b64` changes what is signed (RFC 7797).
        if header.crit.is_some() || header.extras.inner().contains_key("b64") {
            return Err(InvalidToken::Malformed);
        }
        // Before the key is looked for: a token that is refused anyway must not cause a fetch.
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

    /// What the library does not check, or checks only against lists or its own clock.
    fn check(&self, token_use: &str, claims: Common<'_>) -> Result<(), InvalidToken> {
        if claims.iss != self.issuer || claims.token_use != token_use || claims.client_id != self.client_id {
            return Err(InvalidToken::Purpose);
        }
        let now = (self.clock)();
        if now >= claims.exp.saturating_add(LEEWAY_SECS) {
            return Err(InvalidToken::Expired);
        }
        let holds_yet = claims.nbf.is_none_or(|nbf| nbf <= now + LEEWAY_SECS);
        if holds_yet && claims.iat <= now + ISSUED_AHEAD_SECS_MAX { Ok(()) } else { Err(InvalidToken::Future) }
    }
}

fn system_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The reason without the library's error, whose text can repeat claims.
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

/// A uuid in the form that Cognito writes; the other forms that the type reads would name one person twice.
fn hyphenated_uuid<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    let id = Uuid::try_parse(&text).map_err(|_| serde::de::Error::custom("not a uuid"))?;
    if id.hyphenated().to_string() == text { Ok(id) } else { Err(serde::de::Error::custom("not a uuid")) }
}
