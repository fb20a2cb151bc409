//! Server functions about read and delivered positions.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::conversation::{self, ReceiptsByReader};
use crate::domain::error::AppError;

/// Advances the caller's read position to `seq`.
#[server(prefix = "/rpc", endpoint = "mark_read", client = Client)]
pub async fn mark_read(conversation: conversation::Id, seq: u64) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::receipts;
    respond_as_user(async |state, me| receipts::mark_read(state, me, conversation, seq).await).await
}

/// Marks a conversation as unread until it is opened.
#[server(prefix = "/rpc", endpoint = "mark_unread", client = Client)]
pub async fn mark_unread(conversation: conversation::Id) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::receipts;
    respond_as_user(async |state, me| receipts::mark_unread(state, me, conversation).await).await
}

/// Records that everything up to `seq` has been delivered to the caller, and notifies the other members.
#[server(prefix = "/rpc", endpoint = "mark_delivered", client = Client)]
pub async fn mark_delivered(conversation: conversation::Id, seq: u64) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::receipts;
    respond_as_user(async |state, me| receipts::mark_delivered(state, me, conversation, seq).await).await
}

/// Returns the receipts of the other members who have them turned on. Empty if the caller has turned them off.
#[server(prefix = "/rpc", endpoint = "find_receipts", client = Client)]
pub async fn find_receipts(conversation: conversation::Id) -> Result<ReceiptsByReader, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::receipts;
    respond_as_user(async |state, me| receipts::find_receipts(state, me, conversation).await).await
}
