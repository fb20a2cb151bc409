//! Conditions of transactions about the deleted members of a conversation. [`deleted_users`](super::deleted_users)
//! marks them.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::Head;
use crate::server::store::dynamodb::table::{DELETED_MEMBERS, Item, Key};
use crate::server::store::dynamodb::{Table, blocks};

/// Returns the condition that no member of a conversation has been deleted since its head was read, and its values.
pub(super) fn unchanged(head: &Head) -> (String, Item) {
    match head.deleted_members() {
        [] => (format!("attribute_not_exists({DELETED_MEMBERS})"), Item::new()),
        deleted => {
            let values = Item::from([(":deleted_members".to_owned(), blocks::set(deleted))]);
            (format!("{DELETED_MEMBERS} = :deleted_members"), values)
        }
    }
}

/// Part of a transaction: demands that no member has been deleted since the head was read.
pub(super) fn check_part(
    table: &Table,
    conversation: conversation::Id,
    head: &Head,
) -> Result<TransactWriteItem, Failure> {
    let (condition, values) = unchanged(head);
    let check = ConditionCheck::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(conversation).item()))
        .condition_expression(condition)
        .set_expression_attribute_values(Some(values).filter(|values| !values.is_empty()));
    Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
}
