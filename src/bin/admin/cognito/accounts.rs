//! People's accounts in the user pool.

use std::fmt;

use anyhow::{Context, bail};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType, UserStatusType, UserType};
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::manner::{Manner, one_line};
use crate::place::Place;
use crate::{consent, progress};

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
    /// What proves that it is them. As a variable it is in no list of processes.
    #[arg(long, env = "PASSWORD", hide_env_values = true)]
    pub password: String,
}

/// An account, as the pool has it. Any attribute may be missing.
#[derive(Serialize)]
pub struct Listed {
    /// The pool's own name for it.
    username: String,
    /// The pool's id of the person.
    pub sub: Option<Uuid>,
    /// What they sign in with.
    pub email: Option<String>,
    /// Whether the mailbox is theirs.
    pub email_verified: bool,
    preferred_username: Option<String>,
    name: Option<String>,
    status: Option<String>,
    enabled: bool,
}

impl Listed {
    /// The handle that they asked for, in the form in which handles are compared.
    pub fn handle(&self) -> Option<String> {
        self.preferred_username.as_ref().map(|handle| handle.to_lowercase())
    }

    /// Whether they, or an administrator, have proved who they are.
    pub fn is_confirmed(&self) -> bool {
        self.status.as_deref() != Some(UserStatusType::Unconfirmed.as_str())
    }

    /// What a person would call it.
    pub fn called(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.username)
    }

    fn of(user: UserType) -> Self {
        let attribute = |name| value(user.attributes(), name).map(str::to_owned);
        Self {
            sub: attribute("sub").and_then(|sub| sub.parse().ok()),
            email: attribute("email"),
            email_verified: value(user.attributes(), "email_verified") == Some("true"),
            preferred_username: attribute("preferred_username"),
            name: attribute("name"),
            status: user.user_status().map(|status| status.as_str().to_owned()),
            enabled: user.enabled(),
            username: user.username.unwrap_or_default(),
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), one_line);
        let handle = self.preferred_username.as_ref().map(|handle| format!("@{handle}"));
        let sub = self.sub.map(|sub| sub.to_string());
        let words = [&self.email, &handle, &self.status, &sub].map(or_dash);
        f.write_str(&words.join("\t"))
    }
}

/// Goes on where there is no account of the e-mail yet, or where setting its password is meant.
pub async fn demand_consent(
    cognito: &Client,
    pool: &str,
    account: &Account,
    place: &Place,
    manner: &Manner,
) -> anyhow::Result<()> {
    if find(cognito, pool, &account.email).await?.is_some() {
        consent::demand(manner, place, &format!("set the password of {}", account.email), &account.email)?;
    }
    Ok(())
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
    let found = find(cognito, pool, &account.email).await?.context("read the account that was made")?;
    value(found.user_attributes(), "sub").context("Cognito named no sub")?.parse().context("a sub is a UUID")
}

/// Confirms a sign-up, and the e-mail with it. Says whether it was open.
pub async fn confirm(cognito: &Client, pool: &str, email: &str) -> anyhow::Result<bool> {
    let Some(found) = find(cognito, pool, email).await? else { bail!("the pool has no account of {email}") };
    match found.user_status() {
        Some(UserStatusType::Unconfirmed) => {}
        Some(UserStatusType::ForceChangePassword) => {
            bail!("{email} has a temporary password: `admin cognito create-user` sets one that lasts")
        }
        _ => return Ok(false),
    }
    let request = cognito.admin_confirm_sign_up().user_pool_id(pool).username(email);
    request.send().await.context("confirm the account")?;
    let verified = attribute("email_verified", "true")?;
    let request = cognito.admin_update_user_attributes().user_pool_id(pool).username(email).user_attributes(verified);
    request.send().await.context("confirm the e-mail")?;
    Ok(true)
}

/// Every account of the pool, from all its pages.
pub async fn list(cognito: &Client, pool: &str) -> anyhow::Result<Vec<Listed>> {
    let mut users = cognito.list_users().user_pool_id(pool).into_paginator().items().send();
    let progress = progress::counting("accounts");
    let mut accounts = Vec::new();
    while let Some(user) = users.try_next().await.context("list the accounts")? {
        accounts.push(Listed::of(user));
        progress.inc(1);
    }
    Ok(accounts)
}

async fn find(cognito: &Client, pool: &str, email: &str) -> anyhow::Result<Option<AdminGetUserOutput>> {
    match cognito.admin_get_user().user_pool_id(pool).username(email).send().await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_user_not_found_exception()) => Ok(None),
        Err(error) => Err(error).context("read the account"),
    }
}

fn attribute(name: &str, value: &str) -> anyhow::Result<AttributeType> {
    Ok(AttributeType::builder().name(name).value(value).build()?)
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name() == name)?.value()
}
