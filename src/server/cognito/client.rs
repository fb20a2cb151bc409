//! Client of the user pool.

use std::net::IpAddr;
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

use crate::server::cognito::accepted_tokens::AcceptedTokens;
use crate::server::cognito::call_metrics::CallMetrics;
use crate::server::cognito::calls::{AuthOutcome, Calls, Tokens};
use crate::server::cognito::challenge::{Challenge, SentChallenge};
use crate::server::cognito::check::{Checked, Checker, Settings};
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::cognito::health::{Health, Problem};
use crate::server::cognito::key_set::{KeySet, RefreshIntervals, requires_https};
use crate::server::cognito::pool::Pool;
use crate::server::cognito::pool_accounts::PoolAccounts;
use crate::server::cognito::token::{IdClaims, InvalidToken, Verifier};
use crate::server::config::Config;
use crate::server::metrics::Metrics;

/// Timeout of a call to the user pool, including its retry.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// Maximum backoff before the retry of a call. The SDK also retries errors that concern a single account; a long
/// backoff would reveal by its timing that the account exists.
const RETRY_BACKOFF: Duration = Duration::from_millis(100);

/// Client of the user pool, with its key set. Cloning copies a handle.
#[derive(Clone)]
pub struct Cognito(Arc<Inner>);

struct Inner {
    checker: Checker,
    accepted_tokens: AcceptedTokens,
    accounts: PoolAccounts,
    /// True if the pool is told the addresses of clients.
    tells_addresses: bool,
    /// Fetches of the key set and checks of the configuration. They abort when the last handle is dropped.
    _background: [AbortOnDropHandle<()>; 2],
}

/// An authenticated user. The tokens have been verified.
#[derive(Debug)]
pub struct Authenticated {
    /// Claims of the ID token.
    pub claims: IdClaims,
    /// Access token, for a call on behalf of the user. It is not stored.
    pub access_token: SecretString,
    /// Expiry of the access token.
    pub access_ends_at: OffsetDateTime,
    /// Always present after a sign-in. After a refresh only if the pool rotates refresh tokens.
    pub refresh_token: Option<SecretString>,
}

/// Outcome of a sign-in.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The password was correct.
    Authenticated(Box<Authenticated>),
    /// The pool demands a further step, such as a new password or a second factor.
    Challenge(SentChallenge),
}

