//! Settings of a user.

use crate::domain::event::Event;
use crate::domain::settings::Settings;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Returns the user's settings.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<Settings, Failure> {
    state.store.users.settings(me.user.id).await
}

/// Saves the user's settings. Open pages of the user resync, because the visible receipts may have changed. Presence
/// changes at once, on all servers.
pub async fn save(state: &AppState, me: &CurrentUser, settings: &Settings) -> Result<(), Failure> {
    let me = me.user.id;
    state.store.users.set_settings(me, settings).await?;
    state.hub.publish(&[me], &Event::Resync);
    state.hub.publish(&[me], &Event::PresenceSwitched { of: me, on: settings.presence });
    state.presence.switch(me, settings.presence);
    Ok(())
}
