//! Connections of searches. A search can read much of a large table: without a pool of their own, the searches of a few
//! users would take the connections of all other requests.

use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres, query_file_scalar};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::domain::error::AppError;
use crate::server::failure::Failure;
use crate::server::store::postgres::search_words;

/// Maximum number of connections of one server that search. Each further search waits for one of them.
const CONNECTIONS_MAX: u32 = 4;

/// Maximum time that a search waits for a connection. Each of its statements may take as long, by
/// `sql/connection/search_timeout.sql`.
const WAIT_MAX: Duration = Duration::from_millis(500);

/// Time after which an unused connection is closed. It is short: most servers rarely have four searches at once.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections of searches. Cloning copies a handle.
#[derive(Debug, Clone)]
pub(super) struct Searches {
    pool: PgPool,
    /// The pool of all other requests.
    main: PgPool,
    /// Permit to fill search words. That takes a connection of `main`, and must not take many.
    filling: Arc<Semaphore>,
}

impl Searches {
    /// Creates the pool, which connects on first use, to the same database as `main`.
    pub(super) fn new(main: PgPool) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT_MAX)
            .idle_timeout(IDLE_TIMEOUT)
            // Not an option of the connection, which PgBouncer would refuse.
            .after_connect(|connection, _| {
                let set = sqlx::raw_sql(include_str!("../../../../sql/connection/search_timeout.sql"));
                Box::pin(async move { set.execute(connection).await.map(drop) })
            })
            .connect_lazy_with((*main.connect_options()).clone());
        Self { pool, main, filling: Arc::new(Semaphore::new(1)) }
    }

    /// Returns the pool, for its metrics.
    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Returns a connection for a search. All users have search words by then, unless the old app has written many at
    /// once.
    pub(super) async fn connection(&self) -> Result<PoolConnection<Postgres>, Failure> {
        // The server closes the main pool if it must not use PostgreSQL as it is reached.
        if self.main.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let mut connection = self.pool.acquire().await?;
        if query_file_scalar!("sql/users/lacks_search_words.sql").fetch_one(&mut *connection).await? {
            self.fill().await?;
        }
        Ok(connection)
    }

    /// Fills search words with a connection of the main pool: the short timeout of a search would cancel it.
    async fn fill(&self) -> Result<(), Failure> {
        let _permit = timeout(WAIT_MAX, self.filling.acquire()).await.map_err(|_| AppError::Unavailable)?;
        search_words::fill_some(&mut *self.main.acquire().await?).await?;
        Ok(())
    }
}
