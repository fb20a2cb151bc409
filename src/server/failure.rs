//! The server's error type.

use std::fmt;

use crate::domain::error::AppError;

/// Why something was not done, as the server knows it.
pub enum Failure {
    /// An answer that the browser may have as it is.
    Answer(AppError),
    /// Something that we depend on did not answer; the cause is for the log.
    Unavailable(anyhow::Error),
    /// A mistake of ours; the cause is for the log.
    Unexpected(anyhow::Error),
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "answer: {answer:?}"),
            Self::Unavailable(cause) => write!(f, "unavailable: {cause:?}"),
            Self::Unexpected(cause) => write!(f, "unexpected: {cause:?}"),
        }
    }
}

impl Failure {
    /// Logs the cause, once, and keeps what a browser may know.
    pub fn into_answer(self) -> AppError {
        match self {
            Self::Answer(answer) => answer,
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "a part does not answer");
                AppError::Unavailable
            }
            Self::Unexpected(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "a mistake of ours");
                AppError::Unexpected
            }
        }
    }

    /// The cause, for whoever runs the server: a command's, not a browser's.
    pub fn into_cause(self) -> anyhow::Error {
        match self {
            Self::Answer(answer) => answer.into(),
            Self::Unavailable(cause) | Self::Unexpected(cause) => cause,
        }
    }
}

impl From<AppError> for Failure {
    fn from(answer: AppError) -> Self {
        Self::Answer(answer)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(cause: anyhow::Error) -> Self {
        Self::Unexpected(cause)
    }
}

/// PostgreSQL is away, or answers what it should not.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        let away = match &error {
            Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
            // Classes 08, 53, 57 and 58: connection, resources, operator intervention, system (PostgreSQL, appendix A).
            Database(error) => {
                error.code().is_some_and(|code| ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)))
            }
            _ => false,
        };
        let cause = anyhow::Error::new(error).context("PostgreSQL");
        if away { Self::Unavailable(cause) } else { Self::Unexpected(cause) }
    }
}
