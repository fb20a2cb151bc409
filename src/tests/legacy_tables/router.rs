//! A legacy table behind the whole web server.

use cruddur_messages::domain::conversation::{Conversation, ConversationView, Recipient};
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::legacy_app::{Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

async fn me(browser: &mut Browser) -> User {
    browser.call("current_user", &[]).await.json()
}

/// Returns the texts of a conversation, following the cursors to older messages.
async fn texts(browser: &mut Browser, conversation: &str) -> Vec<String> {
    let view: ConversationView = browser.call("open_conversation", &[("conversation", conversation)]).await.json();
    let mut page = view.messages;
    let mut all = page.items;
    while let Some(cursor) = page.older {
        page = browser.call("list_messages", &[("conversation", conversation), ("cursor", &cursor.0)]).await.json();
        all.splice(0..0, page.items);
    }
    all.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_read_and_continue_conversations_of_the_old_app() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (is_ana, is_ben) = (me(&mut ana).await, me(&mut ben).await);
    let mut old = LegacyApp::new(1);
    let conversations = [Inbox::Twice, Inbox::Lost]
        .map(|inbox| old.add_conversation(&is_ana, &is_ben, Shape { messages: 70, inbox, ..SHAPE }));
    let orphaned = old.add_conversation(&is_ana, &is_ben, Shape { inbox: Inbox::None, ..SHAPE });
    old.write_to(&app.dynamodb.table().await).await;
    let oldest = conversations.iter().min_by_key(|conversation| conversation.messages[0].at.at()).expect("two");

    let list: Page<Conversation> = ana.call("list_conversations", &[]).await.json();
    assert_eq!(list.items.len(), 2);
    // The list shows Ben's current name, not the one in the legacy rows.
    assert!(list.items.iter().all(|it| (it.peer(is_ana.id), it.unread()) == (Some(&is_ben), 0)));
    assert!(ana.get("/messages").await.text.matches("of then").count() < 1);

    let recipient: Recipient = ben.call("find_recipient", &[("handle", "ana")]).await.json();
    assert_eq!(recipient.conversation, Some(oldest.id));
    assert_eq!(ben.start("ana", "once more").await, oldest.id.to_string());
    for conversation in &conversations {
        let address = conversation.id.to_string();
        ana.say(&address, "here too").await;
        for browser in [&mut ana, &mut ben] {
            let page = browser.get(&format!("/messages/{address}")).await;
            assert!(page.status == StatusCode::OK && page.text.contains("here too"));
            assert_eq!(texts(browser, &address).await[..conversation.messages.len()], written(conversation));
        }
    }
    for conversation in [&conversations[0], &conversations[1], &orphaned] {
        assert_not_found(&mut cy, &conversation.id.to_string()).await;
    }
    assert_not_found(&mut ana, &orphaned.id.to_string()).await;
    assert_not_found(&mut ana, &Uuid::now_v7().to_string()).await;
    let list: Page<Conversation> = cy.call("list_conversations", &[]).await.json();
    assert!(list.items.is_empty());
}

fn written(conversation: &LegacyConversation) -> Vec<String> {
    conversation.messages.iter().map(|message| message.body.clone()).collect()
}

/// Asserts that the user can neither read nor write a conversation, with or without scripts.
async fn assert_not_found(browser: &mut Browser, conversation: &str) {
    let id = new_id();
    for (endpoint, fields) in [
        ("open_conversation", vec![("conversation", conversation)]),
        ("list_messages", vec![("conversation", conversation), ("cursor", "x")]),
        ("send_message", vec![("conversation", conversation), ("id", &id), ("body", "let me in")]),
        ("mark_read", vec![("conversation", conversation), ("seq", "1")]),
    ] {
        let status = browser.call(endpoint, &fields).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{endpoint}");
    }
    assert_eq!(browser.get(&format!("/messages/{conversation}")).await.status, StatusCode::NOT_FOUND);
}
