//! Accounts of the user pool.

use std::fmt;

use anyhow::{Context, anyhow, bail, ensure};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType, UserStatusType, UserType};
use clap::Args;
use cruddur_messages::domain::password as rule;
use cruddur_messages::domain::user::{DisplayName, HANDLE_LEN_MAX, HANDLE_LEN_MIN, Handle};
use cruddur_messages::server::accounts::input;
use serde::Serialize;
use uuid::Uuid;

use super::random_password::random_password;
use crate::global_options::GlobalOptions;
use crate::output::one_line;
use crate::target::Target;
use crate::{confirmation, progress};

/// Options of a new account.
#[derive(Args)]
pub struct Account {
    /// E-mail address, used to sign in.
    #[arg(long)]
    pub email: String,
    /// Handle, the unique name.
    #[arg(long)]
    pub handle: String,
    /// Display name.
    #[arg(long)]
    pub name: String,
    /// Password. The environment variable keeps it out of the process list. Without one, a random password is made and
    /// printed.
    #[arg(long, env = "PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Makes the password permanent. Otherwise the user replaces it at the first sign-in.
    #[arg(long, requires = "password")]
    pub permanent: bool,
}

/// A new account, as it is stored.
pub struct NewAccount {
    pub email: String,
    pub handle: String,
    pub name: String,
    pub password: String,
    pub permanent: bool,
}

/// Account as stored in the pool. Any attribute may be missing.
#[derive(Serialize)]
pub struct ListedAccount {
    username: String,
    /// The pool's id of the user.
    pub sub: Option<Uuid>,
    pub email: Option<String>,
    /// True if the user has proved to own the mailbox.
    pub email_verified: bool,
    preferred_username: Option<String>,
    name: Option<String>,
    status: Option<String>,
    enabled: bool,
}

impl ListedAccount {
    /// Returns the handle chosen by the user, in lower case, as handles are compared.
    pub fn handle(&self) -> Option<String> {
        self.preferred_username.as_ref().map(|handle| handle.to_lowercase())
    }

    /// Returns the e-mail address in lower case, if the pool has verified it.
    pub fn verified_email(&self) -> Option<String> {
        self.email.as_ref().filter(|_| self.email_verified).map(|email| email.to_lowercase())
    }

    /// Returns `true` if the user or an administrator has confirmed the account.
    pub fn is_confirmed(&self) -> bool {
        self.status.as_deref() != Some(UserStatusType::Unconfirmed.as_str())
    }

    /// Returns a readable name of the account: the e-mail address, or else the pool's user name.
    pub fn label(&self) -> &str {
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

impl fmt::Display for ListedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), one_line);
        let handle = self.preferred_username.as_ref().map(|handle| format!("@{handle}"));
        let sub = self.sub.map(|sub| sub.to_string());
        let words = [&self.email, &handle, &self.status, &sub].map(or_dash);
        f.write_str(&words.join("\t"))
    }
}

/// Checks the options of a new account by the rules of the web server.
pub fn check(account: Account) -> anyhow::Result<NewAccount> {
    let Account { email, handle, name, password, permanent } = account;
    let handle = Handle::parse(&handle).map_err(|reason| {
        anyhow!(
            "--handle {handle:?}: {reason}. A handle has {HANDLE_LEN_MIN} to {HANDLE_LEN_MAX} characters: the letters a to \
             z, digits, \"_\", \"-\" and \".\" (nothing was changed)"
        )
    })?;
    let name = DisplayName::parse(&name).map_err(|reason| anyhow!("--name: {reason} (nothing was changed)"))?;
    let email = input::email(&email).map_err(|_| anyhow!("--email {email:?} is no address (nothing was changed)"))?;
    let password = password.unwrap_or_else(random_password);
    rule::check(&password).map_err(|reason| anyhow!("--password: {reason} (nothing was changed)"))?;
    Ok(NewAccount { email, handle: handle.to_string(), name: name.to_string(), password, permanent })
}

/// Requires confirmation if the e-mail has an account already, whose password would be set. Fails if that account has
/// another handle, which this tool does not change.
pub async fn require_confirmation(
    cognito: &Client,
    pool: &str,
    account: &NewAccount,
    target: &Target,
    global: &GlobalOptions,
) -> anyhow::Result<()> {
    let Some(found) = find(cognito, pool, &account.email).await? else { return Ok(()) };
    let handle = value(found.user_attributes(), "preferred_username").unwrap_or_default();
    let is_same = Handle::parse(handle).is_ok_and(|handle| handle.as_str() == account.handle);
    if handle.is_empty() {
        eprintln!("note: the account of {} has no handle, and gets none", account.email);
    }
    ensure!(
        is_same || handle.is_empty(),
        "{} already has an account, with the handle {handle:?} and not @{} (nothing was changed)",
        account.email,
        account.handle
    );
    confirmation::require(global, target, &format!("set the password of {}", account.email), &account.email)?;
    Ok(())
}

/// Creates an account without sending an e-mail, sets its password, and returns its `sub`. If the pool rejects
/// the password of a new account, the account is deleted again.
pub async fn create(cognito: &Client, pool: &str, account: &NewAccount) -> anyhow::Result<Uuid> {
    let created = cognito
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
    let is_new = match created {
        Ok(_) => true,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_username_exists_exception()) => false,
        Err(error) => return Err(error).context("create the account (nothing was changed)"),
    };
    let password = cognito.admin_set_user_password().user_pool_id(pool).username(&account.email);
    let set =
        password.password(&account.password).permanent(account.permanent).send().await.context("set the password");
    if let Err(error) = set {
        if is_new {
            let delete = cognito.admin_delete_user().user_pool_id(pool).username(&account.email);
            delete.send().await.with_context(|| format!("delete the account without a password ({error:#})"))?;
        }
        return Err(error.context("nothing was changed"));
    }
    let found = find(cognito, pool, &account.email).await?.context("read the new account")?;
    value(found.user_attributes(), "sub").context("Cognito returned no sub")?.parse().context("a sub is a UUID")
}

/// Confirms a sign-up and its e-mail address. Returns `false` if it was confirmed already.
pub async fn confirm(cognito: &Client, pool: &str, email: &str) -> anyhow::Result<bool> {
    let Some(found) = find(cognito, pool, email).await? else { bail!("the pool has no account for {email}") };
    match found.user_status() {
        Some(UserStatusType::Unconfirmed) => {}
        Some(UserStatusType::ForceChangePassword) => {
            bail!("{email} has a temporary password: a sign-in with it confirms the account")
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

/// Returns all accounts of the pool, page by page.
pub async fn list(cognito: &Client, pool: &str) -> anyhow::Result<Vec<ListedAccount>> {
    let mut users = cognito.list_users().user_pool_id(pool).into_paginator().items().send();
    let progress = progress::counter("accounts");
    let mut accounts = Vec::new();
    while let Some(user) = users.try_next().await.context("list the accounts")? {
        accounts.push(ListedAccount::of(user));
        progress.inc(1);
    }
    Ok(accounts)
}

/// Returns the account with this e-mail, if there is one.
pub async fn find(cognito: &Client, pool: &str, email: &str) -> anyhow::Result<Option<AdminGetUserOutput>> {
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
