//! A new, migrated database for each test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cruddur_messages::server::store;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Age at which databases of earlier runs are dropped.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(3600);

/// Database of one test.
pub struct Database {
    pub url: String,
    pub pool: PgPool,
}

impl Database {
    /// Creates a database as a copy of a template, in about 50 ms.
    pub async fn fresh() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(template).await;
        let name = new_name();
        let mut server = PgConnection::connect(&server_url()).await.expect("PostgreSQL at DATABASE_URL");
        execute(&mut server, format!("create database {name} template {template}")).await;
        let url = database_url(&name);
        let pool = PgPool::connect(&url).await.expect("the fresh database");
        Self { url, pool }
    }

    /// Creates a database without a schema.
    pub async fn empty() -> Self {
        let name = new_name();
        let mut server = PgConnection::connect(&server_url()).await.expect("PostgreSQL at DATABASE_URL");
        execute(&mut server, format!("create database {name} template template0")).await;
        let url = database_url(&name);
        let pool = PgPool::connect(&url).await.expect("the fresh database");
        Self { url, pool }
    }

    /// Returns the address of a database that does not exist.
    pub fn absent() -> String {
        database_url(&new_name())
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.expect(sql);
    }

    /// Returns the single number that a query selects.
    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.expect(sql)
    }
}

/// Creates this process's migrated template, and drops the databases of earlier runs.
async fn template() -> String {
    let mut server = PgConnection::connect(&server_url()).await.expect("PostgreSQL at DATABASE_URL");
    drop_left_over(&mut server).await;
    let name = new_name();
    execute(&mut server, format!("create database {name} template template0")).await;
    let pool = PgPool::connect(&database_url(&name)).await.expect("the template");
    store::postgres::migrate(&pool).await.expect("the migrations run");
    // A database with open connections cannot be copied.
    pool.close().await;
    name
}

async fn drop_left_over(server: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname like 'test\\_%'")
        .fetch_all(&mut *server)
        .await
        .expect("the databases");
    for name in names {
        let made_at = name.split('_').nth(1).and_then(|secs| secs.parse().ok()).map(Duration::from_secs);
        if made_at.is_some_and(|made_at| now() > made_at + LEFT_OVER_AFTER) {
            execute(server, format!("drop database if exists {name} with (force)")).await;
        }
    }
}

async fn execute(server: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(server).await.expect(&sql);
}

fn new_name() -> String {
    format!("test_{}_{}", now().as_secs(), Uuid::new_v4().simple())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970")
}

fn server_url() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL that may be filled with test databases")
}

fn database_url(name: &str) -> String {
    let mut url = url(&server_url());
    url.set_path(name);
    url.into()
}

fn url(text: &str) -> reqwest::Url {
    text.parse().expect("DATABASE_URL is a URL")
}
