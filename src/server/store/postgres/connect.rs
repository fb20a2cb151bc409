//! The connections to PostgreSQL, and its schema.

use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, query_file_as};

/// The most connections that one server holds.
const CONNECTIONS_MAX: u32 = 20;

/// How long a request waits for a connection before it is told that this does not work right now.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The most duplicates that are written out.
const DUPLICATES_SHOWN_MAX: usize = 50;

/// What a URL says. Refuses what is none.
pub fn options(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    // The parse error is not kept: it could repeat the password.
    let options: PgConnectOptions = url
        .expose_secret()
        .parse()
        .ok()
        .context("DATABASE_URL is not a PostgreSQL URL, such as postgres://name@localhost/cruddur")?;
    Ok(options.application_name("cruddur-messages"))
}

/// A pool that connects when it is first used, so that a server starts while PostgreSQL is down. Refuses what is no URL.
pub fn connect(url: &SecretString) -> anyhow::Result<PgPool> {
    // One statement that hangs must not hold a connection for ever.
    let options = options(url)?.options([("statement_timeout", "5s")]);
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options))
}

/// Brings the schema up to date. Safe to run on several servers at once: `sqlx` takes an advisory lock. Where rows of
/// the old app contradict the schema, the error names them all and says what to do, and nothing is changed.
pub async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    // A connection of its own: building an index, or waiting for another server's migration, may take its time.
    let options = (*pool.connect_options()).clone().options([("statement_timeout", "0")]);
    let mut connection = PgConnection::connect_with(&options).await.context("connect to PostgreSQL")?;
    let Err(error) = sqlx::migrate!("sql/migrations").run(&mut connection).await else { return Ok(()) };
    let duplicates = duplicates(&mut connection).await;
    let error = with_detail(error);
    Err(if duplicates.is_empty() { error } else { error.context(advice(&duplicates)) })
}

/// What several people have and only one may have.
struct Duplicate {
    what: String,
    value: String,
    people: Vec<String>,
}

/// None where the table cannot be asked: then it is not what stands in the way.
async fn duplicates(connection: &mut PgConnection) -> Vec<Duplicate> {
    query_file_as!(Duplicate, "sql/users/duplicates.sql").fetch_all(connection).await.unwrap_or_default()
}

/// All of them at once: who mends one by one would migrate as often.
fn advice(duplicates: &[Duplicate]) -> String {
    let line =
        |Duplicate { what, value, people }: &Duplicate| format!("\n  {what} {value:?}: users {}", people.join(", "));
    let lines: String = duplicates.iter().take(DUPLICATES_SHOWN_MAX).map(line).collect();
    format!(
        "{} values stand in the table users more than once, and nothing has been changed:{lines}\n\
         Which of two rows is right is for a person to say. Where both are people, give one another value \
         (update users set handle = 'another' where uuid = '…'). Where one person has two rows, keep the row that the old \
         app used last and give the other one values of its own: conversations belong to the uuid. Then migrate again",
        duplicates.len()
    )
}

/// PostgreSQL says which value is wrong in a detail, which the error's own text leaves out.
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

/// Whether PostgreSQL answers. One round trip.
pub async fn answers(pool: &PgPool) -> bool {
    match pool.acquire().await {
        Ok(mut connection) => connection.ping().await.is_ok(),
        Err(_) => false,
    }
}
