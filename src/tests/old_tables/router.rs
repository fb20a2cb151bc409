//! An old table through the whole server.

use cruddur_messages::domain::conversation::{Conversation, Recipient, Thread};
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::old_app::{Inbox, OldApp, OldTalk, SHAPE, Shape};

async fn me(browser: &mut Browser) -> User {
    browser.call("current_user", &[]).await.json()
}

/// The texts of a conversation, by following the links to older messages from its page.
async fn texts(browser: &mut Browser, talk: &str) -> Vec<String> {
    let thread: Thread = browser.call("open_conversation", &[("conversation", talk)]).await.json();
    let mut page = thread.messages;
    let mut all = page.items;
    while let Some(cursor) = page.older {
        page = browser.call("list_messages", &[("conversation", talk), ("cursor", &cursor.0)]).await.json();
        all.splice(0..0, page.items);
    }
    all.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_find_what_they_wrote_with_the_old_app_and_write_on() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (is_ana, is_ben) = (me(&mut ana).await, me(&mut ben).await);
    let mut old = OldApp::new(1);
    let talks =
        [Inbox::Twice, Inbox::Lost].map(|inbox| old.talk(&is_ana, &is_ben, Shape { messages: 70, inbox, ..SHAPE }));
    let nobodys = old.talk(&is_ana, &is_ben, Shape { inbox: Inbox::None, ..SHAPE });
    old.write_to(&app.dynamodb.table().await).await;
    let oldest = talks.iter().min_by_key(|talk| talk.messages[0].at.at()).expect("two");

    let list: Page<Conversation> = ana.call("list_conversations", &[]).await.json();
    assert_eq!(list.items.len(), 2);
    // The name that Ben has now, and not the one of then.
    assert!(list.items.iter().all(|talk| (&talk.with, talk.unread()) == (&is_ben, 0)));
    assert!(ana.get("/messages").await.text.matches("of then").count() < 1);

    let recipient: Recipient = ben.call("find_recipient", &[("handle", "ana")]).await.json();
    assert_eq!(recipient.conversation, Some(oldest.id));
    assert_eq!(ben.start("ana", "once more").await, oldest.id.to_string());
    for talk in &talks {
        let address = talk.id.to_string();
        ana.say(&address, "here too").await;
        for browser in [&mut ana, &mut ben] {
            let page = browser.get(&format!("/messages/{address}")).await;
            assert!(page.status == StatusCode::OK && page.text.contains("here too"));
            assert_eq!(texts(browser, &address).await[..talk.messages.len()], written(talk));
        }
    }
    for talk in [&talks[0], &talks[1], &nobodys] {
        assert_not_found(&mut cy, &talk.id.to_string()).await;
    }
    assert_not_found(&mut ana, &nobodys.id.to_string()).await;
    assert_not_found(&mut ana, &Uuid::now_v7().to_string()).await;
    let list: Page<Conversation> = cy.call("list_conversations", &[]).await.json();
    assert!(list.items.is_empty());
}

fn written(talk: &OldTalk) -> Vec<String> {
    talk.messages.iter().map(|message| message.body.clone()).collect()
}

/// Nothing of it can be read or written, by script or by form.
async fn assert_not_found(browser: &mut Browser, talk: &str) {
    let id = new_id();
    for (endpoint, fields) in [
        ("open_conversation", vec![("conversation", talk)]),
        ("list_messages", vec![("conversation", talk), ("cursor", "x")]),
        ("send_message", vec![("conversation", talk), ("id", &id), ("body", "let me in")]),
        ("mark_read", vec![("conversation", talk), ("seq", "1")]),
    ] {
        let status = browser.call(endpoint, &fields).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{endpoint}");
    }
    assert_eq!(browser.get(&format!("/messages/{talk}")).await.status, StatusCode::NOT_FOUND);
}
