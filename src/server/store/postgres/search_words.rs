//! The column `search_words`: computed for rows that do not have it.

use sqlx::{Connection, PgConnection, query_file};
use uuid::Uuid;

use crate::server::store::postgres::words;

/// Number of rows that are filled in one transaction.
const BATCH_LEN: i64 = 1_000;

/// Fills all rows without search words.
pub(super) async fn fill_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    while fill_some(connection).await? > 0 {}
    Ok(())
}

/// Fills rows without search words, a bounded number, and returns their number. One query if there are none.
pub(super) async fn fill_some(connection: &mut PgConnection) -> sqlx::Result<usize> {
    let mut transaction = connection.begin().await?;
    let rows = query_file!("sql/users/without_search_words.sql", BATCH_LEN).fetch_all(&mut *transaction).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.uuid).collect();
    let words: Vec<String> = rows.iter().map(|row| joined(&row.handle, &row.display_name)).collect();
    query_file!("sql/users/save_search_words.sql", &ids, &words).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(rows.len())
}

fn joined(handle: &str, name: &str) -> String {
    words::of_user(handle, name).into_iter().collect::<Vec<_>>().join("\n")
}
