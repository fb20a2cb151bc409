//! Every server function: who may call it, and what it says to bad input.

use std::collections::BTreeSet;

use cruddur_messages::error::AppError;
use cruddur_messages::user::User;
use reqwest::{Method, StatusCode};

use crate::support::app::{Browser, TestApp, form, new_id};

const STRANGE: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

/// The calls that need somebody who is signed in, with arguments that a member of `talk` may use.
fn calls_of_members(talk: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("current_user", vec![]),
        ("list_conversations", vec![]),
        ("open_conversation", vec![("conversation", text(talk))]),
        ("send_message", vec![("conversation", text(talk)), ("id", new_id()), ("body", text("hello"))]),
        ("messages_after", vec![("conversation", text(talk))]),
        ("typing", vec![("conversation", text(talk))]),
        ("mark_read", vec![("conversation", text(talk)), ("seq", text("1"))]),
        ("mark_unread", vec![("conversation", text(talk))]),
        ("mark_delivered", vec![("conversation", text(talk)), ("seq", text("1"))]),
        ("find_receipts", vec![("conversation", text(talk))]),
        ("load_settings", vec![]),
        ("save_settings", vec![("receipts", text("true"))]),
        ("search_users", vec![("query", text("be"))]),
        ("find_recipient", vec![("handle", text("ben"))]),
        ("start_conversation", vec![("handle", text("ben")), ("id", new_id()), ("body", text("hello"))]),
    ]
}

/// The calls that anybody can make, and `list_messages`, which needs a cursor.
const OTHER_CALLS: [&str; 9] = [
    "sign_in",
    "sign_up",
    "confirm",
    "resend_code",
    "forgot_password",
    "reset_password",
    "sign_out",
    "sign_out_everywhere",
    "list_messages",
];

