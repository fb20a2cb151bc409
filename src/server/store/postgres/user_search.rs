//! Search for users by the words of their names.

use sqlx::{query_file_as, query_file_scalar};
use uuid::Uuid;

use crate::domain::user::{self, Id, SEARCH_RESULTS_MAX, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::users::{Row, Users};
use crate::server::store::postgres::words;

impl Users {
    /// Returns users with words in their handle or name that begin with the words of `text`, best matches first,
    /// without `me` and `hidden`, at most [`SEARCH_RESULTS_MAX`]. Empty for a text without words. Unavailable if there
    /// are too many searches, or if this one takes too long.
    ///
    /// Two queries, and three more if the old app has written users since the last search.
    pub async fn search(&self, text: &str, me: Id, hidden: &[Id]) -> Result<Vec<User>, Failure> {
        let handle = user::without_at_sign(text);
        let Some(words) = words::query(handle) else { return Ok(Vec::new()) };
        let mut connection = self.searches().connection().await?;
        let left_out: Vec<Uuid> = hidden.iter().chain([&me]).map(|id| id.0).collect();
        let rows = query_file_as!(Row, "sql/users/search.sql", words, &left_out, handle, SEARCH_RESULTS_MAX as i64)
            .fetch_all(&mut *connection)
            .await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Returns those of these users who have words in their handle or name that begin with the words of `text`. Costs
    /// as much as [`Users::search`].
    pub async fn matching(&self, ids: &[Id], text: &str) -> Result<Vec<Id>, Failure> {
        let Some(words) = words::query(text).filter(|_| !ids.is_empty()) else { return Ok(Vec::new()) };
        let mut connection = self.searches().connection().await?;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let found = query_file_scalar!("sql/users/matching.sql", &ids, words).fetch_all(&mut *connection).await?;
        Ok(found.into_iter().map(Id).collect())
    }
}
