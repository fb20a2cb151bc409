//! Mark of a table without legacy rows.

use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::Key;

/// Marks a table as free of legacy rows: a new table, or one that has been migrated as a whole.
pub async fn mark_migrated(table: &Table) -> Result<(), Failure> {
    // The write is refused if the mark exists already.
    let _ = table.transact(vec![table.put_if_absent(Key::Migrated.item())?]).await?;
    Ok(())
}
