//! Liveness and readiness checks: what they cost.

use std::process::Stdio;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use futures::future::join_all;
use reqwest::StatusCode;

use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::FaultProxy;
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// Number of checks of each kind.
const CHECKS: usize = 40;

/// Starts a server whose calls of DynamoDB are counted and can be held.
async fn app_with_counted_dynamodb() -> (TestApp, FaultProxy) {
    let dynamodb = DynamoDb::start().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let app = TestApp::start_with_endpoint(dynamodb, proxy.endpoint(), |_| {}).await;
    wait_until("the table is checked at the start", async || proxy.take_count() == 1).await;
    (app, proxy)
}

/// Calls a check from several clients at once. Returns the statuses.
async fn statuses(app: &TestApp, path: &str) -> Vec<StatusCode> {
    join_all((0..CHECKS).map(async |_| app.browser().get(path).await.status)).await
}

/// Starts the web server with variables of its own, and asserts that `/readyz` and one line of the log name the
/// problem.
async fn assert_named(app: &TestApp, variables: &[(&str, &str)], problem: &str) {
    let path = std::env::temp_dir().join(format!("server-{}.log", uuid::Uuid::new_v4().simple()));
    let file = std::fs::File::create(&path).expect("a file");
    let variables = [variables, &[("LOG_FORMAT", "text")]].concat();
    let (mut command, address) = Process::command(app, &variables);
    let _server = command.stderr(Stdio::from(file)).spawn().expect("the server starts");
    let lines = || std::fs::read_to_string(&path).expect("the log");
    let is_named = async || {
        let Ok(answer) = reqwest::get(format!("http://{address}/readyz")).await else { return false };
        let status = answer.status();
        let body = answer.text().await.unwrap_or_default();
        status == StatusCode::SERVICE_UNAVAILABLE
            && body.contains(&format!(r#""problems":["{problem}"]"#))
            && lines().contains(problem)
    };
    wait_until(&format!("{problem} is named"), is_named).await;
    assert_eq!(lines().matches(problem).count(), 1, "{}", lines());
    std::fs::remove_file(&path).expect("the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_answers_but_cannot_be_used_is_named_once() {
    let app = TestApp::start().await;
    let (empty, read_only, old) = (Database::empty().await, Database::fresh().await, Database::fresh().await);
    let name = read_only.url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a name");
    read_only.execute(&format!("alter database {name} set default_transaction_read_only = on")).await;
    old.execute("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
    for (database, problem) in
        [(&empty, "outdated_schema"), (&read_only, "read_only_database"), (&old, "outdated_schema")]
    {
        assert_named(&app, &[("DATABASE_URL", &database.url)], problem).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_or_database_of_postgresql_is_named_once() {
    let app = TestApp::start().await;
    let url = app.database.url.clone();
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (login, place) = rest.rsplit_once('@').expect("a login");
    let user = login.split(':').next().expect("a name");
    let (server, _) = place.split_once('/').expect("a database");
    for (url, problem) in [
        (format!("{scheme}://{user}:wrong@{place}"), "wrong_login"),
        (format!("{scheme}://nobody-{}:x@{place}", uuid::Uuid::new_v4().simple()), "wrong_login"),
        (format!("{scheme}://{login}@{server}/nowhere"), "missing_database"),
    ] {
        assert_named(&app, &[("DATABASE_URL", &url)], problem).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_foreign_table_is_named_once() {
    let app = TestApp::start().await;
    assert_named(&app, &[("DDB_MESSAGE_TABLE", "nowhere")], "missing_table").await;
    assert_named(&app, &[("DDB_MESSAGE_TABLE", "no name of a table")], "aws_settings").await;
    for missing in ["AWS_REGION", "AWS_ACCESS_KEY_ID"] {
        assert_named(&app, &[(missing, "")], "aws_settings").await;
    }
    let foreign = "of-another-program";
    create_foreign_table(&app, foreign).await;
    assert_named(&app, &[("DDB_MESSAGE_TABLE", foreign)], "wrong_table").await;
}

/// Creates a table with another key than ours.
async fn create_foreign_table(app: &TestApp, name: &str) {
    let (attribute, key) = (AttributeDefinition::builder(), KeySchemaElement::builder());
    let attribute = attribute.attribute_name("id").attribute_type(ScalarAttributeType::S).build().expect("complete");
    let key = key.attribute_name("id").key_type(KeyType::Hash).build().expect("complete");
    let request = app.dynamodb.client().create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    request.attribute_definitions(attribute).key_schema(key).send().await.expect("a table");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_files_of_the_site_are_named_once() {
    let app = TestApp::start().await;
    let variables = [("LEPTOS_HASH_FILES", "true"), ("LEPTOS_SITE_ROOT", "/nowhere")];
    assert_named(&app, &variables, "missing_files").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_liveness_check_calls_no_database() {
    let (app, dynamodb) = app_with_counted_dynamodb().await;
    app.state.store.postgres().close().await;
    assert!(statuses(&app, "/healthz").await.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(dynamodb.take_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readiness_checks_at_once_ask_the_databases_once_and_again_after_some_seconds() {
    let (app, dynamodb) = app_with_counted_dynamodb().await;
    wait_until("the key set is loaded", async || app.state.cognito.is_ready()).await;
    dynamodb.hold_operation("GetItem");
    let release = async {
        dynamodb.until_held(1).await;
        dynamodb.release();
    };
    let (at_once, ()) = tokio::join!(statuses(&app, "/readyz"), release);
    assert!(at_once.iter().all(|status| *status == StatusCode::OK), "{at_once:?}");
    assert_eq!(dynamodb.take_count(), 1, "one check for all");
    assert!(statuses(&app, "/readyz").await.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(dynamodb.take_count(), 0, "the answer is a moment old");

    wait_until("the databases are asked again", async || {
        assert_eq!(app.browser().get("/readyz").await.status, StatusCode::OK);
        dynamodb.take_count() == 1
    })
    .await;
}
