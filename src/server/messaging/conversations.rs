//! Reading conversations.

use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, Thread};
use crate::domain::error::AppError;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::receipts;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::table::SortTime;

/// A page of the person's conversations, newest first.
pub async fn list(state: &AppState, me: &CurrentUser, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
    state.store.conversations.list(me.user.id, cursor).await
}

/// A conversation of theirs with a page of its messages: where nothing else is asked for, that in which the unread begin.
pub async fn open(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: Option<&Cursor>,
) -> Result<Thread, Failure> {
    let membership = membership(state, me, conversation).await?;
    let place = state.store.conversations.cursor(&membership);
    let messages = async {
        match cursor {
            Some(_) => Ok((state.store.messages.page(&membership, cursor).await?, place.await?)),
            None => {
                let place = place.await?;
                Ok((state.store.messages.opening(&membership, place.receipts.read).await?, place))
            }
        }
    };
    let ((messages, place), with, receipts) =
        tokio::try_join!(messages, person(state, membership.other()), receipts::of(state, &membership))?;
    Ok(Thread {
        id: conversation,
        with,
        messages,
        newest: membership.newest_seq(),
        read: place.receipts.read,
        marked: place.is_marked(),
        receipts,
        next_message: new_message_id(),
    })
}

/// A page of a conversation's messages.
pub async fn page(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: &Cursor,
) -> Result<Page<Message>, Failure> {
    let membership = membership(state, me, conversation).await?;
    state.store.messages.page(&membership, Some(cursor)).await
}

/// What was written in a conversation after a time: what a page lacks that has missed something.
pub async fn after(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    after: Option<&SentAt>,
) -> Result<Page<Message>, Failure> {
    let after = after.map(|at| SortTime::stored(at.as_str()).ok_or(AppError::invalid("after", "This is no time.")));
    let after = after.transpose()?.map(|at| SortTime::from(at.at()));
    let membership = membership(state, me, conversation).await?;
    state.store.messages.after(&membership, after.as_ref()).await
}

/// The person's right to a conversation; not found where they have none.
pub(super) async fn membership(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
) -> Result<Membership, Failure> {
    let membership = state.store.conversations.membership(me.user.id, conversation).await?;
    membership.ok_or(AppError::NotFound.into())
}

/// Somebody whose row is gone stays readable: what they wrote is the other person's too.
async fn person(state: &AppState, id: user::Id) -> Result<User, Failure> {
    let found = state.store.users.by_ids(&[id]).await?.pop();
    Ok(found.unwrap_or_else(|| User::who_left(id)))
}

pub(super) fn new_message_id() -> message::Id {
    message::Id(Uuid::now_v7())
}
