//! `admin db relink-user`: gives a user to another account of the user pool, such as one that was deleted and created
//! again. The new account has another id, so to the web server it is the account of another user.

use anyhow::{Context, bail, ensure};
use clap::Args;
use cruddur_messages::domain::user::Id;
use cruddur_messages::server::failure::Failure;
use serde_json::json;

use super::Database;
use super::user_links::{UNLINKED, UserLinks};
use crate::cognito;
use crate::cognito::PoolId;
use crate::cognito::accounts::{self, ListedAccount};
use crate::confirmation;
use crate::global_options::GlobalOptions;

/// Options of `db relink-user`.
#[derive(Args)]
pub struct RelinkOptions {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    pool: PoolId,
    /// Handle of the user, who keeps it with all conversations.
    handle: String,
    /// E-mail address of the account that gets the user. It must be verified.
    #[arg(long)]
    email: String,
}

/// Runs `db relink-user`.
pub async fn run(options: &RelinkOptions, global: &GlobalOptions) -> anyhow::Result<()> {
    let RelinkOptions { database, pool, handle, email } = options;
    let handle = handle.trim().trim_start_matches('@');
    let (database, machine) = database.connect_with_target().await?;
    let (links, (cognito, _)) = (UserLinks::new(database), cognito::connect().await?);
    let accounts = accounts::list(&cognito, &pool.pool).await?;
    let found = links.by_handle(handle).await.map_err(Failure::into_cause).context("find the user")?;
    let user = found.with_context(|| format!("no user has the handle @{handle}"))?;
    let sub = target(&accounts, email)?.sub.context("Cognito returned no sub")?;
    if user.cognito_user_id == sub.to_string() {
        return global.print(json!({ "handle": handle, "relinked": false }), format!("@{handle} is already {email}"));
    }
    let owner = accounts.iter().find(|it| it.sub.is_some_and(|sub| sub.to_string() == user.cognito_user_id));
    if let Some(owner) = owner.filter(|_| user.cognito_user_id != UNLINKED) {
        bail!("@{handle} belongs to the account {}, which still exists (nothing was changed)", owner.label());
    }
    let action = format!("give @{handle} with all conversations to {email}");
    confirmation::require(global, &machine, &action, handle)?;
    let email = email.trim().to_lowercase();
    let others =
        links.relink(Id(user.uuid), sub, &email).await.map_err(Failure::into_cause).context("link the user")?;
    let others: Vec<_> = others.iter().map(|user| user.handle_text().to_owned()).collect();
    let text = match others.is_empty() {
        true => format!("@{handle} is {email}"),
        false => format!("@{handle} is {email}; without an account or an e-mail now: @{}", others.join(", @")),
    };
    global.print(json!({ "handle": handle, "relinked": true, "sub": sub, "without_account": others }), text)
}

/// Returns the only account with this verified e-mail.
fn target<'a>(accounts: &'a [ListedAccount], email: &str) -> anyhow::Result<&'a ListedAccount> {
    let email = email.trim().to_lowercase();
    let mut found = accounts.iter().filter(|it| it.is_confirmed() && it.verified_email().as_ref() == Some(&email));
    let account = found.next().with_context(|| format!("no confirmed account has the verified e-mail {email}"))?;
    ensure!(found.next().is_none(), "several accounts have the e-mail {email}");
    Ok(account)
}
