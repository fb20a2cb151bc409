//! Notifications of rows that another program has changed, by PostgreSQL. The admin tool is not on the bus.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{PgConnection, PgPool, query_file};

use crate::server::failure::Failure;
use crate::server::store::postgres::remembered::{ChangedRows, Remembered};

/// Channel of the notifications, as in `sql/notifications/notify.sql`.
const CHANNEL: &str = "changed_rows";

/// Maximum number of sessions in one notification: as JSON, each takes at most 129 of 8,000 bytes.
const SESSIONS_AT_ONCE: usize = 50;

/// Interval between attempts to listen. Until one succeeds, changes count within seconds, as without notifications.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Makes all servers forget these rows when the transaction of the connection is committed.
pub async fn notify(connection: &mut PgConnection, changed: &ChangedRows) -> Result<(), Failure> {
    let of_users = ChangedRows { users: changed.users.clone(), ..ChangedRows::default() };
    let of_sessions = changed
        .sessions
        .chunks(SESSIONS_AT_ONCE)
        .map(|ids| ChangedRows { sessions: ids.to_vec(), ..ChangedRows::default() });
    for changed in of_sessions.chain([of_users]) {
        let text = serde_json::to_string(&changed).map_err(anyhow::Error::new)?;
        query_file!("sql/notifications/notify.sql", text).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Forgets what other programs change, and never ends. Takes a connection of its own.
pub async fn listen(pool: PgPool, remembered: Remembered) {
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*pool.connect_options()).clone());
    loop {
        if let Err(error) = listen_until_disconnected(&own, &remembered).await {
            tracing::debug!(%error, "not listening for notifications");
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn listen_until_disconnected(pool: &PgPool, remembered: &Remembered) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // The next connection is made in the loop above, because notifications are lost until then.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    remembered.forget_all();
    while let Some(notification) = listener.try_recv().await? {
        match serde_json::from_str(notification.payload()) {
            Ok(changed) => remembered.forget(&changed),
            // One of another version.
            Err(_) => remembered.forget_all(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::postgres::sessions;

    #[test]
    fn a_notification_is_not_longer_than_postgresql_takes() {
        let sessions = vec![sessions::Id([255; 32]); SESSIONS_AT_ONCE];
        let text = serde_json::to_string(&ChangedRows { sessions, ..ChangedRows::default() }).expect("JSON");
        assert!(text.len() < 8_000, "{}", text.len());
    }
}
