//! Rows of reports. Each read and act is recorded in the audit log.

use cruddur_messages::domain::user::Id;
use cruddur_messages::server::audit::{Event, insert};
use cruddur_messages::server::failure::Failure;
use serde::Serialize;
use sqlx::{PgPool, query_file_as, query_file_scalar};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::recorded::act;

/// A report. Handles are those of today, and missing for deleted users.
#[derive(Debug, Serialize)]
pub struct Report {
    pub uuid: Uuid,
    pub reporter_uuid: Uuid,
    pub reporter: Option<String>,
    pub reported_uuid: Uuid,
    pub reported: Option<String>,
    pub conversation_uuid: Uuid,
    /// `None` if the user is reported.
    pub message_uuid: Option<Uuid>,
    pub reason: String,
    pub details: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
}

/// Copy of a message.
#[derive(Debug, Serialize)]
pub struct CopiedMessage {
    pub message_uuid: Uuid,
    pub author_uuid: Uuid,
    pub author: Option<String>,
    pub sent_at: String,
    /// Empty if the message had been deleted.
    pub body: String,
}

/// The reports in the database.
pub struct Reports {
    pool: PgPool,
}

impl Reports {
    /// Creates a handle for the tables.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns at most `max` reports, oldest first: all of them, or only the open ones.
    pub async fn list(&self, all: bool, max: i64) -> Result<Vec<Report>, Failure> {
        insert(&self.pool, &[act(Event::AdminListReports, "reports list")]).await?;
        Ok(query_file_as!(Report, "sql/reports/list.sql", all, max).fetch_all(&self.pool).await?)
    }

    /// Returns a report with its messages, oldest first.
    pub async fn find(&self, id: Uuid) -> Result<Option<(Report, Vec<CopiedMessage>)>, Failure> {
        let report = query_file_as!(Report, "sql/reports/find.sql", id).fetch_optional(&self.pool).await?;
        let Some(report) = report else { return Ok(None) };
        let entry = act(Event::AdminReadReport, "reports show").of(Id(report.reported_uuid)).about(id);
        insert(&self.pool, &[entry]).await?;
        let messages = query_file_as!(CopiedMessage, "sql/reports/messages.sql", id).fetch_all(&self.pool).await?;
        Ok(Some((report, messages)))
    }

    /// Closes a report. Returns false if it does not exist or is closed already.
    pub async fn close(&self, id: Uuid) -> Result<bool, Failure> {
        let mut transaction = self.pool.begin().await?;
        let closed = query_file_scalar!("sql/reports/close.sql", id).fetch_optional(&mut *transaction).await?;
        if closed.is_some() {
            insert(&mut *transaction, &[act(Event::AdminCloseReport, "reports close").about(id)]).await?;
        }
        transaction.commit().await?;
        Ok(closed.is_some())
    }
}
