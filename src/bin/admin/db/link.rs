//! `admin db update-cognito-user-ids`: links users to their accounts in the user pool.

use std::collections::HashMap;
use std::fmt;

use anyhow::Context;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use serde::Serialize;

use super::Database;
use super::confirmed_links::{self, Candidate, ConfirmOptions, ConfirmedLink};
use super::user_links::{Link, UnlinkedUser, UserLinks};
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
    /// Accounts whose e-mail belongs to a user with another account.
    taken: Vec<String>,
    /// Accounts whose verified e-mail belongs to no user. A first sign-in creates the user.
    #[serde(rename = "nobody")]
    without_user: Vec<String>,
    /// Accounts of unfinished sign-ups, whose e-mail address is not verified.
    unconfirmed: Vec<String>,
    /// Verified e-mail addresses of several accounts. These accounts are not linked.
    ambiguous: Vec<String>,
    /// Pairs that have only the handle in common. The operator confirms each, or leaves it.
    candidates: Vec<Candidate>,
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
        let parts: [(&str, Vec<String>); 8] = [
            ("linked", pairs(&self.linked)),
            ("already linked", pairs(&self.already_linked)),
            ("not linked: the user has another account", self.taken.clone()),
            ("not linked: no user has the verified e-mail", self.without_user.clone()),
            ("not linked: the account is not confirmed", self.unconfirmed.clone()),
            ("not linked: several accounts have the e-mail", self.ambiguous.clone()),
            (
                "candidates by handle, which proves nothing (each with --confirm or in a --confirm-file)",
                self.candidates.iter().flat_map(candidate_lines).collect(),
            ),
            ("users without an account", self.unlinked.clone()),
        ];
        for (number, (title, entries)) in parts.into_iter().enumerate() {
            let count = if number == 6 { self.candidates.len() } else { entries.len() };
            // The first two are the purpose of the command and are printed even if empty.
            if number < 2 || !entries.is_empty() {
                writeln!(f, "{title}: {count}")?;
            }
            for entry in entries {
                writeln!(f, "  {}", one_line(&entry))?;
            }
        }
        Ok(())
    }
}

/// Formats a candidate as lines of a file of confirmations.
fn candidate_lines(candidate: &Candidate) -> [String; 2] {
    let Candidate { account, sub, handle, user_email, .. } = candidate;
    let email = user_email.as_deref().unwrap_or("unknown");
    [format!("# {account} has the handle @{handle}; the e-mail of that user is {email}"), format!("{sub}={handle}")]
}

/// Runs `db update-cognito-user-ids`.
pub async fn run(
    database: &Database,
    pool: &str,
    options: &ConfirmOptions,
    global: &GlobalOptions,
) -> anyhow::Result<()> {
    let confirmed = options.read()?;
    let users = UserLinks::new(database.connect().await?);
    let (cognito, _) = cognito::connect().await?;
    let report = link_all(&users, accounts::list(&cognito, pool).await?, &confirmed).await?;
    global.print(&report, &report)
}

/// Links users to all accounts of a pool by verified e-mail, and then the confirmed candidates.
pub async fn link_all(
    users: &UserLinks,
    accounts: Vec<ListedAccount>,
    confirmed: &[ConfirmedLink],
) -> anyhow::Result<LinkReport> {
    let mut report = LinkReport { ambiguous: ambiguous(&accounts), ..LinkReport::default() };
    // Checked before anything is linked, so that a mistake in the list changes nothing.
    let possible = possible_candidates(&accounts, unlinked(users).await?, &report.ambiguous);
    let confirmed = confirmed_links::confirmed(users, confirmed, &possible).await?;
    for account in progress::bar(accounts.len(), "accounts").wrap_iter(accounts.iter()) {
        if !account.is_confirmed() {
            report.unconfirmed.push(account.label().to_owned());
            continue;
        }
        let email = account.verified_email().filter(|email| !report.ambiguous.contains(email));
        let sub = account.sub.context("Cognito returned no sub")?;
        let link = users.link_by_email(sub, email.as_deref()).await.map_err(Failure::into_cause);
        match link.context("link a user")? {
            Link::Linked(user) => report.linked.push(pair(account.label(), &user)),
            Link::AlreadyLinked(user) => report.already_linked.push(pair(account.label(), &user)),
            Link::Taken => report.taken.push(account.label().to_owned()),
            Link::NotFound if confirmed.iter().any(|it| it.sub == sub) => {}
            Link::NotFound => report.without_user.push(account.label().to_owned()),
        }
    }
    for candidate in confirmed {
        report.linked.push(pair(&candidate.account, &confirmed_links::link(users, candidate).await?));
    }
    let left = unlinked(users).await?;
    report.unlinked = left.iter().map(|user| user.handle.clone()).collect();
    report.candidates = possible.into_iter().filter(|it| report.unlinked.contains(&it.handle)).collect();
    Ok(report)
}

/// Returns the candidates among the accounts and users that no verified e-mail links.
fn possible_candidates(
    accounts: &[ListedAccount],
    mut unlinked: Vec<UnlinkedUser>,
    ambiguous: &[String],
) -> Vec<Candidate> {
    let emails: Vec<String> =
        accounts.iter().filter(|it| it.is_confirmed()).filter_map(ListedAccount::verified_email).collect();
    let is_linked_by =
        |email: &Option<String>| email.as_ref().is_some_and(|email| emails.contains(&email.to_lowercase()));
    unlinked.retain(|user| !is_linked_by(&user.email));
    let is_free = |account: &&ListedAccount| {
        account.is_confirmed() && account.verified_email().is_none_or(|email| !ambiguous.contains(&email))
    };
    confirmed_links::candidates(&accounts.iter().filter(is_free).collect::<Vec<_>>(), &unlinked)
}

/// Returns the verified e-mail addresses that several accounts have, in order.
fn ambiguous(accounts: &[ListedAccount]) -> Vec<String> {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for email in accounts.iter().filter(|it| it.is_confirmed()).filter_map(ListedAccount::verified_email) {
        *owners.entry(email).or_default() += 1;
    }
    let mut emails: Vec<_> = owners.into_iter().filter(|(_, owners)| *owners > 1).map(|(email, _)| email).collect();
    emails.sort();
    emails
}

async fn unlinked(users: &UserLinks) -> anyhow::Result<Vec<UnlinkedUser>> {
    users.unlinked().await.map_err(Failure::into_cause).context("find users without an account")
}

fn pair(account: &str, user: &User) -> Pair {
    Pair { account: account.to_owned(), handle: user.handle_text().to_owned() }
}
