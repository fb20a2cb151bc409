//! The client of the user pool.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_cognitoidentityprovider::Client;
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::server::cognito::calls::{SignIn, Tokens};
use crate::server::cognito::key_set::{KeySet, Pace, must_be_https};
use crate::server::cognito::pool::Pool;
use crate::server::cognito::refusal::Refused;
use crate::server::cognito::token::{IdClaims, InvalidToken, Verifier};
use crate::server::config::Config;

/// How long a call to the user pool may take in all.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// How long it is waited at most before a call is made once more. The SDK also repeats what the pool refuses because of one
/// account: were that slow, it would tell that the account exists.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The user pool: its key set, and the calls to it. Cloning copies a handle.
#[derive(Clone)]
pub struct Cognito(Arc<Inner>);

struct Inner {
    client: Client,
    client_id: String,
    client_secret: Option<SecretString>,
    verifier: Arc<Verifier>,
    /// Ends with the last handle.
    _keys_kept_fresh: AbortOnDropHandle<()>,
}

/// Somebody whom the pool knows, and whose tokens hold.
#[derive(Debug)]
pub struct Authenticated {
    /// Who they are.
    pub claims: IdClaims,
    /// When the access token ends.
    pub access_ends_at: OffsetDateTime,
    /// For new tokens: always there after a sign-in, after a refresh only where the pool rotates them.
    pub refresh_token: Option<SecretString>,
}

/// What a sign-in leads to.
#[derive(Debug)]
pub enum Entry {
    /// They are who they say.
    Authenticated(Box<Authenticated>),
    /// The pool wants something that this site does not ask: a new password, a second factor.
    Challenge(String),
}

impl Cognito {
    /// A client for the pool of the configuration. Fetches the key set in the background, again and again until it is
    /// there: the server starts without the pool. Refuses a configuration that cannot work.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        Self::connect_at(config, Pace::default()).await
    }

    /// As [`Cognito::connect`], with another pace of fetching keys.
    pub async fn connect_at(config: &Config, pace: Pace) -> anyhow::Result<Self> {
        let pool = Pool::parse(&config.user_pool_id)?;
        ensure!(!config.client_id.is_empty(), "AWS_COGNITO_USER_POOL_CLIENT_ID is empty");
        let endpoint = config.cognito_endpoint.as_deref();
        let https_only = must_be_https(cfg!(not(debug_assertions)), config.local);
        let keys = KeySet::new(pool.key_set_url(endpoint), https_only, pace).context("the user pool's key set")?;
        let verifier = Arc::new(Verifier::new(pool.issuer(), config.client_id.clone(), keys));
        let fetching = tokio::spawn({
            let verifier = verifier.clone();
            async move { verifier.keys().keep_fresh().await }
        });
        Ok(Self(Arc::new(Inner {
            client: client(&pool, endpoint).await,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            verifier,
            _keys_kept_fresh: AbortOnDropHandle::new(fetching),
        })))
    }

    /// Whether tokens can be checked.
    pub fn is_ready(&self) -> bool {
        self.0.verifier.keys().is_ready()
    }

    /// Who is believed.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Signs in with a password. Both tokens hold, and are about one person, or it is an error.
    pub async fn sign_in(&self, email: &str, password: &SecretString) -> Result<Entry, Refused> {
        match self.initiate_auth(email, password).await? {
            SignIn::Challenge(challenge) => Ok(Entry::Challenge(challenge)),
            SignIn::Done(tokens) if tokens.refresh.is_none() => Err(Refused::incomplete("InitiateAuth")),
            SignIn::Done(tokens) => {
                let person = self.believe("InitiateAuth", tokens, None).await?;
                Ok(Entry::Authenticated(Box::new(person)))
            }
        }
    }

    /// New tokens for the person `sub`, checked like those of a sign-in.
    pub async fn refresh(&self, refresh_token: &SecretString, sub: Uuid) -> Result<Authenticated, Refused> {
        let tokens = self.get_tokens(refresh_token).await?;
        self.believe("GetTokensFromRefreshToken", tokens, Some(sub)).await
    }

    async fn believe(&self, call: &'static str, tokens: Tokens, sub: Option<Uuid>) -> Result<Authenticated, Refused> {
        let untrusted = |why: InvalidToken| Refused::untrusted(call, why);
        let access = self.0.verifier.access(tokens.access.expose_secret()).await.map_err(untrusted)?;
        let claims = self.0.verifier.id(tokens.id.expose_secret()).await.map_err(untrusted)?;
        if claims.sub != access.sub || sub.is_some_and(|sub| sub != access.sub) {
            return Err(untrusted(InvalidToken::Purpose));
        }
        let ends_at = i64::try_from(access.exp).ok().and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
        let access_ends_at = ends_at.ok_or_else(|| untrusted(InvalidToken::Claims))?;
        Ok(Authenticated { claims, access_ends_at, refresh_token: tokens.refresh })
    }

    pub(super) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(super) fn client_id(&self) -> &str {
        &self.0.client_id
    }

    pub(super) fn client_secret(&self) -> Option<&SecretString> {
        self.0.client_secret.as_ref()
    }
}

/// The SDK's client. The calls that a server makes for people are not signed, so it looks for no credentials.
async fn client(pool: &Pool, endpoint: Option<&str>) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).operation_timeout(CALL_TIMEOUT);
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(pool.region().to_owned()))
        .no_credentials()
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(RETRY_PAUSE));
    let config = match endpoint {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    Client::new(&config.load().await)
}
