//! Users of the old app, whose handles may be any text, and deleted users.

use cruddur_messages::domain::conversation::{ConversationView, Recipient};
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::user::User;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixtures::{ApiClient, new_user};
use crate::support::app::{TestApp, new_id};

/// Handles that a new user cannot choose.
const OLD_HANDLES: [&str; 13] = [
    "andrew brown",
    "éva",
    "ben?x",
    "a/b",
    "%41",
    "ben#x",
    "x&y=z+1",
    "\"quoted\" <b>",
    "@ben",
    " ben",
    "Б",
    "../ben",
    "new",
];

async fn insert(app: &TestApp, handle: &str) -> Uuid {
    let insert = "insert into users (display_name, handle, email, cognito_user_id)
        values ('Old ' || $1, $1, $1 || '@old.example', 'MOCK') returning uuid";
    sqlx::query_scalar(insert).bind(handle).fetch_one(&app.database.pool).await.expect("a row")
}

/// Percent-encodes a path segment completely.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

// F1
#[tokio::test(flavor = "multi_thread")]
async fn every_user_who_is_found_can_be_written_to_whatever_the_handle() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, _) = new_user(&app, "ben").await;
    for handle in OLD_HANDLES {
        let id = insert(&app, handle).await;
        let query: Url =
            Url::parse_with_params("http://x/messages/new", [("q", format!("old {handle}"))]).expect("a URL");
        let page = ana.get(&format!("/messages/new?{}", query.query().expect("a query"))).await;
        let path = format!("/messages/new/user/{id}");
        assert!(page.text.contains(&format!("href=\"{path}\"")), "{handle}: {}", page.text);

        let page = ana.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{handle}: {}", page.text);
        assert!(page.text.contains(&format!("action=\"{path}\"")), "{handle}: {}", page.text);
        // Another user: there is a limit to the searches of one.
        let recipient: Recipient = ben.call("find_recipient", &[("handle", handle)]).await.json();
        assert_eq!(recipient.with.id.0, id, "{handle}");
        if !handle.contains("../") {
            assert_eq!(ben.get(&format!("/messages/new/{}", encoded(handle))).await.status, StatusCode::OK, "{handle}");
            let found: Value = client.get(&format!("/api/users/@{}/short", encoded(handle))).await.json();
            assert_eq!((&found["uuid"], &found["handle"]), (&json!(id), &json!(handle)), "{handle}");
        }

        let sent = ana.submit(&path, &[("to", &id.to_string()), ("id", &new_id()), ("body", "by click")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{handle}: {}", sent.text);
        let conversation = sent.location().strip_prefix("/messages/").expect("a conversation").to_owned();
        let sent = client.post(&json!({ "message": "by handle", "handle": handle })).await;
        assert_eq!(sent.text, json!({ "message_group_uuid": conversation }).to_string(), "{handle}");
        let view: ConversationView = ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
        assert!(view.members.iter().any(|member| member.id.0 == id), "{handle}");
        assert_eq!(ana.texts(&conversation).await, ["by click", "by handle"], "{handle}");
    }
    assert!(ben.get("/messages").await.text.contains("You have no conversations yet."));
    let conversation = ana.start("ben", "for Ben").await;
    assert_eq!(ben.texts(&conversation).await, ["for Ben"], "the handle itself comes before similar ones");
}

// F1
#[tokio::test(flavor = "multi_thread")]
async fn an_unused_handle_never_leads_to_a_similar_one() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    for handle in ["ben?x", "ben/x", "ben#", "be n", "ben\u{0}", "%62en", "bén", "ben.", "be\u{200b}n"] {
        let page = ana.get(&format!("/messages/new/{}", encoded(handle))).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{handle}");
        let found = client.get(&format!("/api/users/@{}/short", encoded(handle))).await;
        assert_eq!(found.status, StatusCode::NOT_FOUND, "{handle}");
        let sent = client.post(&json!({ "message": "hello", "handle": handle })).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{handle}: {}", sent.text);
    }
    // F30: invisible characters around a handle do not belong to it.
    for handle in ["\u{feff}ben", "@ben\u{200b}", " \u{2060}@ben"] {
        let sent = client.post(&json!({ "message": "hello", "handle": handle })).await;
        assert_eq!(sent.status, StatusCode::OK, "{handle:?}: {}", sent.text);
    }
    let other = ana.submit("/messages/new/user/none", &[("to", &new_id()), ("id", &new_id()), ("body", "x")]).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
}

// F15
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_has_one_name_no_handle_and_gets_no_message() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, _) = new_user(&app, "ben").await;
    let (mut unknown, _) = new_user(&app, "unknown").await;
    let conversation = ana.start("ben", "Hello Ben").await;
    ben.say(&conversation, "Hello Ana").await;
    app.database.execute("delete from users where handle = 'ben'").await;
    app.state.store.remembered.forget_all();

    let path = format!("/messages/{conversation}");
    let (list, page) = (ana.get("/messages").await.text, ana.get(&path).await.text);
    for page in [&list, &page] {
        assert!(page.contains("<bdi>Deleted user"), "{page}");
        assert!(!page.contains("<bdi>ben") && !page.contains("<bdi>unknown"), "{page}");
    }
    let peer_handle = page.split_once("class=\"thread__handle\"").and_then(|(_, rest)| rest.split_once("</p>"));
    assert!(peer_handle.is_some_and(|(handle, _)| !handle.contains('@')), "{page}");
    assert!(!page.contains("<textarea") && page.contains("This user has been deleted."), "{page}");

    let groups: Vec<Value> = client.get("/api/message_groups").await.json();
    let messages: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    for shown in [&groups[0], &messages[1]] {
        assert_eq!((&shown["display_name"], &shown["handle"]), (&json!("Deleted user"), &json!("")), "{shown}");
    }
    let answer = client.post(&json!({ "message": "by the handle", "handle": groups[0]["handle"] })).await;
    assert_eq!(answer.text, json!(["user_reciever_handle_blank"]).to_string());
    let answer = client.post(&json!({ "message": "by the group", "message_group_uuid": conversation })).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);

    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", "kept for copying")];
    let refused = ana.call("send_message", &fields).await;
    assert_eq!(refused.error(), AppError::Conflict(Conflict::Undeliverable));
    let refused = ana.submit(&path, &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains(">kept for copying<"), "{}", refused.text);
    assert_eq!(ana.texts(&conversation).await, ["Hello Ben", "Hello Ana"]);
    assert!(unknown.get("/messages").await.text.contains("You have no conversations yet."));
    let gone = ApiClient::anonymous(&app).get("/api/users/@/short").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

// F15: the old app let any user write into a conversation.
#[tokio::test(flavor = "multi_thread")]
async fn an_author_who_is_not_a_member_has_the_same_name_on_pages_and_in_the_api() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut cy, _) = new_user(&app, "cy").await;
    app.sign_in("ben").await;
    app.database.execute("update users set display_name = 'Cy Lindqvist' where handle = 'cy'").await;
    app.state.store.remembered.forget_all();
    let conversation = ana.start("ben", "hello").await;
    let cy: User = cy.call("current_user", &[]).await.json();
    super::fixtures::put_foreign_message(&app, &conversation, cy.id).await;
    let messages: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    assert_eq!(messages[0]["display_name"], "Cy Lindqvist");
    let page = ana.get(&format!("/messages/{conversation}")).await.text;
    assert!(page.contains("<bdi>Cy Lindqvist"), "{page}");
    let older: Value = ana.call("list_messages", &[("conversation", &conversation), ("cursor", "newest")]).await.json();
    assert_eq!(older["items"][0]["author_name"], "Cy Lindqvist");
}
