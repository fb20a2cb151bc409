//! `admin db seed`: the people of a developer's machine.

use std::fmt;

use anyhow::Context;
use cruddur_messages::domain::user::{DisplayName, Handle};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::postgres::users::Users;
use serde::Serialize;

use super::Database;
use crate::manner::Manner;
use crate::people::PEOPLE;
use crate::progress;

/// Who was put in, by handle, and whose handle or e-mail was somebody's already.
#[derive(Serialize)]
pub struct Seeded {
    made: Vec<&'static str>,
    there: Vec<&'static str>,
}

impl fmt::Display for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "people put in: {}, there already: {}", self.made.len(), self.there.len())
    }
}

/// Puts in whoever is not there.
pub async fn run(database: &Database, manner: &Manner) -> anyhow::Result<()> {
    let seeded = fill(&database.users().await?).await?;
    manner.answer(&seeded, &seeded)
}

/// The people, without accounts: a first sign-in links them, or `update-cognito-user-ids`.
pub async fn fill(users: &Users) -> anyhow::Result<Seeded> {
    let mut seeded = Seeded { made: Vec::new(), there: Vec::new() };
    for person in progress::of(PEOPLE.len(), "people").wrap_iter(PEOPLE.iter()) {
        let (name, handle) = (DisplayName::parse(person.name)?, Handle::parse(person.handle)?);
        let made = users
            .introduce(&name, &handle, person.email)
            .await
            .map_err(Failure::into_cause)
            .context("put in a person")?;
        let list = if made.is_some() { &mut seeded.made } else { &mut seeded.there };
        list.push(person.handle);
    }
    Ok(seeded)
}
