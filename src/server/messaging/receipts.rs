//! Receipts: what has reached a person and what they have read. Told to, and seen by, people who both show theirs.

use crate::domain::conversation::{self, Receipts};
use crate::domain::event::Event;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::membership;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;

/// How far the other person has got; none where one of the two does not show it.
pub async fn of(state: &AppState, membership: &Membership) -> Result<Option<Receipts>, Failure> {
    match both_show(state, membership).await? {
        true => Ok(Some(state.store.conversations.receipts(membership).await?)),
        false => Ok(None),
    }
}

/// The same for a conversation of theirs: what a page lacks that has missed something.
pub async fn in_conversation(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Option<Receipts>, Failure> {
    of(state, &membership(state, me, conversation).await?).await
}

/// Remembers how far they have read, and that it is marked as unread no more, and tells their other pages.
pub async fn mark_read(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let membership = marking(state, me, conversation).await?;
    let read = state.store.conversations.mark_read(&membership, seq);
    let (marks, shown) = tokio::try_join!(read, both_show(state, &membership))?;
    let (reader, seq) = (me.user.id, seq.min(membership.newest_seq()));
    let event = |unmarked| Event::ConversationRead { conversation, reader, seq, unmarked };
    state.hub.publish(&[reader], &event(marks));
    if shown {
        state.hub.publish(&[membership.other()], &event(0));
    }
    Ok(())
}

/// Marks a conversation as unread, on all pages of theirs, until they open it.
pub async fn mark_unread(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    let membership = marking(state, me, conversation).await?;
    if let Some(marked) = state.store.conversations.mark_unread(&membership).await? {
        state.hub.publish(&[me.user.id], &Event::ConversationMarked { conversation, marked });
    }
    Ok(())
}

/// Remembers that messages have reached a page of theirs. Of who does not show it, nothing is kept.
pub async fn mark_delivered(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let membership = marking(state, me, conversation).await?;
    if both_show(state, &membership).await? && state.store.conversations.mark_delivered(&membership, seq).await? {
        let seq = seq.min(membership.newest_seq());
        let event = Event::MessagesDelivered { conversation, reader: me.user.id, seq };
        state.hub.publish(&[membership.other()], &event);
    }
    Ok(())
}

/// The right to say what has arrived or been read, as often as a page has to.
async fn marking(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<Membership, Failure> {
    state.limits.check(Action::Mark, Caller::User(me.user.id))?;
    membership(state, me, conversation).await
}

async fn both_show(state: &AppState, membership: &Membership) -> Result<bool, Failure> {
    state.store.users.both_show_receipts(membership.me(), membership.other()).await
}
