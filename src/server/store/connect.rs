//! Handles to both databases.

use sqlx::PgPool;

use crate::server::config::Config;
use crate::server::store::dynamodb::{self, conversations, messages};
use crate::server::store::postgres::{self, sessions, users};

/// Both databases. Cloning copies handles.
#[derive(Clone)]
pub struct Store {
    postgres: PgPool,
    table: dynamodb::Table,
    /// People.
    pub users: users::Users,
    /// Who is signed in.
    pub sessions: sessions::Sessions,
    /// Who talks to whom.
    pub conversations: conversations::Conversations,
    /// What they say.
    pub messages: messages::Messages,
}

impl Store {
    /// Prepares both databases. Connects to neither: a server starts while they are away.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        let table = dynamodb::Table::new(dynamodb::connect().await, &config.message_table);
        Self::over(config, table)
    }

    /// The same over a table that is at hand: with a client, or a clock, of one's own.
    pub fn over(config: &Config, table: dynamodb::Table) -> anyhow::Result<Self> {
        let postgres = postgres::connect(&config.database_url)?;
        let users = users::Users::new(postgres.clone());
        Ok(Self {
            sessions: sessions::Sessions::new(postgres.clone(), &config.session_key)?,
            conversations: conversations::Conversations::new(table.clone(), users.clone()),
            messages: messages::Messages::new(table.clone()),
            users,
            postgres,
            table,
        })
    }

    /// Brings the schema of PostgreSQL up to date.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        postgres::migrate(&self.postgres).await
    }

    /// The table of conversations.
    pub fn table(&self) -> dynamodb::Table {
        self.table.clone()
    }

    /// The pool of connections to PostgreSQL.
    pub fn postgres(&self) -> PgPool {
        self.postgres.clone()
    }

    /// Whether PostgreSQL answers a query.
    pub async fn postgres_answers(&self) -> bool {
        postgres::answers(&self.postgres).await
    }

    /// Whether DynamoDB answers for the table.
    pub async fn dynamodb_answers(&self) -> bool {
        self.table.answers().await
    }
}
