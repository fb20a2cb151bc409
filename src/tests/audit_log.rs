//! Audit log: what is recorded of users and operators, and what is not.

use std::time::{Duration, Instant};

use cruddur_messages::domain::user;
use cruddur_messages::server::audit::{AuditLog, Entry, Event, Origin, Outcome};
use cruddur_messages::server::metrics::Metrics;
use cruddur_messages::server::store;
use reqwest::StatusCode;
use sqlx::FromRow;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::app::{Browser, TestApp};
use crate::support::cognito::{PASSWORD, RESET_CODE};
use crate::support::log::Log;
use crate::support::postgres::Database;
use crate::support::tcp_proxy::TcpProxy;
use crate::support::wait_until::wait_until;

/// Maximum time until an entry is stored.
const STORED_WITHIN: Duration = Duration::from_secs(10);

/// Time in which entries are recorded without waiting for PostgreSQL, however many there are.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
struct Row {
    event: String,
    outcome: String,
    user_uuid: Option<Uuid>,
    subject_uuid: Option<Uuid>,
    route: Option<String>,
    request_id: Option<String>,
    has_address: bool,
}

/// Returns all rows, oldest first, once all entries are stored.
async fn rows(app: &TestApp) -> Vec<Row> {
    app.state.audit.finish(STORED_WITHIN).await;
    let query = "select *, address is not null as has_address from audit_log order by at, id";
    sqlx::query_as(query).fetch_all(&app.database.pool).await.expect("the rows")
}

/// Returns the events of a user and their outcomes, oldest first, without sign-ins.
pub(crate) async fn changes_of(app: &TestApp, handle: &str) -> Vec<(String, String)> {
    let (user, rows) = (Some(id_of(app, handle).await), rows(app).await);
    let changes = rows.into_iter().filter(|row| row.user_uuid == user && row.event != "sign_in");
    changes.map(|row| (row.event, row.outcome)).collect()
}

async fn id_of(app: &TestApp, handle: &str) -> Uuid {
    let query = "select uuid from users where handle = $1";
    sqlx::query_scalar(query).bind(handle).fetch_one(&app.database.pool).await.expect("a user")
}

/// Returns the event, the outcome, the user and the subject of each row.
fn told(rows: &[Row]) -> Vec<(&str, &str, Option<Uuid>, Option<Uuid>)> {
    rows.iter().map(|row| (&*row.event, &*row.outcome, row.user_uuid, row.subject_uuid)).collect()
}

