//! Users of each kind, each with a conversation of their own.

use cruddur_messages::domain::conversation::ConversationView;
use cruddur_messages::domain::message::Message;
use reqwest::StatusCode;

use super::roles::{Role, Rule};
use crate::deletion::fixtures::{pass_days, purge, request};
use crate::json_api::fixtures::ApiClient;
use crate::presence::whoami;
use crate::support::app::{Browser, TestApp};

/// User who makes the calls.
pub(super) struct Actor {
    pub(super) role: Role,
    pub(super) browser: Browser,
    /// Client of the JSON API with the token of the user, if they are signed in.
    pub(super) client: ApiClient,
    /// Conversation that the calls name.
    pub(super) conversation: String,
    /// Message in it, by the actor if the actor is a member. That of a request is by its sender.
    pub(super) message: Message,
    /// Message in it by another member, if it is no request.
    pub(super) other_message: Message,
    /// Handle and id of the other member, or of a member whom the actor does not know.
    pub(super) peer: (String, String),
    /// Number of requests that the actor has sent or received.
    requests: usize,
}

impl Actor {
    /// Creates the user, the conversation, and its other members.
    pub(super) async fn new(app: &TestApp, role: Role) -> Self {
        let handle = role.handle();
        let peer_handle = format!("peer-of-{handle}");
        let mut peer = app.sign_in(&peer_handle).await;
        let (mut browser, client) = match role {
            Role::Anonymous => (app.browser(), ApiClient::anonymous(app)),
            _ => (app.sign_in(handle).await, ApiClient::with_token_of(app, handle).await),
        };
        let is_member = !matches!(role, Role::Anonymous | Role::Stranger);
        let mut other = match is_member {
            true => browser.clone(),
            false => app.sign_in(&format!("third-to-{handle}")).await,
        };
        let conversation = other.start(&peer_handle, "between us").await;
        let message = other.say(&conversation, "and no other user").await;
        let other_message = peer.say(&conversation, "as you say").await;
        let peer_id = other.id_of(&peer_handle).await;
        match role {
            Role::Blocked => {
                let actor_id = peer.id_of(handle).await;
                block(&mut peer, &actor_id).await;
            }
            Role::Blocker => block(&mut other, &peer_id).await,
            Role::Suspended => suspend(app, handle).await,
            Role::Deleted => delete(app, &mut browser).await,
            Role::Anonymous | Role::Stranger | Role::Member | Role::Requester | Role::Recipient => {}
        }
        let peer = (peer_handle, peer_id);
        let mut actor = Self { role, browser, client, conversation, message, other_message, peer, requests: 0 };
        actor.renew_request(app).await;
        actor
    }

    /// Gives the actor a new request if a call with this rule can have accepted the last one, or counted towards its
    /// limit.
    pub(super) async fn renew_request_after(&mut self, app: &TestApp, rule: Rule) {
        if matches!(rule, Rule::Delivery | Rule::FirstMessage | Rule::Answer) {
            self.renew_request(app).await;
        }
    }

    /// Lets the actor send or receive a request, if that is their role.
    async fn renew_request(&mut self, app: &TestApp) {
        if !matches!(self.role, Role::Requester | Role::Recipient) {
            return;
        }
        self.requests += 1;
        let peer_handle = format!("peer-{}-of-{}", self.requests, self.role.handle());
        let mut peer = app.sign_in(&peer_handle).await;
        let peer_id = whoami(&mut peer).await.id.to_string();
        let (sender, recipient) = match self.role {
            Role::Recipient => (&mut peer, self.role.handle()),
            _ => (&mut self.browser, &*peer_handle),
        };
        self.conversation = sender.request_conversation(recipient, "a request").await;
        let opened = sender.call("open_conversation", &[("conversation", &self.conversation)]).await;
        self.message = opened.json::<ConversationView>().messages.items.pop().expect("its message");
        self.other_message = self.message.clone();
        self.peer = (peer_handle, peer_id);
    }
}

/// As `admin users suspend`, without ending the session: the suspension alone must keep the user out.
pub(super) async fn suspend(app: &TestApp, handle: &str) {
    app.database.execute(&format!("update users set suspended_at = now() where handle = '{handle}'")).await;
    app.state.store.remembered.forget_all();
}

/// Deletes the account of the user who is signed in. The browser keeps its cookie.
async fn delete(app: &TestApp, browser: &mut Browser) {
    request(&mut browser.clone(), false).await;
    pass_days(app, 14.0).await;
    assert_eq!(purge(app).await, 1);
}

async fn block(browser: &mut Browser, user: &str) {
    let answer = browser.call("block_user", &[("user", user), ("on", "true")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
