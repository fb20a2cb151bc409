//! The database itself, as administrators see it: made, dropped, and who is connected to it.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use secrecy::SecretString;
use serde::Serialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, query_file_as, query_file_scalar};
use time::OffsetDateTime;

use crate::server::store::postgres;

/// The database that every server has, and from which others are made and dropped.
const MAINTENANCE: &str = "postgres";

/// How long a server may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// PostgreSQL's codes for a database that is there already, and for one that is not (its manual, appendix A).
const DUPLICATE_DATABASE: &str = "42P04";
const INVALID_CATALOG_NAME: &str = "3D000";

/// A database that may not be there yet.
#[derive(Debug, Clone)]
pub struct Database {
    options: PgConnectOptions,
    name: String,
}

/// A connection of somebody's.
#[derive(Debug, Clone, Serialize)]
pub struct Session {
    /// The process of the server that serves it.
    pub pid: i32,
    /// Who is connected.
    pub username: Option<String>,
    /// What their program calls itself.
    pub application: Option<String>,
    /// From which address; none on this machine.
    pub client: Option<String>,
    /// What the connection is doing, such as `idle`.
    pub state: Option<String>,
    /// Since when it does that.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
}

impl Database {
    /// The database of a URL, which must name it. Connects to nothing.
    pub fn at(url: &SecretString) -> anyhow::Result<Self> {
        let options = postgres::options(url)?;
        let name = options.get_database().unwrap_or_default().to_owned();
        ensure!(
            !name.is_empty(),
            "DATABASE_URL names no database; expected one such as postgres://name@localhost/cruddur"
        );
        Ok(Self { options, name })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Makes it, empty. Says whether there was none.
    pub async fn create(&self) -> anyhow::Result<bool> {
        let mut server = self.server().await?;
        let statement = query_file_scalar!("sql/admin/create_database.sql", self.name).fetch_one(&mut server).await?;
        done_unless(DUPLICATE_DATABASE, sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await)
            .context("create the database")
    }

    /// Ends everybody's sessions and drops it with all that is in it. Says whether there was one.
    pub async fn drop(&self) -> anyhow::Result<bool> {
        if self.name == MAINTENANCE {
            bail!("`{MAINTENANCE}` is the server's own database: databases are made and dropped from it, so it stays");
        }
        let mut server = self.server().await?;
        let statement = query_file_scalar!("sql/admin/drop_database.sql", self.name).fetch_one(&mut server).await?;
        done_unless(INVALID_CATALOG_NAME, sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await)
            .context("drop the database")
    }

    /// Who is connected to it, longest first.
    pub async fn sessions(&self) -> anyhow::Result<Vec<Session>> {
        let mut server = self.server().await?;
        query_file_as!(Session, "sql/admin/sessions.sql", self.name)
            .fetch_all(&mut server)
            .await
            .context("list the sessions")
    }

    /// Connects once, and says why that does not work: connections of a pool only say that they took too long.
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

/// Whether something was done; not where PostgreSQL refused with `code`, because it was so already.
fn done_unless<T>(code: &str, answer: Result<T, sqlx::Error>) -> Result<bool, sqlx::Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(code) => Ok(false),
        Err(error) => Err(error),
    }
}
