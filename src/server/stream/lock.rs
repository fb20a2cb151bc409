//! The lock that keeps the stream's reader single among all servers.

use std::time::Duration;

use anyhow::anyhow;
use sqlx::{Connection, PgConnection, PgPool, query_file_scalar};
use tokio::time::timeout;

use crate::server::failure::Failure;

/// Maximum time for PostgreSQL to confirm that the lock is still held.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// A dedicated connection that may hold the lock. Dropping it releases the lock.
pub(super) struct Lock {
    connection: PgConnection,
}

impl Lock {
    /// Connects to the same database as `pool`, but outside the pool: the lock lives as long as its connection.
    pub(super) async fn connect(pool: &PgPool) -> Result<Self, Failure> {
        // A pooler in transaction mode would keep the lock for whichever client comes next.
        if pool.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let options = pool.connect_options();
        with_timeout(async {
            let mut connection = PgConnection::connect_with(&options).await?;
            // Not options of the connection, which PgBouncer would refuse.
            let set = sqlx::raw_sql(include_str!("../../../sql/stream/notice_loss.sql"));
            set.execute(&mut connection).await?;
            Ok(Self { connection })
        })
        .await
    }

    /// Takes the lock on the stream of `table`, unless another server holds it.
    pub(super) async fn try_acquire(&mut self, table: &str) -> Result<bool, Failure> {
        let taken = query_file_scalar!("sql/stream/try_lock.sql", table);
        with_timeout(async { Ok(taken.fetch_one(&mut self.connection).await?) }).await
    }

    /// Fails if the lock is no longer held: its connection has ended or does not respond.
    pub(super) async fn check(&mut self) -> Result<(), Failure> {
        let holds = query_file_scalar!("sql/stream/holds_lock.sql");
        match with_timeout(async { Ok(holds.fetch_one(&mut self.connection).await?) }).await? {
            true => Ok(()),
            false => Err(Failure::Unavailable(anyhow!("the stream reader lock was lost"))),
        }
    }

    /// Returns the connection that holds the lock. A write on it succeeds only as long as the lock is held.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Fails if PostgreSQL does not answer in time: a server that cannot confirm its lock must stop reading at once.
pub(super) async fn with_timeout<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::Unavailable(anyhow!("PostgreSQL did not answer within {QUERY_TIMEOUT:?}"));
    timeout(QUERY_TIMEOUT, work).await.map_err(late)?
}
