//! Target of a command: the database server or AWS endpoint that it works on.

use std::fmt;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, anyhow};
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Credentials, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use axum::http::Uri;
use sqlx::postgres::PgConnectOptions;

use crate::confirmation::NotConfirmed;

/// Service and its address.
pub struct Target {
    service: &'static str,
    address: String,
    local: bool,
}

impl Target {
    /// Returns the PostgreSQL server of these options.
    pub fn of_postgres(options: &PgConnectOptions) -> Self {
        let service = "PostgreSQL";
        let host = options.get_host();
        match options.get_socket() {
            Some(socket) => Self { service, address: socket.display().to_string(), local: true },
            None if host.starts_with('/') => Self { service, address: host.to_owned(), local: true },
            None => Self { service, address: format!("{host}:{}", options.get_port()), local: is_local(host) },
        }
    }

    /// Returns the endpoint of a DynamoDB client.
    pub async fn of_dynamodb(client: &aws_sdk_dynamodb::Client) -> anyhow::Result<Self> {
        let probe = EndpointProbe::default();
        let config = client.config().to_builder().credentials_provider(dummy_credentials()).interceptor(probe.clone());
        let stopped = aws_sdk_dynamodb::Client::from_conf(config.build()).list_tables().send().await;
        Self::of_aws("DynamoDB", &probe, stopped)
    }

    /// Returns the endpoint of a Cognito client.
    pub async fn of_cognito(client: &aws_sdk_cognitoidentityprovider::Client) -> anyhow::Result<Self> {
        let probe = EndpointProbe::default();
        let config = client.config().to_builder().credentials_provider(dummy_credentials()).interceptor(probe.clone());
        let client = aws_sdk_cognitoidentityprovider::Client::from_conf(config.build());
        let stopped = client.list_user_pools().max_results(1).send().await;
        Self::of_aws("Cognito", &probe, stopped)
    }

    /// Prints the target, so that the user notices a wrong one.
    pub fn announce(&self) {
        eprintln!("{self}{}", if self.local { "" } else { " (not on this machine)" });
    }

    /// Returns `true` if the target is on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Returns an error if the target is not on this machine.
    pub fn require_local(&self) -> Result<(), NotConfirmed> {
        if self.local { Ok(()) } else { Err(NotConfirmed(format!("{self} is not on this machine"))) }
    }

    /// Takes the address from the probe, whose call was `stopped`.
    fn of_aws<T, E>(service: &'static str, probe: &EndpointProbe, stopped: Result<T, E>) -> anyhow::Result<Self>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let Some(uri) = probe.0.get() else {
            let cause = stopped.err().map_or_else(|| anyhow!("the call was not intercepted"), anyhow::Error::new);
            return Err(cause.context(format!("resolve the endpoint of {service}; is AWS_REGION set?")));
        };
        let uri: Uri = uri.parse().context("parse the SDK's endpoint")?;
        let host = uri.host().context("the SDK's endpoint has no host")?;
        let authority = uri.authority().map_or(host, |it| it.as_str());
        let address = format!("{}://{authority}", uri.scheme_str().unwrap_or("https"));
        Ok(Self { service, local: is_local(host), address })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.service, self.address)
    }
}

/// Records the address of a call and stops it before it is sent. Only the SDK can resolve the endpoint: it merges
/// variables, profiles and their sections by rules of its own.
#[derive(Debug, Clone, Default)]
struct EndpointProbe(Arc<OnceLock<String>>);

impl Intercept for EndpointProbe {
    fn name(&self) -> &'static str {
        "EndpointProbe"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A retry has the same address.
        let _ = self.0.set(context.request().uri().to_owned());
        Err("only the address was needed".into())
    }
}

/// Credentials for a request that is signed but never sent.
fn dummy_credentials() -> Credentials {
    Credentials::new("none", "none", None, None, "admin")
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        assert!(["127.0.0.1", "127.8.9.1", "localhost", "[::1]", "::1"].into_iter().all(is_local));
        let others = ["dynamodb.eu-central-1.amazonaws.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", ""];
        assert!(!others.into_iter().any(is_local));
    }

    #[test]
    fn a_socket_is_on_this_machine_and_a_host_elsewhere_is_not() {
        let target = |url: &str| Target::of_postgres(&url.parse().expect("a URL"));
        assert!(target("postgres://ana@localhost/db").is_local());
        assert!(target("postgres://ana@%2Fvar%2Frun%2Fpostgresql/db").is_local());
        assert!(!target("postgres://ana@db.example.com/db").is_local());
    }
}
