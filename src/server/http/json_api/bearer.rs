//! Who asks: the person whose access token the request carries.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::server::cognito::token::InvalidToken;
use crate::server::http::json_api::refusal::Refusal;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// The person whose access token the request carries. One signature to check and one query.
pub struct Bearer(pub CurrentUser);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let token = token(&parts.headers).ok_or(Refusal::Unauthenticated)?;
        let claims = state.cognito.verifier().access(token).await.map_err(refused)?;
        let user = state.store.users.by_cognito_user_id(claims.sub).await?.ok_or(Refusal::UnknownPerson)?;
        Ok(Self(CurrentUser { user, session: None }))
    }
}

/// The second of exactly two words, of which the first is `Bearer` (RFC 6750, section 2.1).
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.contains(' ')).then_some(token)
}

fn refused(why: InvalidToken) -> Refusal {
    tracing::debug!(%why, "a token was refused");
    match why {
        // Perhaps it holds: nobody can tell before the pool's keys are there.
        InvalidToken::NoKeySet => Refusal::Unavailable,
        _ => Refusal::Unauthenticated,
    }
}
