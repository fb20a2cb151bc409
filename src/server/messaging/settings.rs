//! What people have chosen for themselves.

use crate::domain::event::Event;
use crate::domain::settings::Settings;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// What the person has chosen.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<Settings, Failure> {
    Ok(Settings { receipts: state.store.users.receipts(me.user.id).await? })
}

/// Keeps what the person has chosen. Their open pages ask again for what they may see.
pub async fn save(state: &AppState, me: &CurrentUser, settings: &Settings) -> Result<(), Failure> {
    state.store.users.set_receipts(me.user.id, settings.receipts).await?;
    state.hub.publish(&[me.user.id], &Event::Resync);
    Ok(())
}
