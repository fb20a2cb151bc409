//! Sending through the router: which failures may pass, and which are final.

use std::time::Duration;

use cruddur_messages::domain::error::{AppError, Conflict};
use reqwest::StatusCode;
use uuid::{NoContext, Timestamp, Uuid};

use crate::support::app::{TestApp, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::{Fault, FaultProxy};

/// Errors of DynamoDB about the server's own credentials.
const CREDENTIAL_ERRORS: [&str; 6] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
];

fn id_of_days_ago(days: u64) -> String {
    let now = Uuid::now_v7().get_timestamp().expect("a time").to_unix().0;
    Uuid::new_v7(Timestamp::from_unix(NoContext, now - days * 24 * 60 * 60, 0)).to_string()
}

// F9
#[tokio::test(flavor = "multi_thread")]
async fn while_the_servers_credentials_are_refused_a_message_may_be_sent_later() {
    let dynamodb = DynamoDb::start().await;
    let faults = FaultProxy::start(&dynamodb).await;
    let endpoint = faults.endpoint().to_owned();
    let app = TestApp::start_with_endpoint(dynamodb, &endpoint, |_| {}).await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    for (operation, code) in
        ["GetItem", "TransactWriteItems"].into_iter().flat_map(|it| CREDENTIAL_ERRORS.map(|code| (it, code)))
    {
        let (id, body) = (new_id(), format!("{operation} {code}"));
        let fields = [("conversation", &*conversation), ("id", &*id), ("body", &*body)];
        // The work in the background that follows a message would take the fault.
        app.state.store.inbox_updates.finish(Duration::from_secs(5)).await;
        faults.plan(operation, 1, Fault::refused_credentials(code));
        let answer = ana.call("send_message", &fields).await;
        assert_eq!((answer.status, answer.error()), (StatusCode::SERVICE_UNAVAILABLE, AppError::Unavailable), "{body}");
        assert_eq!(faults.remaining(), 0, "{body}");
        assert_eq!(ana.call("send_message", &fields).await.status, StatusCode::OK, "{body}");
    }
}

// F12
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_may_have_been_sent_a_month_ago_is_refused_in_words() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let to = ana.id_of("ben").await;
    let too_old = AppError::Conflict(Conflict::MessageTooOld);
    let id = id_of_days_ago(31);
    let answer = ana.call("send_first_message", &[("to", &to), ("id", &id), ("body", "hello")]).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, too_old.clone()));

    let conversation = ana.start("ben", "hello").await;
    let fields = [("conversation", &*conversation), ("id", &*id), ("body", "still there?")];
    let answer = ana.call("send_message", &fields).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, too_old));
    let page = ana.submit(&format!("/messages/{conversation}"), &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("more than 30 days old") && page.text.contains("still there?"), "{}", page.text);
    let has_id = |id: &str| page.text.contains(&format!(r#"name="id" value="{id}"#));
    assert!(has_id("") && !has_id(&id), "the text can be sent under another id");
    let late = [("conversation", &*conversation), ("id", &*id_of_days_ago(29)), ("body", "still there?")];
    assert_eq!(ana.call("send_message", &late).await.status, StatusCode::OK);
    assert_eq!(ana.texts(&conversation).await, ["hello", "still there?"]);
}
