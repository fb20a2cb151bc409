//! Making tokens worthless, in the background: whoever signs out does not wait for it.

use std::time::Duration;

use secrecy::SecretString;

use crate::server::cognito::Cognito;
use crate::server::cognito::refusal::Refused;

/// How often a withdrawal is tried.
const TRIES_MAX: u32 = 3;

/// What is withdrawn.
enum Withdrawal {
    /// These refresh tokens, and the access tokens that came of them.
    Of(Vec<SecretString>),
    /// Every token of the person whose refresh token this is.
    OfPerson(SecretString),
}

impl Cognito {
    /// Withdraws refresh tokens. Returns at once.
    pub fn revoke(&self, refresh_tokens: Vec<SecretString>) {
        if !refresh_tokens.is_empty() {
            tokio::spawn(self.clone().insist(Withdrawal::Of(refresh_tokens)));
        }
    }

    /// Withdraws every token of the person whose refresh token this is. Returns at once.
    pub fn sign_out_everywhere(&self, refresh_token: SecretString) {
        tokio::spawn(self.clone().insist(Withdrawal::OfPerson(refresh_token)));
    }

    /// Tries a few times. A withdrawal that fails in the end is logged: the sessions themselves are gone already.
    async fn insist(self, withdrawal: Withdrawal) {
        let mut wait = Duration::from_secs(1);
        for tries_left in (0..TRIES_MAX).rev() {
            match self.withdraw(&withdrawal).await {
                Ok(()) => return,
                Err(refused) if tries_left == 0 || !refused.is_temporary() => {
                    tracing::warn!(cause = format!("{:#}", refused.into_cause()), "tokens were not withdrawn");
                    return;
                }
                Err(_) => tokio::time::sleep(wait).await,
            }
            wait *= 4;
        }
    }

    async fn withdraw(&self, withdrawal: &Withdrawal) -> Result<(), Refused> {
        match withdrawal {
            Withdrawal::Of(refresh_tokens) => {
                for token in refresh_tokens {
                    self.revoke_token(token).await?;
                }
                Ok(())
            }
            // The call wants an access token, and none is kept.
            Withdrawal::OfPerson(refresh_token) => {
                let tokens = self.get_tokens(refresh_token).await?;
                self.global_sign_out(&tokens.access).await
            }
        }
    }
}
