//! Record of what operators read and do, in the audit log. A command that cannot be recorded fails.

use anyhow::Context;
use cruddur_messages::server::audit::{Entry, Event, Origin, Outcome, insert};
use cruddur_messages::server::failure::Failure;
use sqlx::PgPool;

/// Creates the entry of a command, such as `users suspend`.
pub fn act(event: Event, command: &str) -> Entry {
    let origin = Origin { route: Some(format!("admin {command}").into()), ..Origin::default() };
    Entry::new(event, Outcome::Done, origin)
}

/// Stores the entry of a command.
pub async fn record(pool: &PgPool, entry: Entry) -> anyhow::Result<()> {
    insert(pool, &[entry]).await.map_err(Failure::into_cause).context("record the command in the audit log")
}
