//! Where a command works: on this machine, or elsewhere.

use std::fmt;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, anyhow};
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Credentials, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use axum::http::Uri;
use sqlx::postgres::PgConnectOptions;

use crate::consent::Refused;

/// A service, and where it answers.
pub struct Place {
    service: &'static str,
    at: String,
    local: bool,
}

impl Place {
    /// Where PostgreSQL is.
    pub fn of_postgres(options: &PgConnectOptions) -> Self {
        let service = "PostgreSQL";
        let host = options.get_host();
        match options.get_socket() {
            Some(socket) => Self { service, at: socket.display().to_string(), local: true },
            None if host.starts_with('/') => Self { service, at: host.to_owned(), local: true },
            None => Self { service, at: format!("{host}:{}", options.get_port()), local: is_local(host) },
        }
    }

    /// Where a client's calls of DynamoDB go.
    pub async fn of_dynamodb(client: &aws_sdk_dynamodb::Client) -> anyhow::Result<Self> {
        let lookout = Lookout::default();
        let config = client.config().to_builder().credentials_provider(nobody()).interceptor(lookout.clone());
        let stopped = aws_sdk_dynamodb::Client::from_conf(config.build()).list_tables().send().await;
        Self::of_aws("DynamoDB", &lookout, stopped)
    }

    /// Where a client's calls of Cognito go.
    pub async fn of_cognito(client: &aws_sdk_cognitoidentityprovider::Client) -> anyhow::Result<Self> {
        let lookout = Lookout::default();
        let config = client.config().to_builder().credentials_provider(nobody()).interceptor(lookout.clone());
        let client = aws_sdk_cognitoidentityprovider::Client::from_conf(config.build());
        let stopped = client.list_user_pools().max_results(1).send().await;
        Self::of_aws("Cognito", &lookout, stopped)
    }

    /// Says where, so that nobody changes the wrong one unawares.
    pub fn announce(&self) {
        eprintln!("{self}{}", if self.local { "" } else { " (not on this machine)" });
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Refuses what is not on this machine.
    pub fn demand_local(&self) -> Result<(), Refused> {
        if self.local { Ok(()) } else { Err(Refused(format!("{self} is not on this machine"))) }
    }

    /// Takes the address that the call was `stopped` on the way to.
    fn of_aws<T, E>(service: &'static str, lookout: &Lookout, stopped: Result<T, E>) -> anyhow::Result<Self>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let Some(address) = lookout.0.get() else {
            let cause = stopped.err().map_or_else(|| anyhow!("it was called"), anyhow::Error::new);
            return Err(cause.context(format!("find out where {service} is; is AWS_REGION set?")));
        };
        let address: Uri = address.parse().context("parse the SDK's address")?;
        let host = address.host().context("the SDK's address has no host")?;
        let at = format!(
            "{}://{}",
            address.scheme_str().unwrap_or("https"),
            address.authority().map_or(host, |it| it.as_str())
        );
        Ok(Self { service, local: is_local(host), at })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.service, self.at)
    }
}

/// Learns to which address a call would go, and stops it. The SDK alone knows: it reads variables, profiles and their
/// sections, and takes one for the other.
#[derive(Debug, Clone, Default)]
struct Lookout(Arc<OnceLock<String>>);

impl Intercept for Lookout {
    fn name(&self) -> &'static str {
        "Lookout"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A second try would go to the same address.
        let _ = self.0.set(context.request().uri().to_owned());
        Err("only the address was wanted".into())
    }
}

/// Signs what is never sent.
fn nobody() -> Credentials {
    Credentials::new("nobody", "nobody", None, None, "admin")
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
        let place = |url: &str| Place::of_postgres(&url.parse().expect("a URL"));
        assert!(place("postgres://ana@localhost/db").is_local());
        assert!(place("postgres://ana@%2Fvar%2Frun%2Fpostgresql/db").is_local());
        assert!(!place("postgres://ana@db.example.com/db").is_local());
    }
}
