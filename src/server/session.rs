//! Cookie ⇄ session: who is signed in.

use axum::http::request::Parts;

use crate::error::AppError;
use crate::server::store::sessions;
use crate::user::User;

/// The person who makes the request.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// What others see of them too.
    pub user: User,
    /// Which of their sessions this is.
    pub session: sessions::Id,
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

/// STUB
pub async fn resolve(
    axum::extract::State(_): axum::extract::State<crate::server::state::AppState>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    next.run(request).await
}
