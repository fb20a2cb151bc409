//! Rows of the table `audit_log`.

use sqlx::{PgExecutor, query_file};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::server::audit::entry::Entry;
use crate::server::failure::Failure;

/// Stores entries. One query.
pub async fn insert(executor: impl PgExecutor<'_>, entries: &[Entry]) -> Result<(), Failure> {
    let at: Vec<OffsetDateTime> = entries.iter().map(|entry| entry.at).collect();
    let text = |value: &'static str| value.to_owned();
    let events: Vec<String> = entries.iter().map(|entry| text(entry.event.as_str())).collect();
    let outcomes: Vec<String> = entries.iter().map(|entry| text(entry.outcome.as_str())).collect();
    let users: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.user.map(|user| user.0)).collect();
    let subjects: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.subject).collect();
    let of_origin = |read: fn(&Entry) -> Option<String>| entries.iter().map(read).collect::<Vec<Option<String>>>();
    let routes = of_origin(|entry| entry.origin.route.as_deref().map(str::to_owned));
    let addresses = of_origin(|entry| entry.origin.address.map(|address| address.to_string()));
    let requests = of_origin(|entry| entry.origin.request_id.as_deref().map(str::to_owned));
    query_file!(
        "sql/audit/insert.sql",
        &at,
        &events,
        &outcomes,
        &users as &[Option<Uuid>],
        &subjects as &[Option<Uuid>],
        &routes as &[Option<String>],
        &addresses as &[Option<String>],
        &requests as &[Option<String>]
    )
    .execute(executor)
    .await?;
    Ok(())
}
