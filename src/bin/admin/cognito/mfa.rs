//! Second factors of a user pool.

use anyhow::Context;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{SoftwareTokenMfaConfigType, UserPoolMfaType};

/// Lets the users of a pool set up an authenticator app. None has to.
pub async fn allow_authenticator_apps(cognito: &Client, pool: &str) -> anyhow::Result<()> {
    let apps = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let request = cognito.set_user_pool_mfa_config().user_pool_id(pool);
    let request = request.mfa_configuration(UserPoolMfaType::Optional).software_token_mfa_configuration(apps);
    request.send().await.map(drop).context("allow authenticator apps")
}
