//! Values that could not be loaded while the server was out of reach, or because a rate limit denied them.

use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::error::AppError;
use crate::ui::state::LiveEvents;
use crate::ui::state::page_resource::PageResource;
use crate::ui::state::reactive::effect;

/// Fetches a value again when the event stream is back, if it could not be fetched while there was none; and after the
/// time that the server names, if a rate limit has denied it.
pub fn refetch_once_reachable<T>(value: PageResource<Result<T, AppError>>)
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let live = expect_context::<LiveEvents>();
    let was_lost = StoredValue::new(false);
    effect(move || {
        let is_connected = live.connected.get();
        if is_connected == Some(false) {
            was_lost.set_value(true);
        } else if is_connected == Some(true) && was_lost.get_value() {
            was_lost.set_value(false);
            if matches!(value.get_untracked(), Some(Err(AppError::Unavailable))) {
                value.refetch();
            }
        }
    });
    effect(move || {
        let later = value.with(|value| match value {
            Some(Err(AppError::RateLimited { retry_after_secs })) => Some(Duration::from_secs(*retry_after_secs)),
            _ => None,
        });
        if let Some(later) = later {
            set_timeout(move || value.refetch(), later);
        }
    });
}
