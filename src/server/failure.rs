//! The server's error type.

use std::fmt;

use crate::domain::error::AppError;

/// Error of a server-side operation.
pub enum Failure {
    /// An error that the browser may see as it is.
    Public(AppError),
    /// A dependency did not answer; the cause is for the log.
    Unavailable(anyhow::Error),
    /// Internal error; the cause is for the log.
    Unexpected(anyhow::Error),
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public(error) => write!(f, "public: {error:?}"),
            Self::Unavailable(cause) => write!(f, "unavailable: {cause:?}"),
            Self::Unexpected(cause) => write!(f, "unexpected: {cause:?}"),
        }
    }
}

impl Failure {
    /// Returns the public error, without logging the cause.
    pub fn public(&self) -> AppError {
        match self {
            Self::Public(error) => error.clone(),
            Self::Unavailable(_) => AppError::Unavailable,
            Self::Unexpected(_) => AppError::Unexpected,
        }
    }

    /// Logs the cause and returns the public error. Call it once per failure, so that each cause is logged once.
    pub fn into_public(self) -> AppError {
        match &self {
            Self::Public(_) => {}
            Self::Unavailable(cause) => tracing::warn!(cause = format!("{cause:#}"), "dependency unavailable"),
            Self::Unexpected(cause) => tracing::error!(cause = format!("{cause:#}"), "internal error"),
        }
        self.public()
    }

    /// Adds to the cause where the failure happened.
    pub fn context(self, context: impl FnOnce() -> String) -> Self {
        match self {
            Self::Public(error) => Self::Public(error),
            Self::Unavailable(cause) => Self::Unavailable(cause.context(context())),
            Self::Unexpected(cause) => Self::Unexpected(cause.context(context())),
        }
    }

    /// Returns the cause without logging it, for command-line tools, which print it.
    pub fn into_cause(self) -> anyhow::Error {
        match self {
            Self::Public(error) => error.into(),
            Self::Unavailable(cause) | Self::Unexpected(cause) => cause,
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::Public(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(cause: anyhow::Error) -> Self {
        Self::Unexpected(cause)
    }
}

/// Classes of errors that say nothing about the statement: connection, credentials, resources, operator intervention,
/// system (PostgreSQL, appendix A). 26000 and 42P05: a pooler has moved the connection to a session without, or with, a
/// prepared statement.
const UNAVAILABLE_CLASSES: [&str; 7] = ["08", "28", "53", "57", "58", "26000", "42P05"];

/// Distinguishes an unreachable PostgreSQL from an unexpected answer.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        let is_unavailable = match &error {
            Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
            Database(error) => {
                error.code().is_some_and(|code| UNAVAILABLE_CLASSES.iter().any(|class| code.starts_with(class)))
            }
            _ => false,
        };
        let cause = anyhow::Error::new(error).context("PostgreSQL");
        if is_unavailable { Self::Unavailable(cause) } else { Self::Unexpected(cause) }
    }
}
