//! Reading conversations.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, ConversationView};
use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::visit;
use crate::server::messaging::{presence, receipts};
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::dynamodb::visits::{Visit, Wanted, WantedCursors};

/// Returns a page of the user's conversations, newest first.
pub async fn list(state: &AppState, me: &CurrentUser, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
    state.store.conversations.list(me.user.id, cursor).await
}

/// Returns the number of the user's unread messages, or of those in the conversations after a page of the list.
pub async fn count_unread(state: &AppState, me: &CurrentUser, cursor: Option<&Cursor>) -> Result<u64, Failure> {
    state.store.conversations.count_unread(me.user.id, cursor).await
}

/// Returns a conversation with a page of its messages: without `cursor`, the page with the first unread message.
pub async fn open(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: Option<&Cursor>,
) -> Result<ConversationView, Failure> {
    let wanted = cursor.map_or(Wanted::Opening, Wanted::Page);
    let visit = visit(state, me, conversation, wanted, WantedCursors::OfMembers).await?;
    let Visit { membership, cursors, messages } = visit;
    let (mut messages, members, receipts, last_seen) = tokio::try_join!(
        state.store.messages.visited_page(&membership, &cursors, messages),
        members(state, me, &membership),
        receipts::of_others(state, &membership, &cursors),
        presence::last_seen(state, &membership)
    )?;
    let read_cursor = cursors.get(me.user.id).unwrap_or_default();
    name_strangers(state, &membership, &mut messages.items).await?;
    Ok(ConversationView {
        id: conversation,
        kind: membership.kind(),
        members,
        messages,
        newest: membership.newest_seq(),
        read: read_cursor.receipts.read,
        marked: read_cursor.is_marked(),
        receipts,
        last_seen,
        next_message: new_message_id(),
        has_blocked: membership.has_blocked(),
        request: membership.request(),
    })
}

/// Returns a page of a conversation's messages.
pub async fn list_messages(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: &Cursor,
) -> Result<Page<Message>, Failure> {
    Ok(membership_and_page(state, me, conversation, cursor).await?.1)
}

/// Returns a page of a conversation's messages, and their authors as the user sees them. Costs a query only if there
/// are others than the user. In a conversation of the old app they need not be members: it let any user write.
pub async fn list_messages_with_authors(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: &Cursor,
) -> Result<(Page<Message>, HashMap<user::Id, User>), Failure> {
    let (membership, page) = membership_and_page(state, me, conversation, cursor).await?;
    let mut authors = HashMap::from([(me.user.id, me.user.clone())]);
    let others: BTreeSet<_> = page.items.iter().map(|message| message.author).filter(|id| *id != me.user.id).collect();
    if !others.is_empty() {
        let others = state.store.users.by_ids(&Vec::from_iter(others)).await?;
        authors.extend(others.into_iter().map(|user| (user.id, membership.as_shown(user))));
    }
    Ok((page, authors))
}

async fn membership_and_page(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    cursor: &Cursor,
) -> Result<(Membership, Page<Message>), Failure> {
    let visit = visit(state, me, conversation, Wanted::Page(cursor), WantedCursors::None).await?;
    let Visit { membership, cursors, messages } = visit;
    let mut messages = state.store.messages.visited_page(&membership, &cursors, messages).await?;
    name_strangers(state, &membership, &mut messages.items).await?;
    Ok((membership, messages))
}

/// Returns the messages sent after a time. A browser page that may have missed events reads its missing messages here.
pub async fn messages_after(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    after: Option<&SentAt>,
) -> Result<Page<Message>, Failure> {
    let after = after.map(|at| SortTime::parse(at.as_str()).ok_or(AppError::invalid("after", FieldCode::TimeInvalid)));
    let after = after.transpose()?.map(|at| SortTime::from(at.at()));
    let visit = visit(state, me, conversation, Wanted::After(after.as_ref()), WantedCursors::None).await?;
    let Visit { membership, cursors, messages } = visit;
    let mut messages = state.store.messages.visited_page(&membership, &cursors, messages).await?;
    name_strangers(state, &membership, &mut messages.items).await?;
    Ok(messages)
}

/// Returns the members. A placeholder stands for a user whose row was deleted: the others can still read their
/// messages. After a block the other member has the names of its beginning.
pub(super) async fn members(state: &AppState, me: &CurrentUser, membership: &Membership) -> Result<Vec<User>, Failure> {
    let mut members = state.store.users.by_ids_or_deleted(&membership.others()).await?;
    members = members.into_iter().map(|member| membership.as_shown(member)).collect();
    members.push(me.user.clone());
    let ids = membership.members().ids();
    members.sort_by_key(|member| ids.iter().position(|id| *id == member.id));
    Ok(members)
}

/// Adds the names of authors who are not members. Costs a query only if there are such authors.
pub(super) async fn name_strangers(
    state: &AppState,
    membership: &Membership,
    messages: &mut [Message],
) -> Result<(), Failure> {
    let is_stranger = |message: &&mut Message| !membership.members().contains(message.author);
    let strangers: Vec<_> = messages.iter_mut().filter(is_stranger).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = strangers.iter().map(|message| message.author).collect();
    let found = state.store.users.by_ids(&ids).await?;
    for message in strangers {
        let author = found.iter().find(|user| user.id == message.author);
        message.author_name = author.map(|author| author.display_name.clone());
    }
    Ok(())
}

/// Returns an id for the next message that the page will send.
pub(super) fn new_message_id() -> message::Id {
    message::Id(Uuid::now_v7())
}
