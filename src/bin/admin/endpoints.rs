//! Where the AWS SDK will call, as far as the environment says.

use anyhow::bail;
use axum::http::Uri;

/// The SDK's variable for DynamoDB.
pub const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
/// The SDK's variable for Cognito.
pub const COGNITO: &str = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";

/// Says which endpoint is about to be called, so that nobody changes the wrong one unawares.
pub fn announce(what: &str, variable: &str) {
    let endpoint = std::env::var(variable).unwrap_or_else(|_| "AWS".to_owned());
    eprintln!("{what} at {endpoint}");
}

/// Refuses unless every AWS service is on this machine.
pub fn demand_local() -> anyhow::Result<()> {
    for variable in [DYNAMODB, COGNITO] {
        match std::env::var(variable) {
            Ok(endpoint) if is_local(&endpoint) => {}
            Ok(endpoint) => bail!("{variable} is {endpoint}, which is not on this machine: nothing was done"),
            Err(_) => bail!("{variable} is not set, so AWS itself would be called: nothing was done"),
        }
    }
    Ok(())
}

fn is_local(endpoint: &str) -> bool {
    let host = endpoint.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_this_machine_is_local() {
        assert!(["http://127.0.0.1:4566", "http://localhost:1/", "http://[::1]:8000"].into_iter().all(is_local));
        let others =
            ["https://dynamodb.eu-central-1.amazonaws.com", "http://localhost.example.com", "http://10.0.0.1", ""];
        assert!(!others.into_iter().any(is_local));
    }
}
