//! From what happened on the server to what a browser may know of it.

use std::fmt;
use std::future::Future;

use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::api::Destination;
use crate::error::AppError;
use crate::server::accounts::Answer;
use crate::server::session::CurrentUser;
use crate::server::state::AppState;
use crate::user;

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

/// Who calls, and with what.
pub struct Call {
    /// The parts of the server.
    pub state: AppState,
    /// The request's head.
    pub parts: Parts,
    options: Option<ResponseOptions>,
}

impl Call {
    /// Who is signed in.
    pub fn user(&self) -> Result<&CurrentUser, AppError> {
        CurrentUser::of(&self.parts)
    }

    /// Who is signed in, unless something was written by somebody else: who is signed in may have changed since.
    pub fn author(&self, author: Option<user::Id>) -> Result<&CurrentUser, AppError> {
        let me = self.user()?;
        if author.is_some_and(|author| author != me.user.id) {
            return Err(AppError::Unauthenticated);
        }
        Ok(me)
    }

    /// Puts the answer's headers into the response, and says where to go.
    pub fn lead(&self, answer: Answer) -> Destination {
        if let Some(options) = &self.options {
            for (name, value) in &answer.headers {
                options.append_header(name.clone(), value.clone());
            }
        }
        answer.destination
    }
}

/// Runs the body of a server function. A failure sets the status of the answer, or of the page that is being rendered.
pub async fn respond<T, W>(work: impl FnOnce(Call) -> W) -> Result<T, AppError>
where
    W: Future<Output = Result<T, Failure>>,
{
    // Read before the first await: the context belongs to the owner that runs now.
    let options = use_context::<ResponseOptions>();
    let call = Call { state: expect_context(), parts: expect_context(), options: options.clone() };
    let answer = work(call).await.map_err(Failure::into_answer);
    if let (Err(error), Some(options)) = (&answer, options) {
        options.set_status(status(error));
        if let Some(secs) = error.retry_after_secs() {
            options.insert_header(header::RETRY_AFTER, HeaderValue::from(secs));
        }
    }
    answer
}

/// The error's HTTP status.
pub fn status(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
