//! Storage of when users were last online.

use crate::domain::user;
use crate::server::store::postgres::users::Users;

/// Stores when users were last online: those who have left, and those who still are. In the background: presence goes
/// on without PostgreSQL.
pub(super) fn write_last_seen(users: &Users, departed: Vec<user::Id>, online: Vec<user::Id>) {
    if departed.is_empty() && online.is_empty() {
        return;
    }
    let users = users.clone();
    tokio::spawn(async move {
        let written = tokio::try_join!(users.set_left(&departed), users.set_last_seen(&online));
        if let Err(failure) = written {
            tracing::warn!(error = ?failure.into_public(), "not stored when users were last online");
        }
    });
}
