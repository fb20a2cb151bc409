//! Authentication of API requests by access token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::server::cognito::token::InvalidToken;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::json_api::error::ApiError;
use crate::server::http::origin::origin;
use crate::server::http::rate_limits::{Action, Spender};
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;
use crate::server::store::postgres::user_access::TokenOwner;

/// User whose access token the request carries. Extraction checks one signature. It costs one query if the user has not
/// been read a moment ago, and a call to the user pool if that has not been asked about the token for some seconds.
pub struct Bearer(pub CurrentUser);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let owner = owner(parts, state).await;
        let address = ClientAddress::of(&parts.extensions);
        let spender = owner.as_ref().map_or(Spender { user: None, address }, CurrentUser::spender);
        state.rate_limits.spend(Action::Call, spender)?;
        owner.map(Self)
    }
}

/// Returns the user to whom the token belongs.
async fn owner(parts: &Parts, state: &AppState) -> Result<CurrentUser, ApiError> {
    let token = token(&parts.headers).ok_or(ApiError::Unauthenticated)?;
    let claims = state.cognito.verifier().access(token).await.map_err(reject)?;
    let (user, valid_from) = match state.store.users.token_owner(claims.sub, claims.signed_in_at()).await? {
        TokenOwner::User { user, valid_from } => (Some(user), valid_from),
        TokenOwner::Unknown => (None, None),
        TokenOwner::Revoked => return Err(ApiError::Unauthenticated),
    };
    if !state.cognito.accepts(token, valid_from).await {
        return Err(ApiError::Unauthenticated);
    }
    let user = user.ok_or(ApiError::UnknownUser)?;
    let origin = origin(&parts.extensions, &parts.headers);
    let user = CurrentUser { user, session: None, origin };
    user.record(&parts.extensions);
    Ok(user)
}

/// Returns the token of a header with exactly two words, the first of which is `Bearer` (RFC 6750, section 2.1), and
/// any number of spaces between them (RFC 9110, section 11.4).
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.contains(' ')).then_some(token)
}

fn reject(reason: InvalidToken) -> ApiError {
    tracing::debug!(%reason, "access token rejected");
    match reason {
        // The token may be valid, but it cannot be checked until the user pool's keys have been fetched.
        InvalidToken::NoKeySet => ApiError::Unavailable,
        _ => ApiError::Unauthenticated,
    }
}
