//! People's accounts in the user pool, and what programs show of them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::user::{DisplayName, Handle};
use cruddur_messages::server::cognito::calls::SignIn;
use cruddur_messages::server::cognito::{Cognito, Entry};
use cruddur_messages::server::config::Config;
use cruddur_messages::server::store::postgres::new_user::Newcomer;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// Everybody's password. It opens nothing but a pool that lives as long as the run.
const PASSWORD: &str = "Cruddur-audit-1";

/// The code that the local Cognito sends to everybody.
const CODE: &str = "123456";

/// How long an access token is used. It lives for 15 minutes.
const TOKEN_USED_FOR: Duration = Duration::from_secs(600);

/// How long the pool's keys may take to arrive.
const KEYS_WITHIN: Duration = Duration::from_secs(10);

/// The user pool, and the access tokens that it has given.
pub struct Accounts {
    cognito: Cognito,
    tokens: Mutex<HashMap<String, (Instant, HeaderValue)>>,
}

impl Accounts {
    /// Those in the pool of the configuration.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        let cognito = Cognito::connect(config).await?;
        let keys = async {
            while !cognito.is_ready() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(KEYS_WITHIN, keys).await.ok().context("the user pool's keys did not arrive")?;
        Ok(Self { cognito, tokens: Mutex::default() })
    }

    /// Makes an account as a person does: signs up, confirms the mailbox, signs in.
    pub async fn make(&self, name: &str, email: &str) -> anyhow::Result<Newcomer> {
        let (display_name, handle) = (DisplayName::parse(name)?, Handle::parse(name)?);
        let signed_up = self.cognito.sign_up(&display_name, &handle, email, &password()).await;
        signed_up.map_err(|refused| refused.into_cause()).context("sign up")?;
        let confirmed = self.cognito.confirm_sign_up(email, CODE).await;
        confirmed.map_err(|refused| refused.into_cause()).context("confirm")?;
        let entry = self.cognito.sign_in(email, &password()).await;
        let Entry::Authenticated(person) = entry.map_err(|refused| refused.into_cause()).context("sign in")? else {
            anyhow::bail!("the user pool asks more than a password");
        };
        Ok(Newcomer {
            sub: person.claims.sub,
            email: email.to_owned(),
            email_verified: true,
            name: Some(name.to_owned()),
            handle: Some(handle.to_string()),
        })
    }

    /// The header by which a program says whose it is.
    pub async fn bearer(&self, email: &str) -> anyhow::Result<HeaderValue> {
        let mut tokens = self.tokens.lock().await;
        if let Some((since, header)) = tokens.get(email)
            && since.elapsed() < TOKEN_USED_FOR
        {
            return Ok(header.clone());
        }
        let since = Instant::now();
        let answer = self.cognito.initiate_auth(email, &password()).await;
        let SignIn::Done(given) = answer.map_err(|refused| refused.into_cause()).context("sign in")? else {
            anyhow::bail!("the user pool asks more than a password");
        };
        let header = HeaderValue::from_str(&format!("Bearer {}", given.access.expose_secret()))?;
        tokens.insert(email.to_owned(), (since, header.clone()));
        Ok(header)
    }
}

fn password() -> SecretString {
    PASSWORD.into()
}
