//! Membership of the user in a conversation, which every use case of an existing conversation needs, alone or with what
//! is read beside it.

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::message::MessageRef;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::named_message::NamedMessage;
use crate::server::store::dynamodb::visits::{Visit, Wanted, WantedCursors};

/// Returns the user's membership in a conversation. "Not found" if the user is no member.
pub(super) async fn membership(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Membership, Failure> {
    let membership = state.store.conversations.membership(me.user.id, conversation).await?;
    membership.ok_or_else(|| refused(state, me, conversation))
}

/// Returns the user's membership in a conversation, with messages and read cursors. "Not found" if the user is no
/// member.
pub(super) async fn visit<'a>(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    wanted: Wanted<'a>,
    cursors: WantedCursors,
) -> Result<Visit<'a>, Failure> {
    let visit = state.store.messages.visit(me.user.id, conversation, wanted, cursors).await?;
    visit.ok_or_else(|| refused(state, me, conversation))
}

/// Returns the user's membership in a conversation, with a message that they name. "Not found" if the user is no
/// member.
pub(super) async fn membership_with_message(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    reference: &MessageRef,
) -> Result<(Membership, NamedMessage), Failure> {
    let found = state.store.messages.membership_with_message(me.user.id, conversation, reference.clone()).await?;
    found.ok_or_else(|| refused(state, me, conversation))
}

/// Records the request for a conversation of others, or for one that does not exist.
fn refused(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Failure {
    state.audit.record_foreign(me.user.id, conversation, me.origin.clone());
    AppError::NotFound.into()
}

/// Returns the others of the users who show something, if `me` shows it, too: such a setting counts both ways.
pub(super) fn both_ways<T>(me: user::Id, mut showing: Vec<T>, id: impl Fn(&T) -> user::Id) -> Vec<T> {
    match showing.iter().position(|it| id(it) == me) {
        Some(own) => drop(showing.swap_remove(own)),
        None => showing.clear(),
    }
    showing
}
