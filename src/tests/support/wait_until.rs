//! Waiting for a condition.

use std::time::Duration;

/// Polls the condition until it is true, for at most a minute.
pub(crate) async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let polling = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), polling).await.is_ok(), "not within 60 s: {what}");
}
