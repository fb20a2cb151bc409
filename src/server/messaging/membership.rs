//! Membership of the user in a conversation, which every use case of an existing conversation needs.

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;

/// Returns the user's membership in a conversation. "Not found" if the user is no member.
pub(super) async fn membership(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Membership, Failure> {
    let membership = state.store.conversations.membership(me.user.id, conversation).await?;
    membership.ok_or(AppError::NotFound.into())
}
