//! People, in PostgreSQL.

use sqlx::PgPool;

use crate::server::respond::Failure;
use crate::user::{Handle, Id, User};

/// The table `users`.
#[derive(Clone)]
pub struct Users {
    pool: PgPool,
}

impl Users {
    /// The person with this handle.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<User>, Failure> {
        todo!()
    }
    /// The people with these ids, in no order; ids without a row are left out. One query.
    pub async fn by_ids(&self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        todo!()
    }
    /// People whose handle or name begins like `text` (names: any word of it), without `me`, best first, at most `SEARCH_RESULTS_MAX`.
    pub async fn search(&self, text: &str, me: Id) -> Result<Vec<User>, Failure> {
        todo!()
    }
}
