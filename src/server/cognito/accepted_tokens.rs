//! Access tokens that the user pool accepts. The signature of a token stays valid until its expiry, even if its user
//! has signed out everywhere, is disabled or deleted, so the pool is asked.

use std::time::Duration;

use moka::future::Cache;
use time::OffsetDateTime;

use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};

/// Time for which an answer of the pool is used again. A revoked token is accepted no longer than this. Each token in
/// use costs one `GetUser` per interval, of which AWS allows 120 per second and pool by default.
const MAX_AGE: Duration = Duration::from_secs(5);

/// Maximum number of remembered tokens.
const TOKENS_MAX: u64 = 10_000;

/// Recent answers of the pool, by a hash of the token: true if it accepts the token.
pub(super) struct AcceptedTokens(Cache<[u8; 32], bool>);

impl Default for AcceptedTokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(TOKENS_MAX).time_to_live(MAX_AGE).build())
    }
}

impl AcceptedTokens {
    /// Returns false if the pool rejects an access token whose signature is valid. If the pool cannot be asked, the
    /// signature alone counts, as for sessions. `valid_from` is the time before which the user's tokens are rejected:
    /// older answers do not count.
    pub(super) async fn accept(&self, calls: &Calls, access: &str, valid_from: Option<OffsetDateTime>) -> bool {
        let valid_from = valid_from.map_or(0, OffsetDateTime::unix_timestamp_nanos);
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        hash.update(&valid_from.to_be_bytes());
        hash.update(access.as_bytes());
        let key = hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        let ask = async { calls.get_user(access).await.map_or_else(is_undecided, |()| true) };
        // Concurrent requests with the same token share one call.
        self.0.get_with(key, ask).await
    }
}

/// Returns true if an error says nothing about the token.
fn is_undecided(error: CognitoError) -> bool {
    let is_decided = matches!(
        error.kind,
        CognitoErrorKind::NotAuthorized
            | CognitoErrorKind::UserNotFound
            | CognitoErrorKind::UserNotConfirmed
            | CognitoErrorKind::PasswordResetRequired
    );
    if !is_decided {
        tracing::warn!(cause = format!("{:#}", error.into_cause()), "access token not checked at the user pool");
    }
    !is_decided
}
