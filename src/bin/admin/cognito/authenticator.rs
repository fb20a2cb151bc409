//! Removal of the authenticator app of a user who has lost it.

use anyhow::{Context, bail};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::SoftwareTokenMfaSettingsType;

use super::accounts::find;
use crate::confirmation;
use crate::global_options::GlobalOptions;
use crate::target::Target;

/// Removes the app after confirmation, so that the password alone signs in. Returns `false` if the user has none.
pub async fn remove(
    cognito: &Client,
    pool: &str,
    email: &str,
    target: &Target,
    global: &GlobalOptions,
) -> anyhow::Result<bool> {
    let Some(found) = find(cognito, pool, email).await? else { bail!("the pool has no account for {email}") };
    if !found.user_mfa_setting_list().iter().any(|it| it == "SOFTWARE_TOKEN_MFA") {
        return Ok(false);
    }
    confirmation::require(global, target, &format!("remove the authenticator app of {email}"), email)?;
    let off = SoftwareTokenMfaSettingsType::builder().enabled(false).preferred_mfa(false).build();
    let request = cognito.admin_set_user_mfa_preference().user_pool_id(pool).username(email);
    request.software_token_mfa_settings(off).send().await.context("remove the authenticator app")?;
    Ok(true)
}