impl Cognito {
    /// Creates a client for the configured pool. The key set is fetched in the background with retries, so the server
    /// starts even if the pool is unavailable. Fails on an invalid configuration.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        Self::connect_with(config, RefreshIntervals::default()).await
    }

    /// Like [`Cognito::connect`], with other intervals for fetching the key set.
    pub async fn connect_with(config: &Config, intervals: RefreshIntervals) -> anyhow::Result<Self> {
        let pool = Pool::parse(&config.user_pool_id)?;
        ensure!(!config.client_id.is_empty(), "AWS_COGNITO_USER_POOL_CLIENT_ID is empty");
        let endpoint = config.cognito_endpoint.as_deref();
        let https_only = requires_https(cfg!(not(debug_assertions)), config.local);
        let keys = KeySet::new(pool.key_set_url(endpoint), https_only, intervals).context("the user pool's key set")?;
        let verifier = Arc::new(Verifier::new(pool.issuer(), config.client_id.clone(), keys));
        let key_refresh = tokio::spawn({
            let verifier = verifier.clone();
            async move { verifier.keys().refresh_keys().await }
        });
        let health = Arc::<Health>::default();
        let calls = Arc::new(Calls {
            client: client(&pool, endpoint).await,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            health: health.clone(),
            metrics: CallMetrics::default(),
            address: None,
        });
        let checker = Checker { calls, verifier, health };
        let settings = Settings::new(&pool, &config.client_id, endpoint).await;
        let check = tokio::spawn(checker.clone().run(settings));
        let background = [key_refresh, check].map(AbortOnDropHandle::new);
        let accepted_tokens = AcceptedTokens::default();
        let accounts = PoolAccounts::new(pool, endpoint).await;
        let tells_addresses = config.threat_protection;
        Ok(Self(Arc::new(Inner { checker, accepted_tokens, accounts, tells_addresses, _background: background })))
    }

    /// Adds the calls to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        self.calls().metrics.register(metrics);
    }

    /// Returns true if the key set has been fetched, so that tokens can be verified, and no problem is known.
    pub fn is_ready(&self) -> bool {
        self.verifier().keys().is_ready() && self.health().is_well()
    }

    /// Returns the known problems of the configuration.
    pub fn health(&self) -> &Health {
        &self.0.checker.health
    }

    /// Returns the single calls to the pool. They do not verify the tokens in a response.
    pub fn calls(&self) -> &Calls {
        &self.0.checker.calls
    }

    /// Like [`Cognito::calls`], on behalf of the client at an address. The pool is told of it if its threat protection
    /// is configured.
    pub fn calls_from(&self, address: Option<IpAddr>) -> Calls {
        Calls { address: address.filter(|_| self.0.tells_addresses), ..self.calls().clone() }
    }

    /// Returns the accounts of the pool, as its operator sees them.
    pub fn accounts(&self) -> &PoolAccounts {
        &self.0.accounts
    }

    /// Returns the verifier for tokens of this pool.
    pub fn verifier(&self) -> &Verifier {
        &self.0.checker.verifier
    }

    /// Returns false if the pool rejects an access token whose signature is valid. `valid_from` is the time before
    /// which the user's tokens are rejected.
    pub async fn accepts(&self, access: &str, valid_from: Option<OffsetDateTime>) -> bool {
        self.0.accepted_tokens.accept(self.calls(), access, valid_from).await
    }

    /// Returns true if an error of a renewal means that the session is over: the pool says that the token is revoked or
    /// that its user is gone, or it rejects the token of a client whose configuration is known to be right.
    pub async fn ends_session(&self, error: &CognitoError) -> bool {
        error.ends_token
            || (error.kind == CognitoErrorKind::NotAuthorized
                && self.health().is_confirmed()
                && self.health().problem().is_none()
                && self.0.checker.check().await == Checked::Well)
    }

    /// Signs in with a password, on behalf of the client at `address`, and verifies that both tokens are valid and
    /// belong to the same user.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<SignInOutcome, CognitoError> {
        let outcome = self.calls_from(address).initiate_auth(email, password).await?;
        self.verified("InitiateAuth", outcome).await
    }

    /// Answers a challenge with a new password or a code. Verifies the tokens like [`Cognito::sign_in`]. Another
    /// challenge may follow.
    pub async fn answer(
        &self,
        challenge: &Challenge,
        answer: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<SignInOutcome, CognitoError> {
        let outcome = self.calls_from(address).respond_to_challenge(challenge, answer).await?;
        self.verified("RespondToAuthChallenge", outcome).await
    }

    async fn verified(&self, call: &'static str, outcome: AuthOutcome) -> Result<SignInOutcome, CognitoError> {
        match outcome {
            AuthOutcome::Challenge(challenge) => Ok(SignInOutcome::Challenge(challenge)),
            AuthOutcome::Tokens(tokens) if tokens.refresh.is_none() => Err(CognitoError::incomplete(call)),
            AuthOutcome::Tokens(tokens) => {
                let user = self.verify(call, tokens, None).await?;
                Ok(SignInOutcome::Authenticated(Box::new(user)))
            }
        }
    }

    /// Exchanges a refresh token for new tokens. Verifies that they are valid and belong to the user `sub`.
    pub async fn refresh(&self, refresh_token: &SecretString, sub: Uuid) -> Result<Authenticated, CognitoError> {
        let tokens = self.calls().get_tokens(refresh_token).await?;
        self.verify("GetTokensFromRefreshToken", tokens, Some(sub)).await
    }

    async fn verify(
        &self,
        call: &'static str,
        tokens: Tokens,
        sub: Option<Uuid>,
    ) -> Result<Authenticated, CognitoError> {
        let untrusted = |reason: InvalidToken| CognitoError::untrusted(call, reason);
        let access_token = tokens.access.expose_secret();
        if self.verifier().keys().is_ready() && self.verifier().is_of_another_pool(access_token) {
            self.health().report(Problem::OtherPool);
            return Err(CognitoError::of_another_pool(call));
        }
        let access = self.verifier().access(access_token).await.map_err(untrusted)?;
        let claims = self.verifier().id(tokens.id.expose_secret()).await.map_err(untrusted)?;
        if claims.sub != access.sub || sub.is_some_and(|sub| sub != access.sub) {
            return Err(untrusted(InvalidToken::Purpose));
        }
        let ends_at = i64::try_from(access.exp).ok().and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
        let access_ends_at = ends_at.ok_or_else(|| untrusted(InvalidToken::Claims))?;
        self.health().confirm();
        Ok(Authenticated { claims, access_token: tokens.access, access_ends_at, refresh_token: tokens.refresh })
    }
}

/// Creates the client of the SDK. Without credentials: the calls for users are not signed.
async fn client(pool: &Pool, endpoint: Option<&str>) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).operation_timeout(CALL_TIMEOUT);
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(pool.region().to_owned()))
        .no_credentials()
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(RETRY_BACKOFF));
    let config = match endpoint {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    Client::new(&config.load().await)
}
