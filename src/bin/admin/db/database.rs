//! Administration of the database: creating it, dropping it, listing its sessions.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use secrecy::SecretString;
use serde::Serialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, query_file_as, query_file_scalar};
use time::OffsetDateTime;

use cruddur_messages::server::store::postgres;

/// Database that exists on every server. Connections to it create and drop the others.
const MAINTENANCE: &str = "postgres";

/// Timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Error codes for a database that already exists and for one that does not (PostgreSQL manual, appendix A).
const DUPLICATE_DATABASE: &str = "42P04";
const INVALID_CATALOG_NAME: &str = "3D000";

/// A database, which need not exist yet. Without `Debug`, which would print the password of the options.
#[derive(Clone)]
pub struct Database {
    options: PgConnectOptions,
    name: String,
}

/// A client connection to the database.
#[derive(Debug, Clone, Serialize)]
pub struct Session {
    /// Process id of the backend.
    pub pid: i32,
    /// Role of the client.
    pub username: Option<String>,
    /// Application name that the client has set.
    pub application: Option<String>,
    /// Address of the client. `None` for a Unix socket.
    pub client: Option<String>,
    /// State of the connection, such as `idle`.
    pub state: Option<String>,
    /// Time of the last change of the state.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
}

/// Error for a database that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("the database {0} does not exist")]
pub struct NoDatabase(String);

impl Database {
    /// Creates a handle for the database in the URL, which must contain a name. Opens no connection.
    pub fn at(url: &SecretString) -> anyhow::Result<Self> {
        let options = postgres::options(url)?;
        let name = options.get_database().unwrap_or_default().to_owned();
        ensure!(
            !name.is_empty(),
            "DATABASE_URL names no database; expected one such as postgres://name@localhost/cruddur"
        );
        Ok(Self { options, name })
    }

    /// Returns the name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the connection options.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Creates the database. Returns false if it already exists.
    pub async fn create(&self) -> anyhow::Result<bool> {
        let mut server = self.server().await?;
        let statement = query_file_scalar!("sql/admin/create_database.sql", self.name).fetch_one(&mut server).await?;
        succeeded_unless(DUPLICATE_DATABASE, sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await)
            .context("create the database")
    }

    /// Ends all sessions and drops the database with all its data. Returns false if it does not exist.
    pub async fn drop(&self) -> anyhow::Result<bool> {
        if self.name == MAINTENANCE {
            bail!("`{MAINTENANCE}` is the server's own database: databases are made and dropped from it, so it stays");
        }
        let mut server = self.server().await?;
        let statement = query_file_scalar!("sql/admin/drop_database.sql", self.name).fetch_one(&mut server).await?;
        succeeded_unless(INVALID_CATALOG_NAME, sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await)
            .context("drop the database")
    }

    /// Lists the client connections to the database, oldest first.
    pub async fn sessions(&self) -> anyhow::Result<Vec<Session>> {
        let mut server = self.server().await?;
        query_file_as!(Session, "sql/admin/sessions.sql", self.name)
            .fetch_all(&mut server)
            .await
            .context("list the sessions")
    }

    /// Fails if the database does not exist. Does not connect to it: it may be out of connections.
    pub async fn require_existence(&self) -> anyhow::Result<()> {
        let mut server = self.server().await?;
        let exists = query_file_scalar!("sql/admin/database_exists.sql", self.name).fetch_one(&mut server).await?;
        if exists { Ok(()) } else { Err(NoDatabase(self.name.clone()).into()) }
    }

    /// Connects once, to get the cause of a failure: a connection pool reports only a timeout.
    pub async fn answers(&self) -> anyhow::Result<()> {
        Ok(connect(&self.options).await?.close().await?)
    }

    async fn server(&self) -> anyhow::Result<PgConnection> {
        connect(&self.options.clone().database(MAINTENANCE)).await
    }
}

async fn connect(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await;
    connected.context("PostgreSQL took too long to answer")?.context("connect to PostgreSQL")
}

/// Returns true on success and false if PostgreSQL failed with `code`, which means that there was nothing to do.
fn succeeded_unless<T>(code: &str, result: Result<T, sqlx::Error>) -> Result<bool, sqlx::Error> {
    match result {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(code) => Ok(false),
        Err(error) => Err(error),
    }
}
