//! Users who can start a conversation with a user.

use sqlx::query_file_scalar;

use crate::domain::settings::Starters;
use crate::domain::user::Id;
use crate::server::failure::Failure;
use crate::server::store::postgres::users::Users;

impl Users {
    /// Returns the user's choice. One query, always: a message must not pass after the user has refused it.
    pub async fn starters(&self, id: Id) -> Result<Starters, Failure> {
        let chosen = query_file_scalar!("sql/users/starters.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(chosen.and_then(|name| Starters::parse(&name)).unwrap_or_default())
    }
}