async fn call(browser: &mut Browser, endpoint: &str, fields: &[(&'static str, String)]) -> StatusCode {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.call(endpoint, &fields).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_is_in_these_tests_and_takes_only_post() {
    let _app = TestApp::start().await;
    let known: BTreeSet<String> = calls_of_members(STRANGE)
        .into_iter()
        .map(|(endpoint, _)| endpoint)
        .chain(OTHER_CALLS)
        .map(|endpoint| format!("/rpc/{endpoint}"))
        .collect();
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    assert_eq!(paths.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), known);
    assert!(paths.iter().all(|(_, method)| method == "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_anything_without_signing_in() {
    let app = TestApp::start().await;
    for (endpoint, fields) in calls_of_members(STRANGE) {
        assert_eq!(call(&mut app.browser(), endpoint, &fields).await, StatusCode::UNAUTHORIZED, "{endpoint}");
    }
    let fields = [("conversation", STRANGE), ("cursor", "x")];
    let answer = app.browser().call("list_messages", &fields).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, AppError::Unauthenticated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_can_make_every_call() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    for (endpoint, fields) in calls_of_members(&talk) {
        assert_eq!(call(&mut ana, endpoint, &fields).await, StatusCode::OK, "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_in_a_conversation_that_is_not_theirs() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "between us").await;
    let mut cy = app.sign_in("cy").await;
    let calls = [
        ("open_conversation", vec![("conversation", talk.clone())]),
        ("list_messages", vec![("conversation", talk.clone()), ("cursor", "x".to_owned())]),
        ("send_message", vec![("conversation", talk.clone()), ("id", new_id()), ("body", "me too".to_owned())]),
        ("mark_read", vec![("conversation", talk.clone()), ("seq", "1".to_owned())]),
        ("mark_delivered", vec![("conversation", talk.clone()), ("seq", "1".to_owned())]),
        ("mark_unread", vec![("conversation", talk.clone())]),
        ("find_receipts", vec![("conversation", talk.clone())]),
    ];
    for (endpoint, fields) in calls {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let theirs = cy.call(endpoint, &fields).await;
        assert_eq!((theirs.status, theirs.error()), (StatusCode::NOT_FOUND, AppError::NotFound), "{endpoint}");
        // What is not there at all looks the same.
        let mut nowhere = fields.clone();
        nowhere[0].1 = STRANGE;
        let nothing = cy.call(endpoint, &nowhere).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text), "{endpoint}");
    }
    assert_eq!(ana.texts(&talk).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_sent_is_refused_with_its_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let too_long = "🎈".repeat(1025);
    for (body, reason) in [
        ("", "Write something first."),
        (" \n\t ", "Write something first."),
        (&*too_long, "A message has at most 1024 characters; this one has 1025."),
        ("a\u{7}b", "This text contains a control character that cannot be sent."),
    ] {
        let fields = [("conversation", &*talk), ("id", &new_id()), ("body", body)];
        let answer = ana.call("send_message", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
        assert_eq!(answer.error().field("body").as_deref(), Some(reason));
        let fields = [("handle", "ben"), ("id", &new_id()), ("body", body)];
        assert_eq!(ana.call("start_conversation", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ana.texts(&talk).await, ["first"]);
    let longest = "🎈".repeat(1024);
    assert_eq!(ana.say(&talk, &longest).await.body, longest);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_cannot_be_read_are_422_and_never_500() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let cases: [(&str, &[(&str, &str)]); 14] = [
        ("send_message", &[]),
        ("send_message", &[("conversation", "not-an-id"), ("id", "x"), ("body", "a")]),
        ("send_message", &[("conversation", STRANGE), ("id", "@bayko"), ("body", "a")]),
        ("open_conversation", &[("conversation", "@bayko")]),
        ("open_conversation", &[("conversation", "")]),
        ("list_messages", &[("conversation", STRANGE)]),
        ("mark_read", &[("conversation", STRANGE), ("seq", "-1")]),
        ("mark_read", &[("conversation", STRANGE), ("seq", "99999999999999999999")]),
        ("mark_delivered", &[("conversation", STRANGE)]),
        ("save_settings", &[("receipts", "perhaps")]),
        ("list_conversations", &[("cursor", "%00../../")]),
        ("search_users", &[]),
        ("search_users", &[("query", "a\u{0}b")]),
        ("sign_in", &[("email", "ana@example.com")]),
    ];
    for (endpoint, fields) in cases {
        let answer = ana.call(endpoint, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{endpoint} {fields:?} {}", answer.text);
        assert!(matches!(answer.error(), AppError::Invalid(_)), "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_at_the_edge_of_all_times_is_never_our_mistake() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    // The first three are of a year that no time here can have, once they are in UTC.
    for at in [
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+01:00",
        "0001-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
    ] {
        let mut calls = vec![("messages_after", "after", at.to_owned())];
        for way in ["before", "after"] {
            for endpoint in ["open_conversation", "list_messages", "list_conversations"] {
                calls.push((endpoint, "cursor", format!("{way}-{at}")));
            }
        }
        for (endpoint, name, value) in calls {
            let answer = ana.call(endpoint, &[("conversation", &talk), (name, &value)]).await;
            let is_answered = matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY);
            assert!(is_answered, "{endpoint} {name}={value}: {} {}", answer.status, answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_form_is_never_our_mistake() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for body in ["{\"query\":\"be\"}", "\u{0}\u{1}", "query=%ff%fe", "=&=&="] {
        let request =
            ana.request(Method::POST, "/rpc/search_users").header("content-type", "application/json").body(body);
        let answer = ana.send(request).await;
        assert!(!answer.status.is_server_error(), "{body:?}: {}", answer.status);
    }
    let request = form(ana.request(Method::POST, "/rpc/search_users"), &[("query", &"a".repeat(70_000))]);
    let answer = ana.send(request).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::PAYLOAD_TOO_LARGE, AppError::TooLarge));
}

#[tokio::test(flavor = "multi_thread")]
async fn yourself_and_unknown_handles_get_a_clear_answer() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let id = new_id();
    for (handle, status) in [
        ("ana", StatusCode::CONFLICT),
        ("@Ana", StatusCode::CONFLICT),
        ("nobody", StatusCode::NOT_FOUND),
        ("../ana", StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ana.call("find_recipient", &[("handle", handle)]).await.status, status, "{handle}");
        let fields = [("handle", handle), ("id", &*id), ("body", "hi")];
        assert_eq!(ana.call("start_conversation", &fields).await.status, status, "{handle}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_stored_once_however_often_it_is_sent() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let id = new_id();
    let fields = [("conversation", &*talk), ("id", &*id), ("body", "once")];
    let (first, second) = (ana.call("send_message", &fields).await, ana.call("send_message", &fields).await);
    assert_eq!((first.status, first.text), (second.status, second.text));
    assert_eq!(ben.texts(&talk).await, ["first", "once"]);
    let other_text = [("conversation", &*talk), ("id", &*id), ("body", "another")];
    assert_eq!(ana.call("send_message", &other_text).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.call("send_message", &fields).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.texts(&talk).await, ["first", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_people_by_handle_and_name_but_not_oneself() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("benedict").await;
    app.sign_in("bea").await;
    let mut found = async |query: &str| -> Vec<String> {
        let users: Vec<User> = ana.call("search_users", &[("query", query)]).await.json();
        users.into_iter().map(|user| user.handle.to_string()).collect()
    };
    assert_eq!(found("ben").await, ["benedict"]);
    assert_eq!(found("@BEA").await, ["bea"]);
    assert_eq!(found("b").await, Vec::<String>::new());
    assert_eq!(found("ana").await, Vec::<String>::new());
    assert_eq!(found("%%").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_or_searches_too_fast_is_asked_to_wait() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    for (endpoint, fields) in [
        ("send_message", vec![("conversation", talk.clone()), ("id", new_id()), ("body", "again".to_owned())]),
        ("search_users", vec![("query", "ben".to_owned())]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut refused = None;
        for _ in 0..200 {
            let answer = ana.call(endpoint, &fields).await;
            if answer.status != StatusCode::OK {
                refused = Some(answer);
                break;
            }
        }
        let answer = refused.unwrap_or_else(|| panic!("{endpoint} has a limit"));
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)));
    }
}
