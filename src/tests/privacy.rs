//! `/privacy` and `/.well-known/security.txt`.

use std::fs;

use reqwest::StatusCode;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::support::app::TestApp;

/// Migration that creates the audit log.
const AUDIT_LOG: &str = "sql/migrations/0009_moderation.sql";

/// Source of the cookies for some minutes.
const SEALED_COOKIE: &str = "src/server/http/session/sealed_cookie.rs";

/// Statements of the page, and where they hold: a file and a text in it.
const STATEMENTS: &[(&str, &str, &str)] = &[
    ("after 7 days without a visit", "sql/sessions/create.sql", "now() + interval '7 days'"),
    ("after 7 days without a visit", "sql/sessions/record_visit.sql", "least(now() + interval '7 days', ends_at)"),
    ("and after 30 days in any case", "sql/sessions/create.sql", "now() + interval '30 days'"),
    (
        "is recorded with the number of the user whose address was entered",
        "src/server/accounts/recorded.rs",
        "users.by_email(email)",
    ),
    ("its kind, its network address", "sql/sessions/create.sql", "user_agent, address"),
    ("the place of that address", "sql/sessions/create.sql", "address, place"),
    ("This is deleted when you sign out", "sql/sessions/delete.sql", "delete from sessions"),
    (
        "keeps you signed in for at most 30 days",
        "src/server/http/session/cookie.rs",
        "MAX_AGE: Duration = Duration::days(30)",
    ),
    (
        "hold no text, are kept for 30 days",
        "src/server/store/dynamodb/changes.rs",
        "REVISION_TTL: Duration = Duration::days(30)",
    ),
    ("when you last had one open", "src/server/messaging/conversations.rs", "presence::last_seen(state, &membership)"),
    (
        "turn your online status off or delete",
        "sql/users/set_settings.sql",
        "last_seen_at = case when presence and $3 then last_seen_at",
    ),
    ("gets your network address", "src/server/cognito/calls.rs", "UserContextDataType::builder().ip_address(address)"),
    ("They can send you three", "src/domain/request.rs", "REQUEST_MESSAGES_MAX: u64 = 3"),
    ("reserved for you for 30 days", "sql/migrations/0015_reserved_handles.sql", "now() + interval '30 days'"),
    ("Handles that you have given up are kept", "sql/deletions/release_handles.sql", "reserved_until <= now()"),
    ("at most five", "src/server/accounts/profile.rs", "RESERVED_HANDLES_MAX: usize = 5"),
    ("For 14 days nothing else happens", "sql/deletions/claim.sql", "<= now() - interval '14 days'"),
    ("and a sign-in keeps the account", "sql/deletions/withdraw.sql", "set deletion_requested_at = null"),
    ("you are signed out everywhere at once", "sql/sessions/find.sql", "and users.deletion_requested_at is null"),
    ("other users no longer find you", "sql/users/search.sql", "and deletion_requested_at is null"),
    ("Then the account at Amazon Cognito", "src/server/cognito/pool_accounts.rs", "admin_delete_user()"),
    ("and your sessions are deleted", "sql/deletions/erase.sql", "delete from users"),
    ("reserved for 30 more days", "sql/deletions/reserve_handle.sql", "now() + interval '30 days'"),
    ("The number that stands for you stays", "sql/deletions/remember.sql", "insert into deleted_users (uuid"),
    (
        "Others see “Deleted user” in place of your name",
        "src/server/store/dynamodb/deleted_users.rs",
        "SET {USER_HANDLE} = :handle, {USER_DISPLAY_NAME} = :name",
    ),
    ("and what you have read are deleted", "src/server/accounts/purge.rs", "self.messages.delete_inbox(user).await?"),
    (
        "in a list of deleted accounts",
        "sql/deletions/remember.sql",
        "insert into deleted_users (uuid, cognito_user_id)",
    ),
    ("for a download of your data", "src/server/messaging/export.rs", "Entry::new(Event::Export, Outcome::Done"),
    (
        "under a number that is computed from",
        "sql/migrations/0006_accounts.sql",
        "Hash of the action and of an address or account",
    ),
    (
        "password, and are kept for 90 days",
        "aws/service.yaml",
        "LogGroupName: /cruddur-messages/web, RetentionInDays: 90",
    ),
    ("pages, also for 90 days", "aws/entry.yaml", "ExpirationInDays: 90"),
    ("logs in front of the servers", "aws/edge.yaml", "ExpirationInDays: 90"),
    ("Backups are kept for up to 365 days", "aws/backups.yaml", "DeleteAfterDays: 365"),
    ("a copy of the message and of the five messages before it", "src/domain/report.rs", "CONTEXT_SIZE: usize = 5"),
    (
        "if the messages are edited or deleted",
        "sql/migrations/0010_reports.sql",
        "as they were at the time of the report",
    ),
    ("and for 90 days after that", "sql/reports/delete_closed.sql", "closed_at < now() - interval '90 days'"),
    ("its key is kept there, too", "src/server/accounts/authenticator.rs", "calls().associate_software_token("),
    ("keeps that for at most 15 minutes", SEALED_COOKIE, "MAX_AGE: Duration = Duration::minutes(15)"),
    (
        "who then cannot sign in",
        "src/server/accounts/new_session.rs",
        "return Err(refusals::account_suspended().into())",
    ),
    ("holds your network address and a number of the request", AUDIT_LOG, "address inet, request_id text,"),
    ("never deleted by themselves", AUDIT_LOG, "before update or delete or truncate on audit_log"),
    ("also after the end of your account", AUDIT_LOG, "No references: an entry outlives what it names."),
    ("stay in a log for 365 days", "aws/service.yaml", "LogGroupName: /cruddur-messages/admin, RetentionInDays: 365"),
    ("unless you turn receipts off", "src/ui/pages/settings.rs", "Delivery and read receipts"),
    ("unless you turn your online status off", "src/ui/pages/settings.rs", "Online status"),
];

