//! Receipts: delivery and read positions. Two members see each other's receipts only if both have receipts turned on.

use crate::domain::conversation::{self, Receipts};
use crate::domain::event::Event;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::membership;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;

/// Returns the peer's receipts. `None` unless both members have receipts turned on.
pub async fn of_peer(state: &AppState, membership: &Membership) -> Result<Option<Receipts>, Failure> {
    match both_show(state, membership).await? {
        true => Ok(Some(state.store.conversations.receipts(membership).await?)),
        false => Ok(None),
    }
}

/// Like [`of_peer`], by the id of the conversation. A page that may have missed events reads the receipts here.
pub async fn find_receipts(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Option<Receipts>, Failure> {
    of_peer(state, &membership(state, me, conversation).await?).await
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
    let (unmarked, shown) = tokio::try_join!(read, both_show(state, &membership))?;
    let (reader, seq) = (me.user.id, seq.min(membership.newest_seq()));
    let event = |unmarked| Event::ConversationRead { conversation, reader, seq, unmarked };
    state.hub.publish(&[reader], &event(unmarked));
    if shown {
        // Unread marks are private: the peer gets only the read position.
        state.hub.publish(&[membership.peer()], &event(0));
    }
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

/// Stores the user's delivery position. Does nothing unless both members have receipts turned on.
pub async fn mark_delivered(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let membership = membership_to_mark(state, me, conversation).await?;
    if both_show(state, &membership).await? && state.store.conversations.mark_delivered(&membership, seq).await? {
        let seq = seq.min(membership.newest_seq());
        let event = Event::MessagesDelivered { conversation, reader: me.user.id, seq };
        state.hub.publish(&[membership.peer()], &event);
    }
    Ok(())
}

/// Returns the membership for an update of a receipt or unread mark, within the rate limit.
async fn membership_to_mark(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Membership, Failure> {
    state.rate_limits.check(Action::Mark, Caller::User(me.user.id))?;
    membership(state, me, conversation).await
}

async fn both_show(state: &AppState, membership: &Membership) -> Result<bool, Failure> {
    state.store.users.both_show_receipts(membership.me(), membership.peer()).await
}
