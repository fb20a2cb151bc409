//! The connections to PostgreSQL, and its schema.

use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

/// The most connections that one server holds.
const CONNECTIONS_MAX: u32 = 20;

/// How long a request waits for a connection before it is told that this does not work right now.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A pool that connects when it is first used, so that a server starts while PostgreSQL is down. Refuses what is no URL.
pub fn connect(url: &SecretString) -> anyhow::Result<PgPool> {
    // The parse error is not kept: it could repeat the password.
    let options: PgConnectOptions = url
        .expose_secret()
        .parse()
        .ok()
        .context("DATABASE_URL is not a PostgreSQL URL, such as postgres://name@localhost/cruddur")?;
    // One statement that hangs must not hold a connection for ever.
    let options = options.application_name("cruddur-messages").options([("statement_timeout", "5s")]);
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options))
}

/// Brings the schema up to date. Safe to run on several servers at once: `sqlx` takes an advisory lock.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    // A connection of its own: building an index, or waiting for another server's migration, may take its time.
    let options = (*pool.connect_options()).clone().options([("statement_timeout", "0")]);
    let mut connection = PgConnection::connect_with(&options).await?;
    sqlx::migrate!("sql/migrations").run(&mut connection).await
}

/// Whether PostgreSQL answers. One round trip.
pub async fn answers(pool: &PgPool) -> bool {
    match pool.acquire().await {
        Ok(mut connection) => connection.ping().await.is_ok(),
        Err(_) => false,
    }
}
