//! `admin db relink-user`: a user whose account was deleted and created again.

use reqwest::StatusCode;
use serde_json::json;

use super::accounts::account;
use super::fixtures::{Admin, FAILED, REFUSED};
use crate::support::app::TestApp;
use crate::support::cognito::PASSWORD;
use crate::support::wait_until::wait_until;

// F29
#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_new_account_gets_the_conversations_of_the_deleted_one_back() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "before").await;
    let admin = Admin::new().on_database(&app.database.url).on_pool(&app.pool);
    let relink = ["db", "relink-user", "@ana", "--email", "Ana@example.com"];
    let unchanged = admin.json(&relink).await;
    assert_eq!(unchanged["relinked"], false);

    let pool_id = &app.pool.address.user_pool_id;
    let delete = app.pool.admin.admin_delete_user().user_pool_id(pool_id).username("ana@example.com");
    delete.send().await.expect("the account is deleted");
    let mut again = app.sign_in("ana").await;
    assert_eq!(again.get(&format!("/messages/{conversation}")).await.status, StatusCode::NOT_FOUND);

    // The account of another user, an account without a verified address, and a missing one.
    account(&app.pool, "eve@example.com", &[]).await;
    for (handle, email, error) in [
        ("ben", "ana@example.com", "still exists"),
        ("ana", "eve@example.com", "no confirmed account"),
        ("ana", "missing@example.com", "no confirmed account"),
        ("missing", "ana@example.com", "no user has the handle"),
    ] {
        let run = admin.run(&["db", "relink-user", handle, "--email", email, "--yes"]).await;
        assert!(run.code == FAILED && run.err.contains(error), "{handle} {email}: {run:?}");
    }
    assert_eq!(admin.run(&relink).await.code, REFUSED, "not without a confirmation");
    let done = admin.json(&[&relink[..], &["--yes"]].concat()).await;
    assert_eq!((&done["relinked"], &done["without_account"]), (&json!(true), &json!(["ana2"])));

    // The server remembers a session for some seconds, and the tool is another program.
    wait_until("the sessions have ended", async || {
        again.get("/messages").await.location() == "/signin?next=%2Fmessages"
    })
    .await;
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    assert_eq!(again.submit("/signin", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(again.texts(&conversation).await, ["before"]);
    again.say(&conversation, "after").await;
    assert_eq!(ben.texts(&conversation).await, ["before", "after"]);
}
