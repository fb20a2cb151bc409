//! Access of users to the site: their standing, and their access tokens.

use sqlx::query_file;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::user::{Id, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::users::Users;

/// Owner of an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOwner {
    /// The account is linked to no user.
    Unknown,
    /// The user is suspended or leaving, or has signed out everywhere or got a new password after the sign-in of the
    /// token.
    Revoked,
    User {
        user: User,
        /// Time before which tokens are rejected.
        valid_from: Option<OffsetDateTime>,
    },
}

/// Standing of a user who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Regular,
    /// Suspended by the operator.
    Suspended,
    /// The user has requested their deletion.
    Leaving,
}

impl Users {
    /// Rejects all access tokens that have been issued to a user. One query.
    pub async fn end_tokens(&self, id: Id) -> Result<(), Failure> {
        let _changing = self.profiles().changing(&[id]);
        query_file!("sql/users/end_tokens.sql", id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns the standing of a user; `None` if the user has been deleted. One query, always: it decides about a new
    /// session.
    pub async fn standing(&self, id: Id) -> Result<Option<Standing>, Failure> {
        let row = query_file!("sql/users/standing.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| match (row.is_suspended, row.is_leaving) {
            (true, _) => Standing::Suspended,
            (false, true) => Standing::Leaving,
            (false, false) => Standing::Regular,
        }))
    }

    /// Returns the owner of an access token of the account `sub`, whose user has signed in at `signed_in_at` (seconds
    /// since 1970) to get it. One query, or none if the user has been read a moment ago.
    pub async fn token_owner(&self, sub: Uuid, signed_in_at: u64) -> Result<TokenOwner, Failure> {
        let Some(profile) = self.profiles().by_account(sub).await? else { return Ok(TokenOwner::Unknown) };
        let (user, valid_from) = (profile.user, profile.tokens_valid_from);
        let signed_in_at = i64::try_from(signed_in_at).unwrap_or(i64::MAX);
        // A sign-in in the second from which tokens are valid may be older or newer: only the user pool knows.
        let is_valid = valid_from.is_none_or(|from| signed_in_at >= from.unix_timestamp());
        let is_active = !profile.is_suspended && !profile.is_leaving;
        Ok(if is_valid && is_active { TokenOwner::User { user, valid_from } } else { TokenOwner::Revoked })
    }

    /// Returns true if the user has requested their deletion, and false for an unknown user. One query, or none if the
    /// user has been read a moment ago.
    pub async fn is_leaving(&self, id: Id) -> Result<bool, Failure> {
        Ok(self.profiles().by_ids(&[id]).await?.iter().any(|profile| profile.is_leaving))
    }
}
