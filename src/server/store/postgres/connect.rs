//! Connections to PostgreSQL, and the migration of its schema.

use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, query_file_as};

use crate::server::store::postgres::pooler::ensure_sessions;
use crate::server::store::postgres::search_words;

/// The migrations of the schema.
pub(super) static MIGRATOR: Migrator = sqlx::migrate!("sql/migrations");

/// Maximum number of connections of one server.
const CONNECTIONS_MAX: u32 = 20;

/// Maximum time that a request waits for a connection before it fails as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum number of duplicates that the error lists.
const DUPLICATES_LISTED_MAX: usize = 50;

/// Parses a connection URL.
pub fn options(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    // The cause is dropped because it can contain the password.
    let url = url.expose_secret();
    // The driver takes any scheme for its own.
    let is_ours = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let options: Option<PgConnectOptions> = is_ours.then(|| url.parse().ok()).flatten();
    let options = options.context("DATABASE_URL is not a PostgreSQL URL, such as postgres://name@localhost/cruddur")?;
    // The driver takes the brackets of an IPv6 address (RFC 3986, section 3.2.2) for a part of the name.
    let host = options.get_host().trim_matches(['[', ']']).to_owned();
    let options = options.host(&host);
    // PgBouncer refuses a connection that sets `extra_float_digits`, as the driver does by default for old PostgreSQL.
    Ok(options.application_name("cruddur-messages").extra_float_digits(None))
}

/// Creates a pool that connects on first use, so the server starts even if PostgreSQL is unavailable.
pub fn connect(url: &SecretString) -> anyhow::Result<PgPool> {
    let options = options(url)?;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Not an option of the connection, which PgBouncer would refuse.
        .after_connect(|connection, _| {
            let set = sqlx::raw_sql(include_str!("../../../../sql/connection/statement_timeout.sql"));
            Box::pin(async move { set.execute(connection).await.map(drop) })
        })
        .connect_lazy_with(options))
}

/// Migrates the schema. Several servers may run it concurrently: `sqlx` takes an advisory lock. If legacy rows violate
/// a unique index, nothing is changed; the error lists all duplicates and explains how to resolve them.
pub async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    let options = pool.connect_options();
    // The lock of a migration belongs to a session.
    ensure_sessions(&options).await?;
    let mut connection = PgConnection::connect_with(&options).await.context("connect to PostgreSQL")?;
    let set = sqlx::raw_sql(include_str!("../../../../sql/connection/no_statement_timeout.sql"));
    set.execute(&mut connection).await.context("remove the statement timeout")?;
    let Err(error) = MIGRATOR.run(&mut connection).await else {
        return search_words::fill_all(&mut connection).await.context("fill the search words");
    };
    let duplicates = duplicates(&mut connection).await;
    let error = with_detail(error);
    Err(if duplicates.is_empty() { error } else { error.context(advice(&duplicates)) })
}

/// A value that must be unique but belongs to several users.
struct Duplicate {
    what: String,
    value: String,
    people: Vec<String>,
}

/// Returns all duplicates. Empty if the query fails, because then duplicates are not why the migration failed.
async fn duplicates(connection: &mut PgConnection) -> Vec<Duplicate> {
    query_file_as!(Duplicate, "sql/users/duplicates.sql").fetch_all(connection).await.unwrap_or_default()
}

/// Lists all duplicates at once, so that one correction and one more migration are enough.
fn advice(duplicates: &[Duplicate]) -> String {
    let line =
        |Duplicate { what, value, people }: &Duplicate| format!("\n  {what} {value:?}: users {}", people.join(", "));
    let lines: String = duplicates.iter().take(DUPLICATES_LISTED_MAX).map(line).collect();
    format!(
        "{} values of the table users are not unique, and nothing has been changed:{lines}\n\
         Decide for each pair of rows. If they belong to two users, change the value of one \
         (update users set handle = 'another' where uuid = '…'). If they belong to one user, keep the row that the old \
         app used last, and change the values of the other: conversations belong to the uuid. Then migrate again",
        duplicates.len()
    )
}

/// Adds the detail of a PostgreSQL error, which names the offending value and is missing from the error's own text.
fn with_detail(error: MigrateError) -> anyhow::Error {
    let detail = match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause
            .as_database_error()
            .and_then(|cause| cause.try_downcast_ref::<PgDatabaseError>())
            .and_then(PgDatabaseError::detail)
            .map(str::to_owned),
        _ => None,
    };
    let error = anyhow::Error::new(error);
    match detail {
        Some(detail) => error.context(detail),
        None => error,
    }
}
