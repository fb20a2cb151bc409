//! Minimum durations of the responses to account forms: timing must not reveal whether an account exists.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Minimum duration of a response that must not reveal by its timing which of two things happened.
const DURATION_MIN: Duration = Duration::from_millis(400);

/// Returns the result of `work` after at least [`DURATION_MIN`]. Without it, timing would reveal existing accounts: the
/// user pool reports that an account exists faster than it creates one.
pub async fn with_min_duration<T>(work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    sleep_until(started + DURATION_MIN).await;
    result
}

/// Like [`with_min_duration`], but only for errors. The pool reports an unknown account faster than a wrong password.
pub async fn errors_with_min_duration<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let started = Instant::now();
    let result = work.await;
    if result.is_err() {
        sleep_until(started + DURATION_MIN).await;
    }
    result
}
