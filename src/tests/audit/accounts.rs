//! Accounts of the users in the user pool, and their access tokens.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::user::{DisplayName, Handle};
use cruddur_messages::server::cognito::calls::AuthOutcome;
use cruddur_messages::server::cognito::{Cognito, SignInOutcome};
use cruddur_messages::server::config::Config;
use cruddur_messages::server::store::postgres::new_user::NewUser;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// Password of all accounts. It gives access only to a user pool that exists as long as the run.
const PASSWORD: &str = "Cruddur-audit-1";

/// Confirmation code that the local Cognito sends for every sign-up.
const CODE: &str = "123456";

/// Time for which an access token is reused. It expires after 15 minutes.
const TOKEN_USED_FOR: Duration = Duration::from_secs(600);

/// Timeout for loading the pool's public keys.
const KEYS_TIMEOUT: Duration = Duration::from_secs(10);

/// User pool, and the access tokens that it has issued.
pub struct Accounts {
    cognito: Cognito,
    tokens: Mutex<HashMap<String, (Instant, HeaderValue)>>,
}

impl Accounts {
    /// Connects to the pool of the configuration.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        let cognito = Cognito::connect(config).await?;
        let keys = async {
            while !cognito.is_ready() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(KEYS_TIMEOUT, keys).await.ok().context("loading the user pool's keys timed out")?;
        Ok(Self { cognito, tokens: Mutex::default() })
    }

    /// Creates an account as a user does: signs up, confirms the e-mail address, signs in.
    pub async fn create(&self, name: &str, email: &str) -> anyhow::Result<NewUser> {
        let (display_name, handle) = (DisplayName::parse(name)?, Handle::parse(name)?);
        let signed_up = self.cognito.calls().sign_up(&display_name, &handle, email, &password()).await;
        signed_up.map_err(|error| error.into_cause()).context("sign up")?;
        let confirmed = self.cognito.calls().confirm_sign_up(email, CODE).await;
        confirmed.map_err(|error| error.into_cause()).context("confirm")?;
        let outcome = self.cognito.sign_in(email, &password(), None).await;
        let SignInOutcome::Authenticated(user) = outcome.map_err(|error| error.into_cause()).context("sign in")? else {
            anyhow::bail!("the user pool requires more than a password");
        };
        Ok(NewUser {
            sub: user.claims.sub,
            email: email.to_owned(),
            email_verified: true,
            name: Some(name.to_owned()),
            handle: Some(handle.to_string()),
        })
    }

    /// Returns the authorization header of a user. Signs in if there is no token that can be reused.
    pub async fn bearer(&self, email: &str) -> anyhow::Result<HeaderValue> {
        let mut tokens = self.tokens.lock().await;
        if let Some((issued_at, header)) = tokens.get(email)
            && issued_at.elapsed() < TOKEN_USED_FOR
        {
            return Ok(header.clone());
        }
        let issued_at = Instant::now();
        let outcome = self.cognito.calls().initiate_auth(email, &password()).await;
        let AuthOutcome::Tokens(tokens_issued) = outcome.map_err(|error| error.into_cause()).context("sign in")? else {
            anyhow::bail!("the user pool requires more than a password");
        };
        let header = HeaderValue::from_str(&format!("Bearer {}", tokens_issued.access.expose_secret()))?;
        tokens.insert(email.to_owned(), (issued_at, header.clone()));
        Ok(header)
    }
}

fn password() -> SecretString {
    PASSWORD.into()
}
