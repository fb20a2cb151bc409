//! Servers for account tests, with their own databases and user pools.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::state::AppState;
use cruddur_messages::ui::wording::field_sentence;

use super::browser::{Browser, config, server};
use super::cognito::Pool;
use super::fake_pool::FakePool;
use super::postgres::Database;

/// Starts a server with the emulator's user pool.
pub async fn server_with_emulator() -> (Database, Pool, AppState) {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let server = server(config(&database.url, &pool.address)).await;
    (database, pool, server)
}

/// Starts a server with a scriptable user pool.
pub async fn server_with_fake_pool() -> (Database, FakePool, AppState) {
    let (database, pool) = (Database::fresh().await, FakePool::start().await);
    let server = server(config(&database.url, &pool.address())).await;
    (database, pool, server)
}

/// Returns the message beside `field` in a refused form.
pub fn field_error(answer: Result<String, AppError>, field: &str) -> String {
    let code = answer.expect_err("refused").field(field).unwrap_or_else(|| panic!("nothing beside {field}"));
    field_sentence(code)
}

/// A server with a scriptable user pool, and Ana's browser, signed in.
pub struct SessionFixture {
    pub database: Database,
    pub pool: FakePool,
    pub server: AppState,
    pub ana: Browser,
}

/// Ana's e-mail address.
pub const ANA: &str = "ana@example.com";

impl SessionFixture {
    /// Starts the server, and signs Ana in.
    pub async fn start() -> Self {
        let (database, pool) = (Database::fresh().await, FakePool::start().await);
        let server = server(config(&database.url, &pool.address())).await;
        let mut ana = Browser::new(&server);
        ana.sign_in(ANA, "good").await.expect("signs in");
        Self { database, pool, server, ana }
    }

    /// Sets the time until the access token ends.
    pub async fn access_ends_in(&self, secs: i64) {
        let set = format!("refresh_retry_at = null, access_ends_at = now() + interval '{secs} s'");
        self.update_sessions(&set).await;
    }

    /// Sets columns of all sessions, as if they had been so when the server read them.
    pub async fn update_sessions(&self, set: &str) {
        self.database.execute(&format!("update sessions set {set}")).await;
        self.server.store.remembered.forget_all();
    }

    /// Returns the number of sessions.
    pub async fn sessions(&self) -> i64 {
        self.database.number("select count(*) from sessions").await
    }

    /// Returns the number of token refreshes at the pool.
    pub fn refreshes(&self) -> usize {
        self.pool.count("GetTokensFromRefreshToken")
    }
}
