//! `admin reports`, and what the audit log records of operators.

use serde_json::json;

use super::fixtures::{Admin, FAILED};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_lists_shows_and_closes_reports_and_each_command_is_recorded() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first\nline").await;
    ana.say(&conversation, "second").await;
    let fields = [("conversation", &*conversation), ("reason", "spam"), ("details", "look at this")];
    assert_eq!(ben.call("report", &fields).await.status, 200);
    let admin = Admin::new().on_database(&app.database.url).on_dynamodb(&app.dynamodb);

    let listed = admin.json(&["reports", "list"]).await;
    let report = &listed["reports"][0];
    let (reporter, reported) = (&report["reporter"], &report["reported"]);
    assert_eq!((reporter, reported, &report["reason"]), (&json!("ben"), &json!("ana"), &json!("spam")));
    let id = report["uuid"].as_str().expect("an id");
    let shown = admin.json(&["reports", "show", id]).await;
    assert_eq!(shown["report"]["details"], "look at this");
    let texts: Vec<_> = shown["messages"].as_array().expect("messages").iter().map(|it| it["body"].clone()).collect();
    assert_eq!(texts, [json!("first\nline"), json!("second")]);
    let text = admin.text(&["reports", "show", id]).await;
    assert!(text.contains("spam: @ben about @ana") && text.contains("@ana second"), "{text}");
    assert_eq!(admin.json(&["reports", "close", id]).await["closed"], true);
    assert_eq!(admin.run(&["reports", "close", id]).await.code, FAILED, "it is closed already");
    assert_eq!(admin.run(&["reports", "show", "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"]).await.code, FAILED);
    assert_eq!(admin.json(&["reports", "list"]).await["reports"], json!([]));
    assert_eq!(admin.json(&["reports", "list", "--all"]).await["reports"].as_array().map(Vec::len), Some(1));
    admin.json(&["ddb", "list-conversations", "ana"]).await;
    admin.json(&["ddb", "get-conversation", "ana", "ben"]).await;
    for command in ["suspend", "restore", "end-sessions"] {
        admin.json(&["users", command, "ana", "--yes"]).await;
    }

    let query = "select event from audit_log where event like 'admin%' and request_id is null
        and route like 'admin %' and recorded_by = session_user order by at, id";
    let events: Vec<String> = sqlx::query_scalar(query).fetch_all(&app.database.pool).await.expect("events");
    let expected = [
        "list_reports",
        "read_report",
        "read_report",
        "close_report",
        "list_reports",
        "list_reports",
        "list_conversations",
        "read_conversation",
        "suspend",
        "restore",
        "end_sessions",
    ];
    assert_eq!(events, expected.map(|event| format!("admin_{event}")));
    let named = "select count(*) from audit_log join users on uuid = user_uuid
        where event in ('admin_suspend', 'admin_restore', 'admin_end_sessions', 'admin_read_conversation')
        and handle = 'ana'";
    assert_eq!(app.database.number(named).await, 4);
}
