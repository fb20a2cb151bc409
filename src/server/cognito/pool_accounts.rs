//! Accounts of the pool, as its operator sees them. Unlike the calls for users, these need permissions in AWS.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_cognitoidentityprovider::Client;
use uuid::Uuid;

use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::cognito::pool::Pool;

/// Timeout of a call, including its retries. No user waits for it.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Accounts of a pool. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct PoolAccounts {
    client: Client,
    pool: Pool,
}

impl PoolAccounts {
    /// Creates the client. Its credentials are those of the AWS SDK.
    pub async fn new(pool: Pool, endpoint: Option<&str>) -> Self {
        Self { client: signed_client(&pool, endpoint).await, pool }
    }

    /// Deletes the account with this id. Does nothing if there is none.
    pub async fn delete(&self, sub: Uuid) -> Result<(), CognitoError> {
        let request = self.client.admin_delete_user().user_pool_id(self.pool.id()).username(sub.to_string());
        match request.send().await.map_err(|error| CognitoError::new("AdminDeleteUser", &error, &[])) {
            Err(error) if error.kind != CognitoErrorKind::UserNotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Creates a client of the SDK with the credentials of the server.
pub(super) async fn signed_client(pool: &Pool, endpoint: Option<&str>) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(pool.region().to_owned()))
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_TIMEOUT).build());
    let config = match endpoint {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    Client::new(&config.load().await)
}
