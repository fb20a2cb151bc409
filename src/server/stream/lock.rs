//! One reader at a time, among all servers.

use std::time::Duration;

use anyhow::anyhow;
use sqlx::{Connection, PgConnection, PgPool, query_file_scalar};
use tokio::time::timeout;

use crate::server::failure::Failure;

/// How long PostgreSQL may take to say that the lock is still held.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// PostgreSQL ends a connection whose server has vanished from the network within some 4 seconds, and with it the lock.
/// A server that was killed is noticed at once: its machine closes the connection.
const NOTICE_LOSS: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "2"),
    ("tcp_keepalives_interval", "1"),
    ("tcp_keepalives_count", "2"),
    ("tcp_user_timeout", "4000"),
];

/// A connection of its own, and perhaps the lock on it. Dropping it lets go.
pub(super) struct Lock {
    connection: PgConnection,
}

impl Lock {
    /// Connects to where `pool` does, past the pool: the lock lives as long as its connection.
    pub(super) async fn connect(pool: &PgPool) -> Result<Self, Failure> {
        let options = (*pool.connect_options()).clone().options(NOTICE_LOSS);
        let connection = in_time(async { Ok(PgConnection::connect_with(&options).await?) }).await?;
        Ok(Self { connection })
    }

    /// Takes the lock on reading the stream of `table`, unless somebody else has it.
    pub(super) async fn try_take(&mut self, table: &str) -> Result<bool, Failure> {
        let taken = query_file_scalar!("sql/stream/try_lock.sql", table);
        in_time(async { Ok(taken.fetch_one(&mut self.connection).await?) }).await
    }

    /// Fails when the lock is no longer held: its connection has ended, or is not answered on.
    pub(super) async fn check(&mut self) -> Result<(), Failure> {
        let holds = query_file_scalar!("sql/stream/holds_lock.sql");
        match in_time(async { Ok(holds.fetch_one(&mut self.connection).await?) }).await? {
            true => Ok(()),
            false => Err(Failure::Unavailable(anyhow!("the lock on reading the stream is gone"))),
        }
    }

    /// The connection of the lock: what is written on it is written by who holds the lock, or not at all.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Who is no longer sure of the lock must not wait to find out.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::Unavailable(anyhow!("PostgreSQL did not answer within {ANSWER_TIMEOUT:?}"));
    timeout(ANSWER_TIMEOUT, work).await.map_err(late)?
}
