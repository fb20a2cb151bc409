//! End of sessions after a new password, or the request to delete the account.

use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder};
use futures::future::BoxFuture;

use crate::server::failure::Failure;

/// Maximum number of further attempts to end the sessions.
const RETRIES_MAX: usize = 60;

/// Waits before the further attempts: 5 seconds each, so 5 minutes in total.
const WAITS: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_secs(5)).with_max_times(RETRIES_MAX);

/// Ends sessions with `end`, and retries in the background if the user pool or PostgreSQL is unavailable: the request
/// that needs it has been carried out already, so it cannot be repeated.
pub(super) async fn end_surely(end: impl Fn() -> BoxFuture<'static, Result<(), Failure>> + Send + 'static) {
    let Err(failure) = end().await else { return };
    failure.into_public();
    tokio::spawn(async move {
        for wait in WAITS.build() {
            tokio::time::sleep(wait).await;
            if end().await.is_ok() {
                return;
            }
        }
        tracing::error!(retries = RETRIES_MAX, "sessions not ended");
    });
}
