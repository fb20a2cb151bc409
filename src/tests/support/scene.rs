//! Servers to talk to, with parts of their own.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::state::AppState;

use super::browser::{Browser, config, server};
use super::cognito::Pool;
use super::fake_pool::FakePool;
use super::postgres::Database;

/// A server with the emulator.
pub async fn on_emulator() -> (Database, Pool, AppState) {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let server = server(config(&database.url, &pool.address)).await;
    (database, pool, server)
}

/// A server with a pool that does as it is told.
pub async fn on_fake() -> (Database, FakePool, AppState) {
    let (database, pool) = (Database::fresh().await, FakePool::start().await);
    let server = server(config(&database.url, &pool.address())).await;
    (database, pool, server)
}

/// What somebody who was refused is told beside a field.
pub fn told(answer: Result<String, AppError>, field: &str) -> String {
    answer.expect_err("refused").field(field).unwrap_or_else(|| panic!("nothing beside {field}"))
}

/// A database, a pool, a server, and Ana, signed in.
pub struct Scene {
    pub database: Database,
    pub pool: FakePool,
    pub server: AppState,
    pub ana: Browser,
}

/// Her mailbox.
pub const ANA: &str = "ana@example.com";

impl Scene {
    /// Signs her in.
    pub async fn begin() -> Self {
        let (database, pool) = (Database::fresh().await, FakePool::start().await);
        let server = server(config(&database.url, &pool.address())).await;
        let mut ana = Browser::new(&server);
        ana.sign_in(ANA, "good").await.expect("signs in");
        Self { database, pool, server, ana }
    }

    /// The access token ends in so many seconds.
    pub async fn access_ends_in(&self, secs: i64) {
        let sql = format!("update sessions set refresh_retry_at = null, access_ends_at = now() + interval '{secs} s'");
        self.database.execute(&sql).await;
    }

    /// How many sessions there are.
    pub async fn sessions(&self) -> i64 {
        self.database.number("select count(*) from sessions").await
    }

    /// How often the pool was asked for new tokens.
    pub fn refreshes(&self) -> usize {
        self.pool.count("GetTokensFromRefreshToken")
    }
}
