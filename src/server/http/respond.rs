//! From what happened on the server to what a browser may know of it.

use crate::server::failure::Failure;
use crate::server::http::refuse::status;
use std::future::Future;

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::accounts::Answer;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

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
