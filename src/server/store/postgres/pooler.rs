//! Detection of a pooler in transaction mode, such as PgBouncer with `pool_mode = transaction`.
//!
//! Such a pooler gives each transaction of a connection another session of PostgreSQL. Prepared statements, the
//! statement timeout and advisory locks belong to a session: statements would fail at random, and two servers would
//! read the table's stream at once, or none. A pooler in session mode has none of these problems.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};
use tokio::time::timeout;

use crate::server::failure::Failure;

/// Problem in `/readyz` and in the log.
pub const TRANSACTION_POOLING: &str = "transaction_pooling";

/// Maximum duration of the detection. In session mode it can wait for a free session of the pooler.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Number of times that the sessions are compared. Four queries each.
const ROUNDS: usize = 20;

/// Closes the connection pool if a pooler in transaction mode is in between, so that everything that needs PostgreSQL
/// fails as unavailable, instead of some of it at random. Fails if PostgreSQL does not answer.
pub async fn refuse_transaction_pooling(pool: &PgPool) -> Result<(), Failure> {
    if is_transaction_pooled(&pool.connect_options()).await.map_err(Failure::Unavailable)? {
        tracing::error!(problem = TRANSACTION_POOLING, "{}", advice());
        pool.close().await;
    }
    Ok(())
}

/// Returns the problem for which the pool was closed, if it was.
pub fn problem(pool: &PgPool) -> Option<&'static str> {
    pool.is_closed().then_some(TRANSACTION_POOLING)
}

/// Fails if a pooler in transaction mode is in between.
pub(super) async fn ensure_sessions(options: &PgConnectOptions) -> anyhow::Result<()> {
    ensure!(!is_transaction_pooled(options).await?, "{TRANSACTION_POOLING}: {}", advice());
    Ok(())
}

fn advice() -> &'static str {
    "PostgreSQL is behind a pooler in transaction mode: set PgBouncer's pool_mode to session, or connect directly"
}

/// True if the sessions of PostgreSQL change under a connection, or if two open connections have the same session. The
/// order of the queries finds this whether the pooler prefers the session that was used last or first. It is repeated,
/// because by chance the other connections of a server that starts can take just the sessions that would show it.
async fn is_transaction_pooled(options: &PgConnectOptions) -> anyhow::Result<bool> {
    let detect = async {
        let (mut one, mut other) = (options.connect().await?, options.connect().await?);
        let (mut ones, mut others) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..ROUNDS {
            ones.extend([pid(&mut one).await?, pid(&mut one).await?]);
            others.insert(pid(&mut other).await?);
            ones.insert(pid(&mut one).await?);
        }
        // Closed in the background: the answer does not depend on it.
        tokio::spawn(async move { tokio::join!(one.close(), other.close()) });
        anyhow::Ok(ones.len() > 1 || others.len() > 1 || !ones.is_disjoint(&others))
    };
    timeout(TIMEOUT, detect).await.context("PostgreSQL took too long to answer")?.context("connect to PostgreSQL")
}

/// Returns the process that serves a connection. By the simple protocol: a prepared statement could be lost in between.
async fn pid(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let query = sqlx::raw_sql(include_str!("../../../../sql/connection/backend_pid.sql"));
    query.fetch_one(connection).await?.try_get(0)
}
