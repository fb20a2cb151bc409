//! Names of two users with a block: each sees those of the other at its beginning, until it ends.

use cruddur_messages::domain::conversation::{Conversation, ConversationView, MessageView};
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use reqwest::StatusCode;
use serde_json::Value;

use crate::export;
use crate::json_api::fixtures::{ApiClient, new_user};
use crate::support::app::{Browser, TestApp, new_id};

/// One of two users with a conversation.
struct Side {
    browser: Browser,
    client: ApiClient,
    id: String,
}

impl Side {
    async fn new(app: &TestApp, handle: &str) -> Self {
        let (mut browser, client) = new_user(app, handle).await;
        let me: User = browser.call("current_user", &[]).await.json();
        Self { browser, client, id: me.id.to_string() }
    }

    async fn set_block(&mut self, peer: &str, on: bool) {
        let answer = self.browser.call("block_user", &[("user", peer), ("on", &on.to_string())]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn rename(&mut self, name: &str, handle: &str) {
        let answer = self.browser.call("save_profile", &[("name", name), ("handle", handle)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn found(&mut self, query: &str) -> usize {
        let page: Page<Conversation> = self.browser.call("find_conversations", &[("query", query)]).await.json();
        page.items.len()
    }

    /// Asserts that everything that shows members of the conversation shows the other one with this name and handle,
    /// and nothing with those of `hidden`. One's own name is always the current one.
    async fn assert_sees(&mut self, conversation: &str, message: &Message, [shown, hidden, own]: [[&str; 2]; 3]) {
        let browser = &mut self.browser;
        let list: Page<Conversation> = browser.call("list_conversations", &[]).await.json();
        let fields = [("conversation", conversation)];
        let view: ConversationView = browser.call("open_conversation", &fields).await.json();
        let of_message: MessageView = browser.call_about("find_message", (conversation, message), &[]).await.json();
        let mut members = vec![list.items[0].members.clone(), view.members, of_message.members];
        if hidden[0] != shown[0] {
            assert_eq!((self.found(hidden[0]).await, self.found(hidden[1]).await), (0, 0), "{hidden:?}");
        }
        assert_eq!((self.found(shown[0]).await, self.found(shown[1]).await), (1, 1), "{shown:?}");
        let found: Page<Conversation> = self.browser.call("find_conversations", &[("query", shown[0])]).await.json();
        members.push(found.items[0].members.clone());
        for members in members {
            for member in members {
                let expected = if member.id.to_string() == self.id { own } else { shown };
                assert_eq!([member.display_name.as_str(), member.handle_text()], expected);
            }
        }
        let groups: Vec<Value> = self.client.get("/api/message_groups").await.json();
        assert_eq!([&groups[0]["display_name"], &groups[0]["handle"]], shown);
        let messages: Vec<Value> = self.client.get(&format!("/api/messages/{conversation}")).await.json();
        let names: Vec<_> = messages.iter().map(|it| [&it["display_name"], &it["handle"]]).collect();
        assert!(names.contains(&[&Value::from(shown[0]), &Value::from(shown[1])]), "{names:?}");
        assert!(names.contains(&[&Value::from(own[0]), &Value::from(own[1])]), "{names:?}");
        let mut texts = vec![export::all_files(&self.browser).await];
        for path in ["/messages".to_owned(), format!("/messages/{conversation}")] {
            texts.push(self.browser.get(&path).await.text);
        }
        for text in texts {
            assert!(text.contains(shown[0]), "{text}");
            assert!(hidden == shown || !(text.contains(hidden[0]) || text.contains(hidden[1])), "{text}");
        }
    }
}

const ANA: [&str; 2] = ["Quilla", "quilla.old"];
const BEN: [&str; 2] = ["Vesna", "vesna.old"];
const NEW_ANA: [&str; 2] = ["Zora", "zora.new"];
const NEW_BEN: [&str; 2] = ["Yuri", "yuri.new"];

#[tokio::test(flavor = "multi_thread")]
async fn two_users_with_a_block_see_each_other_with_their_names_at_its_beginning_until_it_ends() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (Side::new(&app, "ana").await, Side::new(&app, "ben").await);
    ana.rename(ANA[0], ANA[1]).await;
    ben.rename(BEN[0], BEN[1]).await;
    let conversation = ana.browser.start(BEN[1], "hello").await;
    let message = ben.browser.say(&conversation, "yes?").await;
    // A quote names its author.
    let reply_to = [("reply_to", &*message.id.to_string()), ("reply_to_sent_at", message.sent_at.as_str())];
    let answer = [("conversation", &*conversation), ("id", &*new_id()), ("body", "an answer")];
    let answered = ana.browser.call("send_message", &[&answer[..], &reply_to].concat()).await;
    assert_eq!(answered.status, StatusCode::OK);
    let (her, him) = (ana.id.clone(), ben.id.clone());
    ana.set_block(&him, true).await;
    ana.rename(NEW_ANA[0], NEW_ANA[1]).await;
    ben.rename(NEW_BEN[0], NEW_BEN[1]).await;
    app.state.store.remembered.forget_all();
    ana.assert_sees(&conversation, &message, [BEN, NEW_BEN, NEW_ANA]).await;
    ben.assert_sees(&conversation, &message, [ANA, NEW_ANA, NEW_BEN]).await;
    let blocked: Vec<User> = ana.browser.call("list_blocked", &[]).await.json();
    assert_eq!(blocked[0].display_name.as_str(), BEN[0]);

    // The second block keeps the names, and they stay until the last one ends.
    ben.set_block(&her, true).await;
    ana.set_block(&him, false).await;
    ana.assert_sees(&conversation, &message, [BEN, NEW_BEN, NEW_ANA]).await;
    ben.assert_sees(&conversation, &message, [ANA, NEW_ANA, NEW_BEN]).await;
    ben.set_block(&her, false).await;
    ana.assert_sees(&conversation, &message, [NEW_BEN, BEN, NEW_ANA]).await;
    ben.assert_sees(&conversation, &message, [NEW_ANA, ANA, NEW_BEN]).await;

    // Another block has the names of its own beginning.
    ben.set_block(&her, true).await;
    ana.rename(ANA[0], ANA[1]).await;
    let groups: Vec<Value> = ben.client.get("/api/message_groups").await.json();
    assert_eq!([&groups[0]["display_name"], &groups[0]["handle"]], NEW_ANA);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_with_a_block_has_no_names() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (Side::new(&app, "ana").await, Side::new(&app, "ben").await);
    let conversation = ana.browser.start("ben", "hello").await;
    ana.set_block(&ben.id, true).await;
    app.database.execute("delete from users where handle = 'ben'").await;
    app.state.store.remembered.forget_all();
    let list: Page<Conversation> = ana.browser.call("list_conversations", &[]).await.json();
    let view: ConversationView = ana.browser.call("open_conversation", &[("conversation", &conversation)]).await.json();
    for members in [&list.items[0].members, &view.members] {
        assert!(members.iter().any(|member| member.id.to_string() == ben.id && member.is_deleted()), "{members:?}");
    }
    assert_eq!(ana.found("ben").await, 0);
    let blocked: Vec<User> = ana.browser.call("list_blocked", &[]).await.json();
    assert!(blocked[0].is_deleted());
}
