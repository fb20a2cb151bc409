//! Signed-in user of a request.

use axum::http::Extensions;
use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::server::audit::Origin;
use crate::server::http::origin::RequestUser;
use crate::server::http::rate_limits::Spender;
use crate::server::store::postgres::sessions;

/// Signed-in user of a request.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub user: User,
    /// The session of the request; `None` for an API client, which uses a token instead.
    pub session: Option<sessions::Id>,
    /// Origin of the request, for the audit log.
    pub origin: Origin,
}

/// Mark of a request from the page of another user than the one who is signed in, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct OtherUsersPage;

impl OtherUsersPage {
    /// Marks a request that comes from the page of this user, given by the text of the id, if another one is signed in.
    pub fn mark(extensions: &mut Extensions, page_user: &str) {
        let Some(Resolved(Ok(Some(me)))) = extensions.get::<Resolved>() else { return };
        if page_user.parse() != Ok(me.user.id.0) {
            extensions.insert(Self);
        }
    }

    /// Returns true if the request is marked.
    pub fn is_in(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// Result of the session layer, kept in the request's extensions.
#[derive(Debug, Clone)]
pub struct Resolved(pub Result<Option<CurrentUser>, AppError>);

impl CurrentUser {
    /// Returns the user and the client address, whose budgets the request takes from.
    pub fn spender(&self) -> Spender {
        Spender { user: Some(self.user.id), address: self.origin.address }
    }

    /// Adds the id of the user to the log lines of the current request, and to its extensions.
    pub fn record(&self, extensions: &Extensions) {
        RequestUser::set(extensions, self.user.id);
        tracing::Span::current().record("user", tracing::field::display(self.user.id));
    }

    /// Returns the signed-in user. Costs nothing, because the session layer has already found the session. Fails for a
    /// request from the page of another user, as if no user was signed in.
    pub fn of(parts: &Parts) -> Result<&Self, AppError> {
        if OtherUsersPage::is_in(&parts.extensions) {
            return Err(AppError::Unauthenticated);
        }
        match parts.extensions.get::<Resolved>() {
            Some(Resolved(Ok(Some(user)))) => Ok(user),
            Some(Resolved(Err(error))) => Err(error.clone()),
            Some(Resolved(Ok(None))) | None => Err(AppError::Unauthenticated),
        }
    }
}
