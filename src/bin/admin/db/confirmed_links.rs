//! Links by handle, each of which the operator confirms. A handle proves nothing: anyone can ask for any handle at the
//! sign-up, so a link without a confirmation would give a stranger the messages of a legacy user.

use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, ensure};
use clap::Args;
use cruddur_messages::domain::user::{Id, User};
use cruddur_messages::server::failure::Failure;
use serde::Serialize;
use uuid::Uuid;

use super::user_links::{UnlinkedUser, UserLinks};
use crate::cognito::accounts::ListedAccount;

/// Options that confirm links.
#[derive(Args, Default)]
pub struct ConfirmOptions {
    /// Links the account with this id to the user with this handle. Only for a pair from the printed list; may be
    /// repeated.
    #[arg(long = "confirm", value_name = "ID=HANDLE")]
    confirmed: Vec<ConfirmedLink>,
    /// File with one ID=HANDLE per line, as the list prints them. Lines that begin with # are left out.
    #[arg(long, value_name = "FILE")]
    confirm_file: Option<PathBuf>,
}

/// Link that the operator has confirmed.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmedLink {
    sub: Uuid,
    handle: String,
}

impl FromStr for ConfirmedLink {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, anyhow::Error> {
        let expected = || format!("{text:?} is not of the form ID=HANDLE, with the id of an account");
        let (sub, handle) = text.split_once('=').with_context(expected)?;
        Ok(Self { sub: sub.trim().parse().ok().with_context(expected)?, handle: handle.trim().to_lowercase() })
    }
}

/// Account and unlinked user with the same handle.
#[derive(Serialize)]
pub struct Candidate {
    pub account: String,
    pub sub: Uuid,
    pub handle: String,
    /// E-mail address of the user, which differs from the verified one of the account.
    pub user_email: Option<String>,
    #[serde(skip)]
    user: Id,
}

impl ConfirmOptions {
    /// Reads the confirmed links of the command line and of the file.
    pub fn read(&self) -> anyhow::Result<Vec<ConfirmedLink>> {
        let mut links = self.confirmed.clone();
        if let Some(path) = &self.confirm_file {
            let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
                links.push(line.parse()?);
            }
        }
        Ok(links)
    }
}

/// Returns the pairs of an account and an unlinked user with the same handle. They are only offered, never linked by
/// themselves.
pub fn candidates(accounts: &[&ListedAccount], unlinked: &[UnlinkedUser]) -> Vec<Candidate> {
    let pairs = unlinked.iter().flat_map(|user| accounts.iter().map(move |account| (user, *account)));
    let same = pairs.filter(|(user, account)| account.handle().is_some_and(|it| it == user.handle.to_lowercase()));
    same.filter_map(|(user, account)| {
        Some(Candidate {
            account: account.label().to_owned(),
            sub: account.sub?,
            handle: user.handle.clone(),
            user_email: user.email.clone(),
            user: Id(user.uuid),
        })
    })
    .collect()
}

/// Returns the candidates that are confirmed. Fails if a link is not on the list, or if two links contradict each
/// other; links that exist already are left out.
pub async fn confirmed<'a>(
    users: &UserLinks,
    links: &[ConfirmedLink],
    candidates: &'a [Candidate],
) -> anyhow::Result<Vec<&'a Candidate>> {
    let (mut found, mut subs, mut handles) = (Vec::new(), HashSet::new(), HashSet::new());
    for link in links {
        let ConfirmedLink { sub, handle } = link;
        let unlinked = "nothing was changed; run the command without a confirmation to see the list";
        ensure!(
            subs.insert(*sub) && handles.insert(handle.clone()),
            "{sub}={handle} repeats an id or a handle ({unlinked})"
        );
        let user = users.user_of(*sub).await.map_err(Failure::into_cause).context("find the user of an account")?;
        if user.is_some_and(|user| user.handle_text().to_lowercase() == *handle) {
            continue;
        }
        let candidate = candidates.iter().find(|it| it.sub == *sub && it.handle.to_lowercase() == *handle);
        found.push(candidate.with_context(|| format!("{sub}={handle} is not on the list of candidates ({unlinked})"))?);
    }
    Ok(found)
}

/// Links a confirmed candidate.
pub async fn link(users: &UserLinks, candidate: &Candidate) -> anyhow::Result<User> {
    let linked = users.link(candidate.sub, candidate.user).await.map_err(Failure::into_cause).context("link a user")?;
    linked.with_context(|| format!("@{} or {} was linked in the meantime", candidate.handle, candidate.account))
}
