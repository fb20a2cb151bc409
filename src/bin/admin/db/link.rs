//! `admin db update-cognito-user-ids`: which account of the user pool is whose.

use std::collections::HashMap;
use std::fmt;

use anyhow::Context;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::postgres::users::{Link, Users};
use serde::Serialize;

use super::Database;
use crate::cognito;
use crate::cognito::accounts::{self, Listed};
use crate::manner::{Manner, one_line};
use crate::progress;

/// What became of the accounts of a pool (by e-mail, or by the pool's own name for them), and who is left without one.
#[derive(Default, Serialize)]
pub struct Linked {
    linked: Vec<Pair>,
    already: Vec<Pair>,
    /// The person with this e-mail or handle has another account.
    taken: Vec<String>,
    /// Nobody has this verified e-mail or this handle: a first sign-in makes the person.
    nobody: Vec<String>,
    /// Whoever signed up has not proved anything yet.
    unconfirmed: Vec<String>,
    /// Handles that several accounts have: those count by e-mail only.
    ambiguous: Vec<String>,
    /// People without an account.
    unlinked: Vec<String>,
}

/// An account and its person.
#[derive(Serialize)]
struct Pair {
    account: String,
    handle: String,
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = |pairs: &[Pair]| pairs.iter().map(|pair| format!("{} is @{}", pair.account, pair.handle)).collect();
        let parts: [(&str, Vec<String>); 7] = [
            ("linked", pairs(&self.linked)),
            ("linked before", pairs(&self.already)),
            ("not linked, as the person has another account", self.taken.clone()),
            ("not linked, as nobody here has the verified e-mail or the handle", self.nobody.clone()),
            ("not linked, as the account is not confirmed", self.unconfirmed.clone()),
            ("not taken for proof, as several accounts have it", self.ambiguous.clone()),
            ("still without an account", self.unlinked.clone()),
        ];
        for (number, (title, entries)) in parts.into_iter().enumerate() {
            // The first two are what the command is for: said also where they are nobody.
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

/// Links whoever can be.
pub async fn run(database: &Database, pool: &str, manner: &Manner) -> anyhow::Result<()> {
    let users = database.users().await?;
    let (cognito, _) = cognito::connect().await?;
    let linked = all(&users, accounts::list(&cognito, pool).await?).await?;
    manner.answer(&linked, &linked)
}

/// Goes through all accounts of a pool.
pub async fn all(users: &Users, accounts: Vec<Listed>) -> anyhow::Result<Linked> {
    let mut report = Linked::default();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for handle in accounts.iter().filter_map(Listed::handle) {
        *owners.entry(handle).or_default() += 1;
    }
    report.ambiguous = owners.iter().filter(|(_, owners)| **owners > 1).map(|(handle, _)| handle.clone()).collect();
    report.ambiguous.sort();
    for account in progress::of(accounts.len(), "accounts").wrap_iter(accounts.iter()) {
        if !account.is_confirmed() {
            report.unconfirmed.push(account.called().to_owned());
            continue;
        }
        let handle = account.handle().filter(|handle| owners.get(handle) == Some(&1));
        let email = account.email.as_deref().filter(|_| account.email_verified);
        let sub = account.sub.context("Cognito named no sub")?;
        let pair = |user: User| Pair { account: account.called().to_owned(), handle: user.handle.to_string() };
        match users.link(sub, email, handle.as_deref()).await.map_err(Failure::into_cause).context("link a person")? {
            Link::Made(user) => report.linked.push(pair(user)),
            Link::Already(user) => report.already.push(pair(user)),
            Link::Taken => report.taken.push(account.called().to_owned()),
            Link::Nobody => report.nobody.push(account.called().to_owned()),
        }
    }
    let left = users.unlinked().await.map_err(Failure::into_cause).context("find who is not linked")?;
    report.unlinked = left.into_iter().map(|user| user.handle.to_string()).collect();
    Ok(report)
}