/// Longest time for which a backup is kept, in days.
const BACKUP_DAYS_MAX: u32 = 365;

/// Returns the text with single spaces.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_privacy_page_tells_the_times_that_hold() {
    let app = TestApp::start().await;
    let answer = app.browser().get("/privacy").await;
    assert_eq!(answer.status, StatusCode::OK);
    let page = unwrapped(&answer.text);
    for (statement, path, proof) in STATEMENTS {
        assert!(page.contains(statement), "the page does not say “{statement}”");
        let file = fs::read_to_string(path).expect("a file");
        assert!(unwrapped(&file).contains(proof), "“{statement}” does not hold: {path} has no “{proof}”");
    }
    let backups = fs::read_to_string("aws/backups.yaml").expect("a file");
    let days =
        backups.split("DeleteAfterDays: ").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<u32>().ok());
    assert_eq!(days.max(), Some(BACKUP_DAYS_MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_privacy_page_is_linked_and_needs_neither_a_session_nor_a_script_nor_a_database() {
    let app = TestApp::start_with(|config| config.database_url = "postgres://none@127.0.0.1:1/none".into()).await;
    let page = app.browser().get("/privacy").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(!page.text.contains("<script") && !page.text.contains("{style}"), "{}", page.text);
    assert!(page.text.contains("there is no end-to-end encryption"), "{}", page.text);
    let app = TestApp::start().await;
    let (ana, visitor) = (app.sign_in("ana").await, app.browser());
    for (browser, path) in [(&visitor, "/signin"), (&visitor, "/signup"), (&ana, "/settings")] {
        let page = browser.clone().get(path).await.text;
        assert!(page.contains(r#"href="/privacy""#), "{path} links to it: {page}");
    }
    assert_eq!(ana.clone().get("/privacy").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_for_reports_is_published_if_there_is_one() {
    let app = TestApp::start().await;
    let none = app.browser().get("/.well-known/security.txt").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let app = TestApp::start_with(|config| {
        config.security_contact = "mailto:security@example.com".parse().expect("a contact");
        config.public_origin = Some("https://a.example".to_owned());
    })
    .await;
    let answer = app.browser().get("/.well-known/security.txt").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    let value = |name: &str| answer.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    assert_eq!(value("Contact"), Some("mailto:security@example.com"), "{}", answer.text);
    assert_eq!(value("Canonical"), Some("https://a.example/.well-known/security.txt"), "{}", answer.text);
    let expires = value("Expires").expect("it expires");
    let expires = OffsetDateTime::parse(expires, &Rfc3339).expect("a time");
    let now = OffsetDateTime::now_utc();
    assert!(now < expires && expires < now + Duration::days(365), "{expires}");
}
