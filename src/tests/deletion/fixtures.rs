//! Requests of deletions, and the passing of time.

use cruddur_messages::server::accounts::purge::Purge;
use reqwest::StatusCode;

use crate::support::app::{Answer, Browser, TestApp};
use crate::support::cognito::PASSWORD;

/// Requests the deletion of the account of the user who is signed in.
pub(crate) async fn request(browser: &mut Browser, with_messages: bool) {
    let mut fields = vec![("current_password", PASSWORD)];
    fields.extend(with_messages.then_some(("delete_messages", "true")));
    let answer = browser.submit("/settings/delete", &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signin?leaving=1"), "{}", answer.text);
}

/// Moves all requests back by some days.
pub(crate) async fn pass_days(app: &TestApp, days: f64) {
    let minutes = days * 24.0 * 60.0;
    app.database
        .execute(&format!(
            "update users set deletion_requested_at = deletion_requested_at - interval '{minutes} minutes'"
        ))
        .await;
    app.state.store.remembered.forget_all();
}

/// Lets the time pass for which a dead process has claimed its user.
pub(crate) async fn expire_claims(app: &TestApp) {
    app.database
        .execute("update users set deletion_leased_until = now() where deletion_leased_until is not null")
        .await;
}

/// Deletes the users whose time has come. Returns their number.
pub(crate) async fn purge(app: &TestApp) -> usize {
    Purge::of(&app.state).run().await.expect("the databases answer")
}

pub(crate) async fn sign_in(app: &TestApp, name: &str) -> (Browser, Answer) {
    let mut browser = app.browser();
    let email = format!("{name}@example.com");
    let answer = browser.submit("/signin", &[("email", &email), ("password", PASSWORD)]).await;
    (browser, answer)
}

/// Returns the handles that a search shows.
pub(crate) async fn found(browser: &mut Browser, query: &str) -> Vec<String> {
    let users: Vec<serde_json::Value> = browser.call("search_users", &[("query", query)]).await.json();
    users.iter().map(|user| user["handle"].as_str().expect("a handle").to_owned()).collect()
}

/// Reports whether the user pool has an account with this address.
pub(crate) async fn has_account(app: &TestApp, email: &str) -> bool {
    let pool = &app.pool;
    pool.admin.admin_get_user().user_pool_id(&pool.address.user_pool_id).username(email).send().await.is_ok()
}
