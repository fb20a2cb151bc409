//! The store: access to both databases.

use sqlx::PgPool;

use crate::server::config::Config;
use crate::server::failure::Failure;
use crate::server::metrics::Metrics;
use crate::server::store::dynamodb::inbox::InboxUpdates;
use crate::server::store::dynamodb::{self, conversations, messages};
use crate::server::store::postgres::remembered::Remembered;
use crate::server::store::postgres::usability;
use crate::server::store::postgres::{self, deletions, pool_metrics, pooler, reports, sessions, shared_limits, users};
use crate::server::store::usability::Usability;

/// Access to both databases. Cloning copies handles.
#[derive(Clone)]
pub struct Store {
    postgres: PgPool,
    table: dynamodb::Table,
    /// Users, in PostgreSQL.
    pub users: users::Users,
    /// Sessions, in PostgreSQL.
    pub sessions: sessions::Sessions,
    /// Sessions and users that this server remembers for some seconds.
    pub remembered: Remembered,
    /// Rate limits that all servers share, in PostgreSQL.
    pub limits: shared_limits::SharedLimits,
    /// Reports of messages and users, in PostgreSQL.
    pub reports: reports::Reports,
    /// Deletions of users, in PostgreSQL.
    pub deletions: deletions::Deletions,
    /// Conversations, in DynamoDB.
    pub conversations: conversations::Conversations,
    /// Messages, in DynamoDB.
    pub messages: messages::Messages,
    /// Updates that follow messages, in the background.
    pub inbox_updates: InboxUpdates,
}

impl Store {
    /// Creates the clients of both databases. Opens no connection, so the server starts even if they are unavailable.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        let table = dynamodb::Table::new(dynamodb::connect().await, &config.message_table);
        Self::with_table(config, table)
    }

    /// Like [`Store::connect`], with an existing table, which may have its own client or clock.
    pub fn with_table(config: &Config, table: dynamodb::Table) -> anyhow::Result<Self> {
        let postgres = postgres::connect(&config.database_url)?;
        let users = users::Users::new(postgres.clone());
        let sessions = sessions::Sessions::new(postgres.clone(), &config.session_key, users.clone())?;
        let inbox_updates = InboxUpdates::in_background(table.clone());
        let conversations = conversations::Conversations::new(table.clone(), users.clone());
        Ok(Self {
            remembered: Remembered::new(&sessions, &users),
            sessions,
            conversations: conversations.with_updates(inbox_updates.clone()),
            messages: messages::Messages::new(table.clone()).with_updates(inbox_updates.clone()),
            limits: shared_limits::SharedLimits::new(postgres.clone()),
            reports: reports::Reports::new(postgres.clone()),
            deletions: deletions::Deletions::new(postgres.clone(), &users),
            inbox_updates,
            users,
            postgres,
            table,
        })
    }

    /// Returns the same store with metrics of its calls and caches.
    pub fn with_metrics(self, config: &Config, metrics: &Metrics) -> anyhow::Result<Self> {
        let store = Self::with_table(config, self.table.with_metrics(metrics))?;
        pool_metrics::register(&store.postgres, &store.users, metrics);
        store.remembered.register(metrics);
        Ok(store)
    }

    /// Migrates the schema of PostgreSQL.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        postgres::migrate(&self.postgres).await
    }

    /// Returns the DynamoDB table.
    pub fn table(&self) -> dynamodb::Table {
        self.table.clone()
    }

    /// Returns the connection pool of PostgreSQL.
    pub fn postgres(&self) -> PgPool {
        self.postgres.clone()
    }

    /// Returns whether PostgreSQL can be used.
    pub async fn postgres_usability(&self) -> Usability {
        usability::check(&self.postgres).await
    }

    /// Stops using PostgreSQL if a pooler in transaction mode is in between. Fails if PostgreSQL does not answer.
    pub async fn refuse_transaction_pooling(&self) -> Result<(), Failure> {
        pooler::refuse_transaction_pooling(&self.postgres).await
    }

    /// Returns true if PostgreSQL is not used any more, because of a pooler.
    pub fn is_postgres_closed(&self) -> bool {
        pooler::problem(&self.postgres).is_some()
    }

    /// Checks whether the table in DynamoDB can be used. Returns the cause if not.
    pub async fn check_dynamodb(&self) -> Result<(), (Usability, Failure)> {
        self.table.check().await
    }

    /// Returns whether the table in DynamoDB can be used.
    pub async fn dynamodb_usability(&self) -> Usability {
        self.table.usability().await
    }
}
