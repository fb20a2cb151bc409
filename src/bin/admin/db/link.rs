//! `admin db update-cognito-user-ids`: links users to their accounts in the user pool.

use std::collections::HashMap;
use std::fmt;

use anyhow::Context;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use serde::Serialize;

use super::Database;
use super::user_links::{Link, UserLinks};
use crate::cognito;
use crate::cognito::accounts::{self, ListedAccount};
use crate::global_options::GlobalOptions;
use crate::output::one_line;
use crate::progress;

/// Result for each account of a pool (named by [`ListedAccount::label`]), and the users without an account.
#[derive(Default, Serialize)]
pub struct LinkReport {
    linked: Vec<Pair>,
    #[serde(rename = "already")]
    already_linked: Vec<Pair>,
    /// Accounts whose e-mail or handle belongs to a user with another account.
    taken: Vec<String>,
    /// Accounts whose verified e-mail and handle belong to no user. A first sign-in creates the user.
    #[serde(rename = "nobody")]
    without_user: Vec<String>,
    /// Accounts of unfinished sign-ups, whose e-mail address is not verified.
    unconfirmed: Vec<String>,
    /// Handles of several accounts. These accounts are linked by e-mail only.
    ambiguous: Vec<String>,
    /// Users without an account.
    unlinked: Vec<String>,
}

/// Account and its user.
#[derive(Serialize)]
struct Pair {
    account: String,
    handle: String,
}

impl fmt::Display for LinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = |pairs: &[Pair]| pairs.iter().map(|pair| format!("{} is @{}", pair.account, pair.handle)).collect();
        let parts: [(&str, Vec<String>); 7] = [
            ("linked", pairs(&self.linked)),
            ("already linked", pairs(&self.already_linked)),
            ("not linked: the user has another account", self.taken.clone()),
            ("not linked: no user has the verified e-mail or the handle", self.without_user.clone()),
            ("not linked: the account is not confirmed", self.unconfirmed.clone()),
            ("handles ignored: several accounts have them", self.ambiguous.clone()),
            ("users without an account", self.unlinked.clone()),
        ];
        for (number, (title, entries)) in parts.into_iter().enumerate() {
            // The first two are the purpose of the command and are printed even if empty.
            if number < 2 || !entries.is_empty() {
                writeln!(f, "{title}: {}", entries.len())?;
            }
            for entry in entries {
                writeln!(f, "  {}", one_line(&entry))?;
            }
        }
        Ok(())
    }
}

/// Runs `db update-cognito-user-ids`.
pub async fn run(database: &Database, pool: &str, global: &GlobalOptions) -> anyhow::Result<()> {
    let users = UserLinks::new(database.connect().await?);
    let (cognito, _) = cognito::connect().await?;
    let report = link_all(&users, accounts::list(&cognito, pool).await?).await?;
    global.print(&report, &report)
}

/// Links users to all accounts of a pool.
pub async fn link_all(users: &UserLinks, accounts: Vec<ListedAccount>) -> anyhow::Result<LinkReport> {
    let mut report = LinkReport::default();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for handle in accounts.iter().filter_map(ListedAccount::handle) {
        *owners.entry(handle).or_default() += 1;
    }
    report.ambiguous = owners.iter().filter(|(_, owners)| **owners > 1).map(|(handle, _)| handle.clone()).collect();
    report.ambiguous.sort();
    for account in progress::bar(accounts.len(), "accounts").wrap_iter(accounts.iter()) {
        if !account.is_confirmed() {
            report.unconfirmed.push(account.label().to_owned());
            continue;
        }
        let handle = account.handle().filter(|handle| owners.get(handle) == Some(&1));
        let email = account.email.as_deref().filter(|_| account.email_verified);
        let sub = account.sub.context("Cognito returned no sub")?;
        let pair = |user: User| Pair { account: account.label().to_owned(), handle: user.handle.to_string() };
        match users.link(sub, email, handle.as_deref()).await.map_err(Failure::into_cause).context("link a user")? {
            Link::Linked(user) => report.linked.push(pair(user)),
            Link::AlreadyLinked(user) => report.already_linked.push(pair(user)),
            Link::Taken => report.taken.push(account.label().to_owned()),
            Link::NotFound => report.without_user.push(account.label().to_owned()),
        }
    }
    let left = users.unlinked().await.map_err(Failure::into_cause).context("find users without an account")?;
    report.unlinked = left.into_iter().map(|user| user.handle.to_string()).collect();
    Ok(report)
}
