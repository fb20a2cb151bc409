//! Checks of the databases for the readiness check.

use std::time::Duration;

use moka::future::Cache;

use crate::server::store::Store;

/// Time for which an answer counts. `/readyz` is public, and a check costs a statement and half a read unit: however
/// often it is called, there is no more than one check in this time.
const ANSWERS_TTL: Duration = Duration::from_secs(2);

/// Availability of the databases.
#[derive(Debug, Clone, Copy)]
pub struct StoreAnswers {
    pub postgres: bool,
    pub dynamodb: bool,
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
    /// Returns answers that are a few seconds old at most. Concurrent calls wait for one check.
    pub async fn answers(&self, store: &Store) -> StoreAnswers {
        let check = async {
            let (postgres, dynamodb) = tokio::join!(store.postgres_answers(), store.dynamodb_answers());
            StoreAnswers { postgres, dynamodb }
        };
        self.0.get_with((), check).await
    }
}
