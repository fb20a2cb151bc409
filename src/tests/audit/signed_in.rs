//! Users with a session, created directly in the stores. The sign-in pages are not part of what is measured.

use anyhow::Context;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::http::session::cookie;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::postgres::new_user::NewUser;
use cruddur_messages::server::store::postgres::sessions::NewSession;
use reqwest::header::HeaderValue;
use time::{Duration, OffsetDateTime};

/// User with a session.
#[derive(Clone)]
pub struct SignedIn {
    pub user: User,
    /// Session cookie, as the browser sends it.
    pub cookie: HeaderValue,
}

/// Creates a user, unless they exist, and a session of a week.
pub async fn sign_in(store: &Store, new_user: &NewUser) -> anyhow::Result<SignedIn> {
    let user = store.users.find_or_create(new_user).await.map_err(Failure::into_cause)?.user;
    let secret = cookie::Secret::new();
    let new = NewSession {
        user: user.id,
        refresh_token: "none: the access token is valid for a week".into(),
        access_ends_at: OffsetDateTime::now_utc() + Duration::WEEK,
        user_agent: "load test".to_owned(),
        address: None,
        place: None,
    };
    store.sessions.create(secret.id(), &new).await.map_err(Failure::into_cause)?;
    let header = secret.set_cookie();
    let pair = header.to_str()?.split(';').next().context("a cookie")?;
    Ok(SignedIn { user, cookie: HeaderValue::from_str(pair)? })
}
