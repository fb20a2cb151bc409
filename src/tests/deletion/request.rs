//! Request of a deletion, and its withdrawal by a sign-in.

use cruddur_messages::domain::field_error::FieldCode;
use reqwest::StatusCode;

use super::fixtures::{expire_claims, found, pass_days, purge, request, sign_in};
use crate::json_api::fixtures::new_user;
use crate::live::Stream;
use crate::support::app::{TestApp, new_id};
use crate::support::cognito::PASSWORD;

async fn requests(app: &TestApp) -> i64 {
    app.database.number("select count(*) from users where deletion_requested_at is not null").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_deleted_without_the_password() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let page = ana.get("/settings/delete").await;
    assert_eq!(page.status, StatusCode::OK);
    for part in ["14 days", "Deleted user", "href=\"/settings/export\"", "Delete my messages, too"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(ana.get("/settings").await.text.contains("href=\"/settings/delete\""));
    let fields = [("current_password", "wrong"), ("delete_messages", "true")];
    let wrong = ana.submit("/settings/delete", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Wrong password."), "{}", wrong.text);
    assert!(wrong.text.contains(" checked"), "the choice is kept: {}", wrong.text);
    let blank = ana.call("delete_account", &[("current_password", "")]).await.error();
    assert!(blank.field("current_password").is_some(), "{blank:?}");
    assert_eq!(requests(&app).await, 0);
    assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_signs_out_everywhere_and_others_no_longer_find_the_user() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, mut cy) = (app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "before").await;
    let her = ben.id_of("ana").await;
    let (mut phone, _) = sign_in(&app, "ana").await;
    let mut stream = Stream::open(&phone).await;
    assert_eq!(found(&mut cy, "ana").await, ["ana"]);
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::OK);

    request(&mut ana, false).await;
    let page = ana.get("/signin?leaving=1").await.text;
    assert!(page.contains("Your account will be deleted in 14 days."), "{page}");
    for browser in [&mut ana, &mut phone] {
        assert_eq!(browser.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(client.get("/api/message_groups").await.status, StatusCode::UNAUTHORIZED);
    while stream.next_of_any_kind().await.is_some() {}
    assert_eq!(app.database.number("select count(*) from sessions").await, 2, "Ben's and Cy's");

    assert!(found(&mut cy, "ana").await.is_empty());
    for (endpoint, field, value) in [
        ("find_recipient", "handle", "ana"),
        ("start_conversation", "handle", "ana"),
        ("send_first_message", "to", &her),
    ] {
        let answer = cy.call(endpoint, &[(field, value), ("id", &new_id()), ("body", "hello")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{endpoint}: {}", answer.text);
    }
    assert_eq!(cy.get("/messages/new/ana").await.status, StatusCode::NOT_FOUND);
    let short = app.browser().get("/api/users/@ana/short").await;
    assert_eq!(short.status, StatusCode::NOT_FOUND, "{}", short.text);

    // A conversation that exists goes on, under her name.
    ben.say(&conversation, "meanwhile").await;
    assert_eq!(ben.start("ana", "by her handle").await, conversation);
    assert_eq!(ben.id_of("ana").await, her);
    assert!(!ben.get(&format!("/messages/{conversation}")).await.text.contains("Deleted user"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_within_14_days_keeps_the_account() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "before").await;
    request(&mut ana, true).await;
    pass_days(&app, 13.99).await;
    assert_eq!(purge(&app).await, 0);
    let (mut ana, signed_in) = sign_in(&app, "ana").await;
    assert_eq!(signed_in.location(), "/messages?restored=true&signed_in=true", "{}", signed_in.text);
    let page = ana.get("/messages?restored=true").await.text;
    assert!(page.contains("Your account will not be deleted."), "{page}");
    assert!(!ana.get("/messages").await.text.contains("will not be deleted"));
    assert_eq!(requests(&app).await, 0);
    assert_eq!(found(&mut ben, "ana").await, ["ana"]);
    pass_days(&app, 14.0).await;
    assert_eq!(purge(&app).await, 0);
    assert_eq!(ben.texts(&conversation).await, ["before"]);
    let (_, again) = sign_in(&app, "ana").await;
    assert_eq!(again.location(), "/messages?signed_in=true", "there is nothing more to withdraw");
    app.state.audit.finish(std::time::Duration::from_secs(10)).await;
    let recorded =
        "select count(*) from audit_log join users on uuid = user_uuid where handle = 'ana' and outcome = 'done'
        and event in ('request_deletion', 'withdraw_deletion')";
    assert_eq!(app.database.number(recorded).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_sign_in_creates_during_the_request_is_not_active() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let mut stream = Stream::open(&ana).await;
    app.database.execute("update users set deletion_requested_at = now()").await;
    app.state.store.remembered.forget_all();
    assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    while stream.next_of_any_kind().await.is_some() {}
    assert_eq!(app.database.number("select count(*) from sessions").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_after_the_beginning_of_the_deletion_is_refused_and_stops_nothing() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    request(&mut ana, false).await;
    pass_days(&app, 14.0).await;
    let claimed = app.state.store.deletions.claim().await.expect("an answer").expect("Ana's time has come");
    assert!(claimed.account.is_some() && !claimed.deletes_messages);
    // The account in the pool is still there.
    let (mut late, refused) = sign_in(&app, "ana").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(late.cookie.is_none());
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let error = late.call("sign_in", &fields).await.error();
    assert_eq!(error.field("password"), Some(FieldCode::SignInRefused), "as an unknown account: {error:?}");
    expire_claims(&app).await;
    assert_eq!(purge(&app).await, 1);
    assert_eq!(app.database.number("select count(*) from users").await, 0);
}
