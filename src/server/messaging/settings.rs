//! Settings of a user.

use crate::domain::event::Event;
use crate::domain::settings::Settings;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Returns the user's settings.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<Settings, Failure> {
    Ok(Settings { receipts: state.store.users.shows_receipts(me.user.id).await? })
}

/// Saves the user's settings. Open pages of the user resync, because the visible receipts may have changed.
pub async fn save(state: &AppState, me: &CurrentUser, settings: &Settings) -> Result<(), Failure> {
    state.store.users.set_receipts(me.user.id, settings.receipts).await?;
    state.hub.publish(&[me.user.id], &Event::Resync);
    Ok(())
}
