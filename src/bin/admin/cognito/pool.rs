//! User pool and its app client.

use anyhow::Context;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
    UserAttributeUpdateSettingsType, UserPoolClientType, UsernameAttributeType, UsernameConfigurationType,
    VerifiedAttributeType,
};
use serde::Serialize;

use super::{mfa, policy};

/// Default name of the pool and its client.
pub const NAME: &str = "cruddur-messages";

/// Lifetime of an access token, in minutes: the default of Cognito, to which the clients of the old app keep. The web
/// server rejects a revoked token within seconds; other services accept it until it expires.
const ACCESS_TOKEN_MINUTES: i32 = 60;

/// User pool and its app client.
#[derive(Serialize)]
pub struct Pool {
    /// Id of the pool, which includes its region.
    #[serde(rename = "AWS_COGNITO_USER_POOL_ID")]
    pub id: String,
    #[serde(rename = "AWS_COGNITO_USER_POOL_CLIENT_ID")]
    client_id: String,
    #[serde(rename = "AWS_COGNITO_USER_POOL_CLIENT_SECRET")]
    client_secret: Option<String>,
}

impl Pool {
    /// Formats the web server's variables for this pool, one per line.
    pub fn variables(&self) -> String {
        let mut lines =
            format!("AWS_COGNITO_USER_POOL_ID={}\nAWS_COGNITO_USER_POOL_CLIENT_ID={}\n", self.id, self.client_id);
        if let Some(secret) = &self.client_secret {
            lines += &format!("AWS_COGNITO_USER_POOL_CLIENT_SECRET={secret}\n");
        }
        lines
    }
}

/// Returns the pool of this name, with a client of the same name. Creates them if missing, and never changes existing
/// ones.
pub async fn find_or_create(cognito: &Client, name: &str) -> anyhow::Result<Pool> {
    let id = match find(cognito, name).await? {
        Some(id) => id,
        None => create(cognito, name).await?,
    };
    let client = match find_client(cognito, &id, name).await? {
        Some(client) => client,
        None => create_client(cognito, &id, name).await?,
    };
    let client_id = client.client_id.context("Cognito returned no client id")?;
    Ok(Pool { id, client_id, client_secret: client.client_secret })
}

async fn find(cognito: &Client, name: &str) -> anyhow::Result<Option<String>> {
    let mut pages = cognito.list_user_pools().max_results(60).into_paginator().items().send();
    while let Some(pool) = pages.try_next().await.context("list user pools")? {
        if pool.name() == Some(name) {
            return Ok(pool.id);
        }
    }
    Ok(None)
}

async fn create(cognito: &Client, name: &str) -> anyhow::Result<String> {
    // Otherwise a typing error in a new address would lock its owner out.
    let updates = UserAttributeUpdateSettingsType::builder()
        .attributes_require_verification_before_update(VerifiedAttributeType::Email)
        .build();
    let created = cognito
        .create_user_pool()
        .pool_name(name)
        .policies(policy::user_pool_policy())
        .username_attributes(UsernameAttributeType::Email)
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .user_attribute_update_settings(updates)
        .username_configuration(UsernameConfigurationType::builder().case_sensitive(false).build()?)
        .send()
        .await
        .context("create the user pool")?;
    let id = created.user_pool.and_then(|pool| pool.id).context("Cognito returned no pool id")?;
    mfa::allow_authenticator_apps(cognito, &id).await?;
    Ok(id)
}

async fn find_client(cognito: &Client, pool: &str, name: &str) -> anyhow::Result<Option<UserPoolClientType>> {
    let mut pages = cognito.list_user_pool_clients().user_pool_id(pool).into_paginator().items().send();
    while let Some(client) = pages.try_next().await.context("list app clients")? {
        if client.client_name() == Some(name) {
            let request = cognito.describe_user_pool_client().user_pool_id(pool).set_client_id(client.client_id);
            return Ok(request.send().await.context("describe the app client")?.user_pool_client);
        }
    }
    Ok(None)
}

async fn create_client(cognito: &Client, pool: &str, name: &str) -> anyhow::Result<UserPoolClientType> {
    let units = TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Minutes)
        .id_token(TimeUnitsType::Minutes)
        .refresh_token(TimeUnitsType::Days);
    let created = cognito
        .create_user_pool_client()
        .user_pool_id(pool)
        .client_name(name)
        .generate_secret(true)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .access_token_validity(ACCESS_TOKEN_MINUTES)
        .id_token_validity(ACCESS_TOKEN_MINUTES)
        .refresh_token_validity(30)
        .token_validity_units(units.build())
        .send()
        .await
        .context("create the app client")?;
    created.user_pool_client.context("Cognito returned no app client")
}
