//! Reports of messages and users, in PostgreSQL.

use sqlx::{PgPool, query_file, query_file_scalar};
use uuid::Uuid;

use crate::domain::conversation;
use crate::domain::message::{self, Message};
use crate::domain::report::Reason;
use crate::domain::user;
use crate::server::failure::Failure;

/// A report to create.
#[derive(Debug)]
pub struct NewReport<'a> {
    pub reporter: user::Id,
    pub reported: user::Id,
    pub conversation: conversation::Id,
    /// `None` if the user is reported.
    pub message: Option<message::Id>,
    pub reason: Reason,
    /// Words of the reporter.
    pub details: &'a str,
}

/// The tables `reports` and `report_messages`. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct Reports {
    pool: PgPool,
}

impl Reports {
    /// Creates a handle for the tables.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns true if a user has an open report about a message or another user. One query.
    pub async fn is_open(&self, reporter: user::Id, subject: Uuid) -> Result<bool, Failure> {
        Ok(query_file_scalar!("sql/reports/is_open.sql", reporter.0, subject).fetch_one(&self.pool).await?)
    }

    /// Deletes the reports that have been closed for 90 days, and returns their number. Must be called regularly.
    pub async fn delete_closed(&self) -> Result<u64, Failure> {
        Ok(query_file!("sql/reports/delete_closed.sql").execute(&self.pool).await?.rows_affected())
    }

    /// Stores a report with copies of messages, and returns its id; `None` if there is an open one of the same user
    /// about the same. One transaction.
    pub async fn create(&self, new: &NewReport<'_>, messages: &[Message]) -> Result<Option<Uuid>, Failure> {
        let mut transaction = self.pool.begin().await?;
        let id = query_file_scalar!(
            "sql/reports/create.sql",
            new.reporter.0,
            new.reported.0,
            new.conversation.0,
            new.message.map(|message| message.0),
            new.reason.as_str(),
            new.details
        );
        let Some(id) = id.fetch_optional(&mut *transaction).await? else { return Ok(None) };
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
        let authors: Vec<Uuid> = messages.iter().map(|message| message.author.0).collect();
        let times: Vec<String> = messages.iter().map(|message| message.sent_at.as_str().to_owned()).collect();
        // PostgreSQL cannot store a NUL, which a legacy message may contain.
        let bodies: Vec<String> = messages.iter().map(|message| message.body.replace('\0', " ")).collect();
        let add = query_file!("sql/reports/add_messages.sql", id, &ids, &authors, &times, &bodies);
        add.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(id))
    }
}
