//! Check of the configuration at startup and from then on: a sign-in of a user who does not exist, and the settings of
//! pool and client if the server may read them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{ExplicitAuthFlowsType, UserPoolClientType};
use secrecy::SecretString;
use uuid::Uuid;

use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::CognitoErrorKind;
use crate::server::cognito::health::{Health, Problem};
use crate::server::cognito::key_set::NoSetReason;
use crate::server::cognito::pool::Pool;
use crate::server::cognito::pool_accounts::signed_client;
use crate::server::cognito::token::Verifier;

/// Address of no user, for the check. Reserved for this purpose (RFC 2606).
pub const PROBE_EMAIL: &str = "configuration-check@example.invalid";

/// Interval of the check while everything is well.
const INTERVAL: Duration = Duration::from_secs(15 * 60);

/// Interval of the check while there is a problem, so that the server becomes ready soon after it is solved.
const INTERVAL_OF_PROBLEM: Duration = Duration::from_secs(10);

/// Attributes that the web server reads and writes.
const ATTRIBUTES: [&str; 3] = ["email", "name", "preferred_username"];

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Well,
    Found(Problem),
    /// The pool could not be asked.
    Unknown,
}

/// Reader of the settings of pool and client. Unlike the calls for users, its calls need permissions in AWS.
pub(super) struct Settings {
    client: Client,
    pool: Pool,
    client_id: String,
}

impl Settings {
    /// Creates the reader. Its credentials are those of the AWS SDK.
    pub(super) async fn new(pool: &Pool, client_id: &str, endpoint: Option<&str>) -> Self {
        Self { client: signed_client(pool, endpoint).await, pool: pool.clone(), client_id: client_id.to_owned() }
    }

    /// Reads the settings of the client. `None` if the server may not read them.
    async fn check_client(&self) -> Option<Checked> {
        let request = self.client.describe_user_pool_client().user_pool_id(self.pool.id()).client_id(&self.client_id);
        match request.send().await {
            Ok(response) => Some(response.user_pool_client.as_ref().map_or(Checked::Well, of_client)),
            // The probe has found the client, so it is in another pool, or the pool does not exist.
            Err(error) if is_missing(&error) => Some(Checked::Found(Problem::OtherPool)),
            Err(error) => {
                let cause = error.as_service_error().and_then(|it| it.code()).unwrap_or("no credentials");
                tracing::info!(
                    cause,
                    permission = "cognito-idp:DescribeUserPoolClient",
                    "user pool settings not checked"
                );
                None
            }
        }
    }

    /// Returns true if user names are case-sensitive, which is the default. `None` if the server may not read it.
    async fn case_sensitive(&self) -> Option<bool> {
        let pool = self.client.describe_user_pool().user_pool_id(self.pool.id()).send().await.ok()?.user_pool?;
        Some(pool.username_configuration.is_none_or(|configuration| configuration.case_sensitive))
    }
}

fn of_client(client: &UserPoolClientType) -> Checked {
    let flows = client.explicit_auth_flows();
    let allows_passwords = flows.iter().any(|flow| {
        matches!(flow, ExplicitAuthFlowsType::AllowUserPasswordAuth | ExplicitAuthFlowsType::UserPasswordAuth)
    });
    // An empty list allows the default attributes.
    let allows = |list: &[String]| list.is_empty() || ATTRIBUTES.iter().all(|name| list.iter().any(|it| it == name));
    match () {
        () if !flows.is_empty() && !allows_passwords => Checked::Found(Problem::PasswordAuthDisabled),
        () if !allows(client.read_attributes()) || !allows(client.write_attributes()) => {
            Checked::Found(Problem::AttributePermissions)
        }
        () => Checked::Well,
    }
}

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ResourceNotFoundException")
}

/// Checks of the configuration. Cloning copies handles.
#[derive(Clone)]
pub(super) struct Checker {
    pub(super) calls: Arc<Calls>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) health: Arc<Health>,
}

impl Checker {
    /// Checks the configuration at startup and from then on. Never returns.
    pub(super) async fn run(self, settings: Settings) {
        let mut may_read_settings = true;
        loop {
            self.wait_for_first_fetch().await;
            let mut checked = self.check().await;
            if let Checked::Found(problem) = checked {
                self.health.report(problem);
            }
            self.health.set_checked();
            if checked == Checked::Well && may_read_settings {
                match settings.check_client().await {
                    Some(of_client) => checked = of_client,
                    None => may_read_settings = false,
                }
                if let Some(case_sensitive) = settings.case_sensitive().await {
                    self.health.set_case_sensitive(case_sensitive);
                }
                if checked == Checked::Well && may_read_settings {
                    self.health.confirm();
                }
            }
            match checked {
                // Only the settings show that the client is in the configured pool.
                Checked::Well if !may_read_settings && self.health.problem() == Some(Problem::OtherPool) => {}
                Checked::Well => self.health.clear(),
                Checked::Found(problem) => self.health.report(problem),
                Checked::Unknown => {}
            }
            self.wait(if checked == Checked::Well { INTERVAL } else { INTERVAL_OF_PROBLEM }).await;
        }
    }

    /// Waits until the next check. A problem that a request has found meanwhile is checked soon.
    async fn wait(&self, interval: Duration) {
        let until = Instant::now() + interval;
        while Instant::now() < until {
            tokio::time::sleep(INTERVAL_OF_PROBLEM.min(interval)).await;
            if self.health.problem().is_some() {
                return;
            }
        }
    }

    /// Waits until the key set has been fetched or its first fetch has failed.
    async fn wait_for_first_fetch(&self) {
        let keys = self.verifier.keys();
        while !keys.is_ready() && keys.reason().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Checks the key set, and the client with a sign-in of a user who does not exist.
    pub(super) async fn check(&self) -> Checked {
        let keys = self.verifier.keys();
        match keys.reason().filter(|_| !keys.is_ready()) {
            Some(NoSetReason::Missing) => return Checked::Found(Problem::PoolMissing),
            Some(NoSetReason::Unreachable) => return Checked::Found(Problem::Unreachable),
            Some(NoSetReason::Other) => return Checked::Unknown,
            None => {}
        }
        let password = SecretString::from(Uuid::new_v4().to_string());
        match self.calls.initiate_auth(PROBE_EMAIL, &password).await.map_err(|error| error.kind) {
            Err(CognitoErrorKind::Misconfigured(Some(problem))) => Checked::Found(problem),
            Err(CognitoErrorKind::Unavailable | CognitoErrorKind::TooMany | CognitoErrorKind::Misconfigured(None)) => {
                Checked::Unknown
            }
            // Every other refusal is about the user.
            Ok(_) | Err(_) => Checked::Well,
        }
    }
}
