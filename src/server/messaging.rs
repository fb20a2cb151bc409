//! What people do once they are signed in: list, open, send, start, look for somebody.

use tracing::Instrument;
use uuid::Uuid;

use crate::conversation::{self, Conversation, LOOKED_FOR_MAX, Recipient, Thread};
use crate::error::AppError;
use crate::event::Event;
use crate::message::{self, Body, Message, SentAt};
use crate::page::{Cursor, Page};
use crate::server::limits::{Action, Caller};
use crate::server::receipts;
use crate::server::respond::Failure;
use crate::server::session::CurrentUser;
use crate::server::state::AppState;
use crate::server::store::conversations::Membership;
use crate::server::store::table::SortTime;
use crate::user::{self, Handle, User};

/// The fewest characters that a search looks for: fewer would list everybody.
const QUERY_LEN_MIN: usize = 2;

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

/// Sends a message into a conversation of theirs.
pub async fn send(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    id: message::Id,
    body: &Body,
) -> Result<Message, Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let membership = membership(state, me, conversation).await?;
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    to_the_end(async move {
        let message = state.store.messages.append(&membership, &me, id, &body).await?;
        tell_of_message(&state, conversation, [me.id, membership.other()], message.clone());
        Ok(message)
    })
    .await
}

/// People to write to.
pub async fn search(state: &AppState, me: &CurrentUser, query: &str) -> Result<Vec<User>, Failure> {
    let query = query.trim();
    let query = query.strip_prefix('@').unwrap_or(query);
    if query.chars().count() < QUERY_LEN_MIN {
        return Ok(Vec::new());
    }
    if query.chars().count() > user::DISPLAY_NAME_LEN_MAX || query.chars().any(char::is_control) {
        return Err(AppError::invalid("query", "Nobody has such a name.").into());
    }
    state.limits.check(Action::Search, Caller::User(me.user.id))?;
    state.store.users.search(query, me.user.id).await
}

/// The person with this handle, and the conversation that there already is with them.
pub async fn recipient(state: &AppState, me: &CurrentUser, handle: &str) -> Result<Recipient, Failure> {
    let with = other_person(state, me, handle).await?;
    let conversation = state.store.conversations.find_with(me.user.id, with.id).await?;
    Ok(Recipient { with, conversation, next_message: new_message_id() })
}

/// Sends the person with this handle a first message, or one more where the two already talk.
pub async fn start(
    state: &AppState,
    me: &CurrentUser,
    handle: &str,
    id: message::Id,
    body: &Body,
) -> Result<conversation::Id, Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let with = other_person(state, me, handle).await?;
    Ok(begin(state, me, with, id, body).await?.0)
}

/// The same to the person with this id.
pub async fn send_first(
    state: &AppState,
    me: &CurrentUser,
    to: user::Id,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let with = state.store.users.by_ids(&[to]).await?.pop().ok_or(AppError::NotFound)?;
    begin(state, me, with, id, body).await
}

async fn begin(
    state: &AppState,
    me: &CurrentUser,
    with: User,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    to_the_end(async move {
        let (conversation, message) = state.store.conversations.start(&me, &with, id, &body).await?;
        tell_of_message(&state, conversation, [me.id, with.id], message.clone());
        Ok((conversation, message))
    })
    .await
}

/// Goes on when nobody waits any more: a browser that has gone away takes its request with it, and what is stored must be
/// told.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work.in_current_span()).await.map_err(|error| Failure::Unexpected(error.into()))?
}

/// That somebody is writing. Nobody is told who has not the right to read it.
pub async fn typing(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    state.limits.check(Action::Typing, Caller::User(me.user.id))?;
    let membership = membership(state, me, conversation).await?;
    state.hub.publish(&[membership.other()], &Event::Typing { conversation, author: me.user.id });
    Ok(())
}

/// Has the person's pages told who is there of these conversations, now and for some time. Nobody is told of others than
/// those with whom they have one.
pub async fn look_for(state: &AppState, me: &CurrentUser, conversations: &[conversation::Id]) -> Result<(), Failure> {
    if conversations.len() > LOOKED_FOR_MAX {
        return Err(AppError::invalid("conversations", "These are too many at once.").into());
    }
    state.limits.check(Action::Look, Caller::User(me.user.id))?;
    let people = state.store.conversations.others(me.user.id, conversations).await?;
    state.presence.look(me.user.id, &people);
    Ok(())
}

/// To be called once a message is stored.
fn tell_of_message(state: &AppState, conversation: conversation::Id, members: [user::Id; 2], message: Message) {
    let [one, other] = members;
    state.presence.introduce(one, other);
    state.hub.publish(&members, &Event::MessageSent { conversation, message });
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

async fn other_person(state: &AppState, me: &CurrentUser, handle: &str) -> Result<User, Failure> {
    // A text that is no handle is nobody's handle.
    let handle = Handle::parse(handle).map_err(|_| AppError::NotFound)?;
    let with = state.store.users.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
    if with.id == me.user.id {
        return Err(AppError::Conflict("This is you. Choose somebody else to write to.".to_owned()).into());
    }
    Ok(with)
}

/// Somebody whose row is gone stays readable: what they wrote is the other person's too.
async fn person(state: &AppState, id: user::Id) -> Result<User, Failure> {
    let found = state.store.users.by_ids(&[id]).await?.pop();
    Ok(found.unwrap_or_else(|| User::who_left(id)))
}

fn new_message_id() -> message::Id {
    message::Id(Uuid::now_v7())
}
