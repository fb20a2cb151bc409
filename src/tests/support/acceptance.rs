//! Acceptance of message requests, for tests of conversations that are none any more.

use cruddur_messages::domain::conversation;
use cruddur_messages::server::state::AppState;
use cruddur_messages::server::store::dynamodb::rows::Head;
use cruddur_messages::server::store::dynamodb::table::Key;

/// Accepts a request in the place of its recipient, if the conversation is one.
pub async fn accept(state: &AppState, conversation: &str) {
    let id: conversation::Id = conversation.parse().expect("an id");
    let row = state.store.table().get(&Key::Head(id)).await.expect("an answer").expect("a head");
    let Some(recipient) = Head::from_item(&row).expect("a head").request_recipient() else { return };
    let conversations = &state.store.conversations;
    let membership = conversations.membership(recipient, id).await.expect("an answer").expect("a member");
    conversations.accept_request(&membership).await.expect("accepted");
}
