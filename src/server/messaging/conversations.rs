//! Reading conversations.

use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, ConversationView};
use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::membership;
use crate::server::messaging::receipts;
use crate::server::state::AppState;
use crate::server::store::dynamodb::table::SortTime;

/// Returns a page of the user's conversations, newest first.
pub async fn list(state: &AppState, me: &CurrentUser, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
    state.store.conversations.list(me.user.id, cursor).await
}

/// Returns a conversation with a page of its messages: without `cursor`, the page with the first unread message.
pub async fn open(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: Option<&Cursor>,
) -> Result<ConversationView, Failure> {
    let membership = membership(state, me, conversation).await?;
    let read_cursor = state.store.conversations.read_cursor(&membership);
    let messages = async {
        match cursor {
            Some(_) => Ok((state.store.messages.page(&membership, cursor).await?, read_cursor.await?)),
            None => {
                let read_cursor = read_cursor.await?;
                let read = read_cursor.receipts.read;
                Ok((state.store.messages.opening_page(&membership, read).await?, read_cursor))
            }
        }
    };
    let ((messages, read_cursor), with, receipts) =
        tokio::try_join!(messages, profile(state, membership.peer()), receipts::of_peer(state, &membership))?;
    Ok(ConversationView {
        id: conversation,
        with,
        messages,
        newest: membership.newest_seq(),
        read: read_cursor.receipts.read,
        marked: read_cursor.is_marked(),
        receipts,
        next_message: new_message_id(),
    })
}

/// Returns a page of a conversation's messages.
pub async fn list_messages(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: &Cursor,
) -> Result<Page<Message>, Failure> {
    let membership = membership(state, me, conversation).await?;
    state.store.messages.page(&membership, Some(cursor)).await
}

/// Returns the messages sent after a time. A browser page that may have missed events reads its missing messages here.
pub async fn messages_after(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    after: Option<&SentAt>,
) -> Result<Page<Message>, Failure> {
    let after = after.map(|at| SortTime::stored(at.as_str()).ok_or(AppError::invalid("after", FieldCode::TimeInvalid)));
    let after = after.transpose()?.map(|at| SortTime::from(at.at()));
    let membership = membership(state, me, conversation).await?;
    state.store.messages.page_after(&membership, after.as_ref()).await
}

/// Returns a user, or a placeholder if the row was deleted: peers can still read the messages of a deleted user.
async fn profile(state: &AppState, id: user::Id) -> Result<User, Failure> {
    let found = state.store.users.by_ids(&[id]).await?.pop();
    Ok(found.unwrap_or_else(|| User::deleted(id)))
}

/// Returns an id for the next message that the page will send.
pub(super) fn new_message_id() -> message::Id {
    message::Id(Uuid::now_v7())
}
