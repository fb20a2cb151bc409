//! Liveness and readiness checks: what they cost.

use futures::future::join_all;
use reqwest::StatusCode;

use crate::support::app::TestApp;
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::FaultProxy;
use crate::support::wait_until::wait_until;

/// Number of checks of each kind.
const CHECKS: usize = 40;

/// Starts a server whose calls of DynamoDB are counted and can be held.
async fn app_with_counted_dynamodb() -> (TestApp, FaultProxy) {
    let dynamodb = DynamoDb::start().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let app = TestApp::start_with_endpoint(dynamodb, proxy.endpoint(), |_| {}).await;
    (app, proxy)
}

/// Calls a check from several clients at once. Returns the statuses.
async fn statuses(app: &TestApp, path: &str) -> Vec<StatusCode> {
    join_all((0..CHECKS).map(async |_| app.browser().get(path).await.status)).await
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
