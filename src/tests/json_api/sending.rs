//! Sending: both ways, what is refused and with which codes, and repeating a request.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NOWHERE, Program, arrive, at_once, demand_some_refused};
use crate::support::app::{TestApp, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::faults::{Fault, Faults};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_into_a_conversation_is_told_with_its_own_uuid() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let talk = ana.start("ben", "first").await;
    let sent = program.post(&json!({ "message": " two\r\nlines ", "message_group_uuid": talk, "handle": "cy" })).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);

    let stored: Vec<Value> = program.get(&format!("/api/messages/{talk}")).await.json();
    let last = stored.last().expect("two messages");
    let expected = json!({
        "created_at": last["created_at"], "display_name": "ana", "handle": "ana", "message": "two\nlines",
        "message_group_uuid": talk, "uuid": last["uuid"],
    });
    assert_eq!(sent.text, expected.to_string());
    assert_eq!(ben.texts(&talk).await, ["first", "two\nlines"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_a_person_tells_the_one_conversation_that_the_two_have() {
    let app = TestApp::start().await;
    let (_, ana) = arrive(&app, "ana").await;
    let (mut bens_browser, ben) = arrive(&app, "ben").await;
    let first = ana.post(&json!({ "message": "1", "handle": "ben" })).await;
    let talk = first.json::<Value>()["message_group_uuid"].as_str().expect("an id").to_owned();
    assert_eq!(first.text, json!({ "message_group_uuid": talk }).to_string());
    for (program, fields) in [
        (&ana, json!({ "message": "2", "handle": " @BEN ", "message_group_uuid": null })),
        (&ben, json!({ "message": "3", "handle": "ana" })),
    ] {
        assert_eq!(program.post(&fields).await.text, first.text);
    }
    assert_eq!(bens_browser.texts(&talk).await, ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_all_at_once() {
    let app = TestApp::start().await;
    let (_, ana) = arrive(&app, "ana").await;
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
    let answer = ana.post_once("not-a-uuid", &everything).await;
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
async fn a_body_that_cannot_be_read_is_refused_by_its_kind() {
    let app = TestApp::start().await;
    let (_, ana) = arrive(&app, "ana").await;
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
        let told: Value = serde_json::from_str(&answer.text).expect("JSON");
        assert_eq!(told["error"], error);
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.cruddur+json"] {
        let request = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, kind).body(good.clone());
        assert_eq!(ana.send(request).await.status, StatusCode::OK, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_or_nothing_of_theirs_nothing_is_stored() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("ben").await;
    let (_, cy) = arrive(&app, "cy").await;
    let talk = ana.start("ben", "between us").await;
    let theirs = cy.post(&json!({ "message": "me too", "message_group_uuid": talk })).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    for fields in [
        json!({ "message": "a", "message_group_uuid": NOWHERE }),
        json!({ "message": "a", "message_group_uuid": "@bayko" }),
        json!({ "message": "a", "handle": "nobody" }),
        json!({ "message": "a", "handle": "../ana" }),
    ] {
        let nothing = cy.post(&fields).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text.clone()), "{fields}");
    }
    assert_eq!(ana.texts(&talk).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_key_may_be_repeated() {
    let app = TestApp::start().await;
    let (_, ana) = arrive(&app, "ana").await;
    let (mut bens_browser, ben) = arrive(&app, "ben").await;
    let (starting, sending) = (new_id(), new_id());
    let start = json!({ "message": "hello", "handle": "ben" });
    let started = ana.post_once(&starting, &start).await;
    assert_eq!(ana.post_once(&starting, &start).await.text, started.text);
    let talk = started.json::<Value>()["message_group_uuid"].as_str().expect("an id").to_owned();

    let again = json!({ "message": "again", "message_group_uuid": talk });
    let first = ana.post_once(&sending, &again).await;
    assert_eq!(first.json::<Value>()["uuid"], json!(sending));
    let second = ana.post_once(&format!("\"{sending}\""), &again).await;
    assert_eq!((second.status, second.text), (first.status, first.text));
    assert_eq!(bens_browser.texts(&talk).await, ["hello", "again"]);

    let other = json!({ "message": "other", "message_group_uuid": talk });
    for (program, fields) in [(&ana, &other), (&ben, &again)] {
        let answer = program.post_once(&sending, fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text.starts_with(r#"{"error":"idempotency_key_taken","message":"#), "{}", answer.text);
    }
    for _ in 0..2 {
        assert_eq!(ana.post(&again).await.status, StatusCode::OK);
    }
    assert_eq!(
        bens_browser.texts(&talk).await,
        ["hello", "again", "again", "again"],
        "without a key each is a message"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_fast_is_told_to_wait_whatever_they_send_with() {
    let app = TestApp::start().await;
    let (_, one) = arrive(&app, "ana").await;
    let other = Program::of(&app, "ana").await;
    let message = json!({ "message": "hello", "handle": "nobody" });
    // As many from each as may be sent at once: the limit is the person's.
    let (one, other) = tokio::join!(at_once(30, || one.post(&message)), at_once(30, || other.post(&message)));
    let answers: Vec<_> = one.into_iter().chain(other).collect();
    demand_some_refused(&answers, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dynamodb_does_not_take_is_503_and_says_when_to_try_again_whatever_it_is_sent_with() {
    let dynamodb = DynamoDb::start().await;
    let faults = Faults::before(&dynamodb).await;
    let app = TestApp::start_over(dynamodb, faults.endpoint(), |_| {}).await;
    let (mut form, program) = arrive(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let talk = form.start("ben", "before").await;
    let (mut script, page, id) = (form.clone(), format!("/messages/{talk}"), new_id());
    let fields = [("conversation", talk.as_str()), ("id", id.as_str()), ("body", "later")];
    let message = json!({ "message": "later", "message_group_uuid": talk });

    faults.plan("TransactWriteItems", usize::MAX, Fault::trouble());
    let (by_form, by_script, by_program) = tokio::join!(
        form.submit(&page, &fields),
        script.call("send_message", &fields),
        program.post_once(&id, &message)
    );
    for (what, answer) in [("a form", by_form), ("script", by_script), ("a program", by_program)] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", answer.text);
        let wait = answer.header("retry-after");
        assert!(wait.parse::<u64>().is_ok_and(|secs| secs > 0), "{what} is to wait for {wait:?}");
    }
    faults.end();
    // Who tries again, as they were told, sends it once.
    assert_eq!(form.submit(&page, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(program.post_once(&id, &message).await.status, StatusCode::OK);
    assert_eq!(ben.texts(&talk).await, ["before", "later"]);
}
