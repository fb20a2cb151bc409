//! Checks of the databases for the readiness check.

use std::time::Duration;

use moka::future::Cache;

use crate::server::store::Store;
use crate::server::store::usability::Usability;

/// Time for which an answer counts. `/readyz` is public, and a check costs a statement and half a read unit: however
/// often it is called, there is no more than one check in this time.
const ANSWERS_TTL: Duration = Duration::from_secs(2);

/// Availability of the databases.
#[derive(Debug, Clone, Copy)]
pub struct StoreAnswers {
    pub postgres: Usability,
    pub dynamodb: Usability,
}

/// The last answers of the databases. Cloning copies a handle.
#[derive(Clone)]
pub struct StoreChecks(Cache<(), StoreAnswers>);

impl Default for StoreChecks {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1).time_to_live(ANSWERS_TTL).build())
    }
}

impl StoreChecks {
    /// Returns answers that are a few seconds old at most. Concurrent calls wait for one check. A pooler that does not
    /// work counts at once.
    pub async fn answers(&self, store: &Store) -> StoreAnswers {
        let check = async {
            let (postgres, dynamodb) = tokio::join!(store.postgres_usability(), store.dynamodb_usability());
            StoreAnswers { postgres, dynamodb }
        };
        let answers = self.0.get_with((), check).await;
        match store.is_postgres_closed() {
            true => StoreAnswers { postgres: store.postgres_usability().await, ..answers },
            false => answers,
        }
    }
}
