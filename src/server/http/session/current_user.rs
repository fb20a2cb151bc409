//! The person who makes a request.

use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::server::store::postgres::sessions;

/// The person who makes the request.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// What others see of them too.
    pub user: User,
    /// Which of their sessions this is; none for a program, which has a token instead.
    pub session: Option<sessions::Id>,
}

/// What the session layer found out about a request, kept in its extensions.
#[derive(Debug, Clone)]
pub struct Resolved(pub Result<Option<CurrentUser>, AppError>);

impl CurrentUser {
    /// Who is signed in, as the session layer found. Costs nothing: the look-up was done once, before.
    pub fn of(parts: &Parts) -> Result<&Self, AppError> {
        match parts.extensions.get::<Resolved>() {
            Some(Resolved(Ok(Some(user)))) => Ok(user),
            Some(Resolved(Err(error))) => Err(error.clone()),
            Some(Resolved(Ok(None))) | None => Err(AppError::Unauthenticated),
        }
    }
}
