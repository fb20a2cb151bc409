//! `admin users purge`.

use serde_json::json;

use super::fixtures::Admin;
use crate::deletion::fixtures::{has_account, pass_days, request};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_tool_deletes_those_whose_time_has_come() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "from Ana").await;
    ben.say(&conversation, "from Ben").await;
    request(&mut ana, true).await;
    pass_days(&app, 14.0).await;
    request(&mut cy, false).await;
    let admin = Admin::new().on_database(&app.database.url).on_dynamodb(&app.dynamodb).on_pool(&app.pool);
    assert_eq!(admin.json(&["users", "purge"]).await, json!({ "deleted": 1 }));
    assert_eq!(admin.json(&["users", "purge"]).await, json!({ "deleted": 0 }));
    assert!(!has_account(&app, "ana@example.com").await && has_account(&app, "cy@example.com").await);
    assert_eq!(ben.texts(&conversation).await, ["", "from Ben"]);
    assert_eq!(app.database.number("select count(*) from users").await, 2);
    let recorded = "select count(*) from audit_log where event = 'admin_purge'
        or event = 'delete_account' and route = 'admin users purge'";
    assert_eq!(app.database.number(recorded).await, 3);
}
