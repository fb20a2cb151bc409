//! `admin db seed`: inserts the sample users of a developer's machine.

use std::fmt;

use anyhow::Context;
use cruddur_messages::domain::user::{DisplayName, Handle};
use cruddur_messages::server::failure::Failure;
use serde::Serialize;

use super::{Database, UserLinks};
use crate::global_options::GlobalOptions;
use crate::progress;
use crate::sample_users::SAMPLE_USERS;

/// Handles of the inserted users, and of those whose handle or e-mail existed already.
#[derive(Serialize)]
pub struct Seeded {
    #[serde(rename = "made")]
    inserted: Vec<&'static str>,
    #[serde(rename = "there")]
    existing: Vec<&'static str>,
}

impl fmt::Display for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "users inserted: {}, already existing: {}", self.inserted.len(), self.existing.len())
    }
}

/// Runs `db seed`.
pub async fn run(database: &Database, global: &GlobalOptions) -> anyhow::Result<()> {
    let seeded = seed(&UserLinks::new(database.connect().await?)).await?;
    global.print(&seeded, &seeded)
}

/// Inserts the sample users that do not exist, without accounts: a first sign-in or `update-cognito-user-ids` links
/// them.
pub async fn seed(users: &UserLinks) -> anyhow::Result<Seeded> {
    let mut seeded = Seeded { inserted: Vec::new(), existing: Vec::new() };
    for user in progress::bar(SAMPLE_USERS.len(), "users").wrap_iter(SAMPLE_USERS.iter()) {
        let (name, handle) = (DisplayName::parse(user.name)?, Handle::parse(user.handle)?);
        let inserted =
            users.insert(&name, &handle, user.email).await.map_err(Failure::into_cause).context("insert a user")?;
        let list = if inserted.is_some() { &mut seeded.inserted } else { &mut seeded.existing };
        list.push(user.handle);
    }
    Ok(seeded)
}
