//! People's accounts in the user pool.

use anyhow::Context;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType, UserType};
use clap::Args;
use uuid::Uuid;

/// An account to be made.
#[derive(Args)]
pub struct Account {
    /// What they sign in with.
    #[arg(long)]
    pub email: String,
    /// The unique name that others find them by.
    #[arg(long)]
    pub handle: String,
    /// The name that others read.
    #[arg(long)]
    pub name: String,
    /// What proves that it is them.
    #[arg(long, env = "PASSWORD", hide_env_values = true)]
    pub password: String,
}

/// Makes the account without writing to the person, sets its password for good, and answers with its `sub`.
pub async fn create(cognito: &Client, pool: &str, account: &Account) -> anyhow::Result<Uuid> {
    let made = cognito
        .admin_create_user()
        .user_pool_id(pool)
        .username(&account.email)
        .message_action(MessageActionType::Suppress)
        .user_attributes(attribute("email", &account.email)?)
        .user_attributes(attribute("email_verified", "true")?)
        .user_attributes(attribute("name", &account.name)?)
        .user_attributes(attribute("preferred_username", &account.handle)?)
        .send()
        .await;
    match made {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_username_exists_exception()) => {}
        Err(error) => return Err(error).context("create the account"),
    }
    let password = cognito.admin_set_user_password().user_pool_id(pool).username(&account.email);
    password.password(&account.password).permanent(true).send().await.context("set the password")?;
    let found = cognito.admin_get_user().user_pool_id(pool).username(&account.email).send().await;
    let found = found.context("read the account")?;
    value(found.user_attributes(), "sub").context("Cognito named no sub")?.parse().context("a sub is a UUID")
}

/// A line for each account.
pub async fn list(cognito: &Client, pool: &str) -> anyhow::Result<Vec<String>> {
    let pages = cognito.list_users().user_pool_id(pool).into_paginator().items().send();
    let users = pages.try_collect().await.context("list the accounts")?;
    Ok(users.iter().map(line).collect())
}

fn line(user: &UserType) -> String {
    let attribute = |name| value(user.attributes(), name).unwrap_or("-");
    let status = user.user_status().map_or("-", |status| status.as_str());
    format!("{}\t@{}\t{status}", attribute("email"), attribute("preferred_username"))
}

fn attribute(name: &str, value: &str) -> anyhow::Result<AttributeType> {
    Ok(AttributeType::builder().name(name).value(value).build()?)
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name() == name)?.value()
}