async fn sign_in(browser: &mut Browser, password: &str) -> StatusCode {
    browser.submit("/signin", &[("email", "ana@example.com"), ("password", password)]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_sign_outs_and_new_passwords_are_recorded_with_their_requests() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let her = Some(id_of(&app, "ana").await);
    let mut other = app.browser();
    let refused = other.submit("/signin", &[("email", "ana@example.com"), ("password", "Wrong-password-1")]).await;
    // Neither an attempt nor a session.
    assert_eq!(sign_in(&mut other, "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.submit("/signout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&mut other, PASSWORD).await, StatusCode::SEE_OTHER);
    assert_eq!(other.submit("/settings/sessions", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.submit("/signout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&mut ana, PASSWORD).await, StatusCode::SEE_OTHER);
    let passwords = [("current_password", PASSWORD), ("password", "Another-2026!")];
    assert_eq!(ana.submit("/settings/password", &passwords).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.submit("/signout-everywhere", &[]).await.status, StatusCode::SEE_OTHER);
    let email = ("email", "ana@example.com");
    assert_eq!(ana.submit("/forgot", &[email]).await.status, StatusCode::SEE_OTHER);
    for (code, status) in [("000000", StatusCode::UNPROCESSABLE_ENTITY), (RESET_CODE, StatusCode::SEE_OTHER)] {
        let reset = ana.submit("/forgot", &[email, ("code", code), ("password", "Another-2027!")]).await;
        assert_eq!(reset.status, status, "{}", reset.text);
    }
    let rows = rows(&app).await;
    assert_eq!(
        told(&rows),
        [
            ("sign_in", "done", her, None),
            ("sign_in", "refused", her, None),
            ("sign_in", "done", her, None),
            ("end_sessions", "done", her, None),
            ("sign_out", "done", her, None),
            ("sign_in", "done", her, None),
            ("password_change", "done", her, None),
            ("sign_out_everywhere", "done", her, None),
            ("password_reset", "refused", her, None),
            ("password_reset", "done", her, None),
            ("end_sessions", "done", her, None),
        ],
        "{rows:?}"
    );
    assert_eq!(rows[1].request_id.as_deref(), Some(refused.header("x-request-id")));
    assert_eq!(rows[1].route.as_deref(), Some("/signin"));
    assert!(rows.iter().all(|row| row.has_address && row.request_id.is_some()), "{rows:?}");
    let private = "select count(*) from audit_log where audit_log::text ~ 'example|Wrong|Another'";
    assert_eq!(app.database.number(private).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_foreign_conversation_and_the_first_one_over_a_limit_are_recorded() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let mut cy = app.sign_in("cy").await;
    let conversation = ana.start("ben", "between us").await;
    assert_eq!(cy.get(&format!("/messages/{conversation}")).await.status, StatusCode::NOT_FOUND);
    let mut denied = 0;
    while denied < 3 {
        let answer = cy.call("search_users", &[("query", "ben")]).await;
        denied += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    let (his, rows) = (Some(id_of(&app, "cy").await), rows(&app).await);
    let subject = Some(conversation.parse().expect("an id"));
    let expected = [("foreign_conversation", "refused", his, subject), ("limit_exceeded", "refused", his, None)];
    let of_cy: Vec<_> = rows.into_iter().filter(|row| row.user_uuid == his && row.event != "sign_in").collect();
    assert_eq!(told(&of_cy), expected);
    let routes: Vec<_> = of_cy.iter().filter_map(|row| row.route.as_deref()).collect();
    assert_eq!(routes, ["/messages/{message_group_uuid}", "/rpc/search_users"]);
    assert!(of_cy.iter().all(|row| row.has_address && row.request_id.is_some()), "{of_cy:?}");
    let private = "select count(*) from audit_log where audit_log::text ~ 'between'";
    assert_eq!(app.database.number(private).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_of_all_data_is_recorded_with_its_request() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let her = Some(id_of(&app, "ana").await);
    let mut downloads = Vec::new();
    for _ in 0..4 {
        downloads.push(ana.submit("/settings/export", &[]).await);
    }
    let rows = rows(&app).await;
    let exports: Vec<_> = rows.iter().filter(|row| row.event == "export").cloned().collect();
    // The fourth one is over the limit, which is recorded by itself.
    assert_eq!(told(&exports), [("export", "done", her, None); 3]);
    assert!(rows.iter().any(|row| row.event == "limit_exceeded"), "{rows:?}");
    let ids: Vec<_> = downloads.iter().map(|download| Some(download.header("x-request-id").to_owned())).collect();
    assert_eq!(exports.iter().map(|row| row.request_id.clone()).collect::<Vec<_>>(), ids[..3]);
    let route = Some("/settings/export");
    assert!(exports.iter().all(|row| row.has_address && row.route.as_deref() == route), "{exports:?}");
    let foreign = app.browser().submit("/settings/export", &[]).await;
    assert_eq!(foreign.status, StatusCode::SEE_OTHER);
    assert_eq!(app.database.number("select count(*) from audit_log where event = 'export'").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_user_is_named_when_they_try_to_sign_in() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.database.execute("update users set suspended_at = now()").await;
    assert_eq!(sign_in(&mut ana, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY);
    let (her, rows) = (Some(id_of(&app, "ana").await), rows(&app).await);
    assert_eq!(told(&rows), [("sign_in", "done", her, None), ("sign_in", "refused", her, None)]);
}

#[tokio::test]
async fn the_table_takes_neither_changes_nor_deletions() {
    let database = Database::fresh().await;
    database.execute("insert into audit_log (at, event, outcome) values (now(), 'sign_in', 'done')").await;
    for statement in ["update audit_log set outcome = 'x'", "delete from audit_log", "truncate audit_log"] {
        let error = sqlx::raw_sql(statement).execute(&database.pool).await.expect_err(statement);
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
    assert_eq!(database.number("select count(*) from audit_log where outcome = 'done'").await, 1);
}

fn entry() -> Entry {
    Entry::new(Event::SignIn, Outcome::Done, Origin::default()).of(user::Id(Uuid::nil()))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_the_log_line_remains_and_a_metric_counts_what_is_lost() {
    let database = Database::fresh().await;
    let url: reqwest::Url = database.url.parse().expect("a URL");
    let at = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let proxy = TcpProxy::start(&at).await;
    let url = database.url.replace(&at, &proxy.address());
    let metrics = Metrics::default();
    let audit = AuditLog::start(store::postgres::connect(&url.into()).expect("a URL"));
    audit.register(&metrics);
    let lost = || {
        let text = metrics.text().expect("text");
        let line = text.lines().find_map(|line| line.strip_prefix("audit_entries_lost_total "));
        line.expect("the metric").parse::<u64>().expect("a number")
    };

    proxy.cut();
    let (log, guard) = Log::capture();
    let since = Instant::now();
    // More than the queue takes.
    for _ in 0..11_000 {
        audit.record(entry());
    }
    assert!(since.elapsed() < AT_ONCE * 5, "{:?}", since.elapsed());
    drop(guard);
    assert_eq!(log.text().matches("event=\"sign_in\" outcome=\"done\"").count(), 11_000);
    let at_first = lost();
    assert!((1..=1_000).contains(&at_first), "only those that do not fit: {at_first}");
    wait_until("the first ones are given up", async || lost() > at_first).await;

    proxy.restore();
    audit.finish(STORED_WITHIN * 3).await;
    let stored = database.number("select count(*) from audit_log").await;
    assert_eq!(stored as u64 + lost(), 11_000, "each is stored or counted");
    assert!(stored > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_until_all_entries_are_stored() {
    let app = TestApp::start().await;
    let (pool, audit) = (app.database.pool.clone(), app.state.audit.clone());
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::query("lock table audit_log in exclusive mode").execute(&mut *lock).await.expect("locked");
    for _ in 0..2_000 {
        audit.record(entry());
    }
    let mut stopping = tokio::spawn(app.stop());
    assert!(timeout(AT_ONCE, &mut stopping).await.is_err(), "it waits");
    lock.rollback().await.expect("unlocked");
    stopping.await.expect("it stops");
    let stored: i64 = sqlx::query_scalar("select count(*) from audit_log").fetch_one(&pool).await.expect("a number");
    assert_eq!(stored, 2_000);
}
