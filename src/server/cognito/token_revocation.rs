//! Token revocation. Runs in the background, so that signing out does not wait for a slow user pool.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use secrecy::SecretString;

use crate::server::cognito::Cognito;
use crate::server::cognito::error::CognitoError;

/// Waits before the second and the third attempt, which is the last one: 1 and 4 seconds.
const WAITS: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_secs(1)).with_factor(4.0).with_max_times(2);

/// Maximum time that a response waits for the pool.
const WAIT_MAX: Duration = Duration::from_secs(1);

enum Revocation {
    /// Revokes these refresh tokens and the access tokens issued with them.
    RefreshTokens(Vec<SecretString>),
    /// Revokes all tokens of the user who owns this refresh token.
    AllOfUser(SecretString),
}

impl Cognito {
    /// Revokes refresh tokens. Returns at once.
    pub fn revoke(&self, refresh_tokens: Vec<SecretString>) {
        if !refresh_tokens.is_empty() {
            tokio::spawn(self.clone().revoke_with_retries(Revocation::RefreshTokens(refresh_tokens)));
        }
    }

    /// Revokes all tokens of the user who owns this refresh token. Returns after [`WAIT_MAX`] at the latest, and goes
    /// on in the background: a pool that answers has revoked them before the user can sign in again, so that it does
    /// not revoke new tokens.
    pub async fn sign_out_everywhere(&self, refresh_token: SecretString) {
        let revoked = tokio::spawn(self.clone().revoke_with_retries(Revocation::AllOfUser(refresh_token)));
        tokio::time::timeout(WAIT_MAX, revoked).await.ok();
    }

    /// Retries temporary failures. A final failure is only logged: the sessions are already deleted.
    async fn revoke_with_retries(self, revocation: Revocation) {
        let revoked = (|| self.try_to_revoke(&revocation)).retry(WAITS).when(CognitoError::is_temporary).await;
        if let Err(error) = revoked {
            tracing::warn!(cause = format!("{:#}", error.into_cause()), "token revocation failed");
        }
    }

    async fn try_to_revoke(&self, revocation: &Revocation) -> Result<(), CognitoError> {
        match revocation {
            Revocation::RefreshTokens(refresh_tokens) => {
                for token in refresh_tokens {
                    self.calls().revoke_token(token).await?;
                }
                Ok(())
            }
            // GlobalSignOut takes an access token, and sessions store only refresh tokens.
            Revocation::AllOfUser(refresh_token) => {
                let tokens = self.calls().get_tokens(refresh_token).await?;
                self.calls().global_sign_out(&tokens.access).await
            }
        }
    }
}
