//! Sending: into a conversation and to a user, rejected messages and their codes, and retries.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::fixtures::{ApiClient, UNKNOWN_CONVERSATION, assert_some_rate_limited, concurrently, new_user};
use crate::support::acceptance::accept;
use crate::support::app::{TestApp, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::{Fault, FaultProxy};

#[tokio::test(flavor = "multi_thread")]
async fn sending_into_a_conversation_returns_the_message_with_its_own_uuid() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = ana.start("ben", "first").await;
    let sent =
        client.post(&json!({ "message": " two\r\nlines ", "message_group_uuid": conversation, "handle": "cy" })).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);

    let stored: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    let last = stored.last().expect("two messages");
    let expected = json!({
        "created_at": last["created_at"], "display_name": "ana", "handle": "ana", "message": "two\nlines",
        "message_group_uuid": conversation, "uuid": last["uuid"],
    });
    assert_eq!(sent.text, expected.to_string());
    assert_eq!(ben.texts(&conversation).await, ["first", "two\nlines"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_to_a_user_returns_the_only_conversation_of_the_two() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    let (mut bens_browser, bens_client) = new_user(&app, "ben").await;
    let first = ana.post(&json!({ "message": "1", "handle": "ben" })).await;
    let conversation = first.json::<Value>()["message_group_uuid"].as_str().expect("an id").to_owned();
    assert_eq!(first.text, json!({ "message_group_uuid": conversation }).to_string());
    for (client, fields) in [
        (&ana, json!({ "message": "2", "handle": " @BEN ", "message_group_uuid": null })),
        (&bens_client, json!({ "message": "3", "handle": "ana" })),
    ] {
        assert_eq!(client.post(&fields).await.text, first.text);
    }
    assert_eq!(bens_browser.texts(&conversation).await, ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_validation_errors_are_returned_at_once() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let too_long = "🎈".repeat(1025);
    let cases = [
        (json!({}), json!(["message_blank", "user_reciever_handle_blank"])),
        (json!(null), json!(["message_blank", "user_reciever_handle_blank"])),
        (json!([{ "message": "a" }]), json!(["message_blank", "user_reciever_handle_blank"])),
        (json!({ "message": null, "handle": "ben" }), json!(["message_blank"])),
        (json!({ "message": " \n\u{2003}", "handle": "ben" }), json!(["message_blank"])),
        (json!({ "message": 5, "message_group_uuid": 5 }), json!(["message_blank", "message_group_uuid_blank"])),
        (json!({ "message": "a", "message_group_uuid": "" }), json!(["message_group_uuid_blank"])),
        (json!({ "message": too_long, "handle": "ben" }), json!(["message_exceed_max_chars_1024"])),
        (
            json!({ "message": "a\u{7}b", "handle": "" }),
            json!(["message_control_characters", "user_reciever_handle_blank"]),
        ),
        (json!({ "message": "a", "handle": "@Ana" }), json!(["user_reciever_handle_self"])),
    ];
    for (fields, codes) in cases {
        let answer = ana.post(&fields).await;
        assert_eq!((answer.status, answer.text), (StatusCode::UNPROCESSABLE_ENTITY, codes.to_string()), "{fields}");
    }
    let everything = json!({ "message": format!("{too_long}\u{0}") });
    let answer = ana.post_with_key("not-a-uuid", &everything).await;
    let codes = [
        "message_exceed_max_chars_1024",
        "message_control_characters",
        "user_reciever_handle_blank",
        "idempotency_key_invalid",
    ];
    assert_eq!((answer.status, answer.text), (StatusCode::UNPROCESSABLE_ENTITY, json!(codes).to_string()));
    assert_eq!(ana.get("/api/message_groups").await.text, "[]", "nothing was stored");

    let longest = json!({ "message": "🎈".repeat(1024), "handle": "ben" });
    assert_eq!(ana.post(&longest).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_body_is_rejected_with_the_matching_status() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let good = json!({ "message": "a", "handle": "ben" }).to_string();
    let large = json!({ "message": "a".repeat(70_000), "handle": "ben" }).to_string();
    let cases: [(Option<&str>, &[u8], u16, &str); 14] = [
        (None, good.as_bytes(), 415, "not_json"),
        (Some("text/plain"), good.as_bytes(), 415, "not_json"),
        (Some("application/x-www-form-urlencoded"), b"message=a&handle=ben", 415, "not_json"),
        (Some("json"), good.as_bytes(), 415, "not_json"),
        (Some("application/json"), b"", 400, "malformed_json"),
        (Some("application/json"), b"{\"message\":", 400, "malformed_json"),
        (Some("application/json"), b"{\"message\":\"a\",}", 400, "malformed_json"),
        (Some("application/json"), b"{\"message\":\"\xff\"}", 400, "malformed_json"),
        (Some("application/json"), b"{\"message\":\"\\ud800\"}", 400, "malformed_json"),
        (Some("application/json"), b"{\"message\":1e999}", 400, "malformed_json"),
        (Some("application/json"), &b"[".repeat(10_000), 400, "malformed_json"),
        (Some("application/json"), large.as_bytes(), 413, "too_large"),
        (Some("application/json"), &b"[".repeat(70_000), 413, "too_large"),
        (Some("text/plain"), large.as_bytes(), 415, "not_json"),
    ];
    for (kind, body, status, error) in cases {
        let mut request = ana.request(Method::POST, "/api/messages").body(body.to_vec());
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let answer = ana.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{kind:?}: {}", answer.text);
        assert_eq!(answer.text, json!([error]).to_string());
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.cruddur+json"] {
        let request = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, kind).body(good.clone());
        assert_eq!(ana.send(request).await.status, StatusCode::OK, "{kind}");
    }
}

/// The old React client shows the items of an array, and nothing of an object.
// F54
#[tokio::test(flavor = "multi_thread")]
async fn every_error_that_the_old_client_reads_is_an_array_of_codes() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    app.pool.add("new").await;
    let unknown = ApiClient::with_token_of(&app, "new").await;
    let anonymous = ApiClient::anonymous(&app);
    let message = json!({ "message": "a", "handle": "nobody" });
    let answers = [
        (404, "not_found", ana.post(&message).await),
        (404, "not_found", ana.get(&format!("/api/messages/{UNKNOWN_CONVERSATION}")).await),
        (404, "not_found", anonymous.get("/api/users/@nobody/short").await),
        (403, "unknown_person", unknown.post(&message).await),
        (403, "unknown_person", unknown.get("/api/message_groups").await),
        (405, "method_not_allowed", ana.send(ana.request(Method::PUT, "/api/messages")).await),
        (415, "not_json", ana.send(ana.request(Method::POST, "/api/messages").body("{}")).await),
        (422, "message_blank", ana.post(&json!({ "handle": "ben" })).await),
        (422, "cursor_invalid", ana.get("/api/message_groups?cursor=x").await),
    ];
    for (status, code, answer) in answers {
        assert_eq!((answer.status.as_u16(), &*answer.text), (status, &*json!([code]).to_string()));
    }
    let signed_out = anonymous.post(&message).await;
    assert_eq!((signed_out.status, &*signed_out.text), (StatusCode::UNAUTHORIZED, "{}"));
    let lookups = concurrently(60, || anonymous.get("/api/users/@nobody/short")).await;
    let limited = lookups.iter().find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).expect("a limit");
    assert_eq!(limited.text, r#"["rate_limited"]"#);
    app.state.store.postgres().close().await;
    app.state.store.remembered.forget_all();
    assert_eq!(ana.get("/api/message_groups").await.text, r#"["unavailable"]"#);
    // No path of the old app: here a new client finds the code and a message.
    let answer = ana.get("/api/nowhere").await;
    let body = json!({ "error": "not_found", "message": "Not found.", "code": "not_found" });
    assert_eq!(serde_json::from_str::<Value>(&answer.text).expect("JSON"), body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_in_a_missing_conversation_or_in_one_of_other_users() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("ben").await;
    let (_, cy) = new_user(&app, "cy").await;
    let conversation = ana.start("ben", "between us").await;
    let theirs = cy.post(&json!({ "message": "me too", "message_group_uuid": conversation })).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    for fields in [
        json!({ "message": "a", "message_group_uuid": UNKNOWN_CONVERSATION }),
        json!({ "message": "a", "message_group_uuid": "@bayko" }),
        json!({ "message": "a", "handle": "nobody" }),
        json!({ "message": "a", "handle": "../ana" }),
    ] {
        let nothing = cy.post(&fields).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text.clone()), "{fields}");
    }
    assert_eq!(ana.texts(&conversation).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_an_idempotency_key_can_be_repeated() {
    let app = TestApp::start().await;
    let (_, ana) = new_user(&app, "ana").await;
    let (mut bens_browser, ben) = new_user(&app, "ben").await;
    let (start_key, send_key) = (new_id(), new_id());
    let start = json!({ "message": "hello", "handle": "ben" });
    let started = ana.post_with_key(&start_key, &start).await;
    assert_eq!(ana.post_with_key(&start_key, &start).await.text, started.text);
    let conversation = started.json::<Value>()["message_group_uuid"].as_str().expect("an id").to_owned();

    accept(&app.state, &conversation).await;
    let again = json!({ "message": "again", "message_group_uuid": conversation });
    let first = ana.post_with_key(&send_key, &again).await;
    assert_eq!(first.json::<Value>()["uuid"], json!(send_key));
    let second = ana.post_with_key(&format!("\"{send_key}\""), &again).await;
    assert_eq!((second.status, second.text), (first.status, first.text));
    assert_eq!(bens_browser.texts(&conversation).await, ["hello", "again"]);

    let other = json!({ "message": "other", "message_group_uuid": conversation });
    for (client, fields) in [(&ana, &other), (&ben, &again)] {
        let answer = client.post_with_key(&send_key, fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.text, r#"["idempotency_key_taken"]"#);
    }
    for _ in 0..2 {
        assert_eq!(ana.post(&again).await.status, StatusCode::OK);
    }
    assert_eq!(
        bens_browser.texts(&conversation).await,
        ["hello", "again", "again", "again"],
        "without a key, each request is a message"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_is_rate_limited_per_user_across_clients() {
    let app = TestApp::start().await;
    let (_, first) = new_user(&app, "ana").await;
    let second = ApiClient::with_token_of(&app, "ana").await;
    let message = json!({ "message": "hello", "handle": "nobody" });
    // Each client sends as many as a user may send at once: the limit is per user.
    let (first, second) =
        tokio::join!(concurrently(30, || first.post(&message)), concurrently(30, || second.post(&message)));
    let answers: Vec<_> = first.into_iter().chain(second).collect();
    assert_some_rate_limited(&answers, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_dynamodb_rejects_is_503_with_retry_after_for_every_client() {
    let dynamodb = DynamoDb::start().await;
    let faults = FaultProxy::start(&dynamodb).await;
    let app = TestApp::start_with_endpoint(dynamodb, faults.endpoint(), |_| {}).await;
    let (mut form, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = form.start("ben", "before").await;
    let (mut script, page, id) = (form.clone(), format!("/messages/{conversation}"), new_id());
    let fields = [("conversation", conversation.as_str()), ("id", id.as_str()), ("body", "later")];
    let message = json!({ "message": "later", "message_group_uuid": conversation });

    faults.plan("TransactWriteItems", usize::MAX, Fault::trouble());
    let (by_form, by_script, by_api) = tokio::join!(
        form.submit(&page, &fields),
        script.call("send_message", &fields),
        client.post_with_key(&id, &message)
    );
    for (what, answer) in [("a form", by_form), ("script", by_script), ("the API", by_api)] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", answer.text);
        let wait = answer.header("retry-after");
        assert!(wait.parse::<u64>().is_ok_and(|secs| secs > 0), "{what}: retry-after is {wait:?}");
    }
    faults.clear();
    // A retry after the outage stores the message once.
    assert_eq!(form.submit(&page, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.post_with_key(&id, &message).await.status, StatusCode::OK);
    assert_eq!(ben.texts(&conversation).await, ["before", "later"]);
}
