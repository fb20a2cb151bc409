//! Receipts: delivery and read positions. Two members see each other's receipts only if both have receipts turned on.

use crate::domain::conversation::{self, ReceiptsByReader};
use crate::domain::event::Event;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::{both_ways, membership, visit};
use crate::server::state::AppState;
use crate::server::store::dynamodb::member_cursors::MemberCursors;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::visits::{Wanted, WantedCursors};

/// Returns the receipts of the other members who share theirs with the user. Some cursors have been read already.
pub async fn of_others(
    state: &AppState,
    membership: &Membership,
    cursors: &MemberCursors,
) -> Result<ReceiptsByReader, Failure> {
    let readers = sharing(state, membership).await?;
    state.store.conversations.receipts(membership, &readers, cursors).await
}

/// Like [`of_others`], by the id of the conversation. A page that may have missed events reads the receipts here.
pub async fn find_receipts(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<ReceiptsByReader, Failure> {
    let visit = visit(state, me, conversation, Wanted::Nothing, WantedCursors::OfMembers).await?;
    of_others(state, &visit.membership, &visit.cursors).await
}

/// Stores the user's read position, removes an unread mark, and publishes both to the user's other pages.
pub async fn mark_read(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let membership = membership_to_mark(state, me, conversation).await?;
    let read = state.store.conversations.mark_read(&membership, seq);
    let (unmarked, sharing) = tokio::try_join!(read, sharing(state, &membership))?;
    let (reader, seq) = (me.user.id, seq.min(membership.newest_seq()));
    let event = |unmarked| Event::ConversationRead { conversation, reader, seq, unmarked };
    state.hub.publish(&[reader], &event(unmarked));
    // Unread marks are private: the others get only the read position.
    state.hub.publish(&sharing, &event(0));
    Ok(())
}

/// Marks a conversation as unread on all pages of the user, until the user opens it.
pub async fn mark_unread(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    let membership = membership_to_mark(state, me, conversation).await?;
    if let Some(marked) = state.store.conversations.mark_unread(&membership).await? {
        state.hub.publish(&[me.user.id], &Event::ConversationMarked { conversation, marked });
    }
    Ok(())
}

/// Stores the user's delivery position. Does nothing if no other member may see it.
pub async fn mark_delivered(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let membership = membership_to_mark(state, me, conversation).await?;
    let sharing = sharing(state, &membership).await?;
    if !sharing.is_empty() && state.store.conversations.mark_delivered(&membership, seq).await? {
        let seq = seq.min(membership.newest_seq());
        let event = Event::MessagesDelivered { conversation, reader: me.user.id, seq };
        state.hub.publish(&sharing, &event);
    }
    Ok(())
}

/// Returns the membership for an update of a receipt or unread mark, within the rate limit.
async fn membership_to_mark(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Membership, Failure> {
    state.rate_limits.spend(Action::Mark, me.spender())?;
    membership(state, me, conversation).await
}

/// Returns the other members with whom the user shares receipts: those who have receipts turned on, if the user has,
/// too. None if there is a block, or while the conversation is a request.
async fn sharing(state: &AppState, membership: &Membership) -> Result<Vec<user::Id>, Failure> {
    if !membership.is_open() {
        return Ok(Vec::new());
    }
    let shown = state.store.users.showing_receipts(membership.members().ids()).await?;
    Ok(both_ways(membership.me(), shown, |user| *user))
}
