//! What is kept: people and sessions in PostgreSQL, conversations and messages in DynamoDB.

pub mod postgres;

pub use postgres::migrate;

pub mod users;

pub mod newcomer;

pub mod seal;

pub mod sessions;

pub mod table;

pub mod conversations;

pub mod messages;

/// Both databases. Cloning copies handles.
#[derive(Clone)]
pub struct Store {
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
    /// STUB
    pub async fn connect(_: &crate::server::config::Config) -> anyhow::Result<Self> {
        todo!()
    }
    /// STUB
    pub async fn postgres_answers(&self) -> bool {
        false
    }
    /// STUB
    pub async fn dynamodb_answers(&self) -> bool {
        false
    }
}
