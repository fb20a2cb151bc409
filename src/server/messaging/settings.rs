//! Settings of a user.

use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::settings::{Settings, Starters};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Returns the user's settings.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<Settings, Failure> {
    state.store.users.settings(me.user.id).await
}

/// Saves the user's settings: receipts, presence, and the name of the choice of [`Starters`]. What is the same as in
/// `seen`, the settings that the form has shown, stays as it is stored. A page of an earlier version has no `seen`, or
/// not even a choice of [`Starters`], which then stays.
///
/// Open pages of the user resync, because the visible receipts may have changed. Presence changes at once, on all
/// servers.
pub async fn save(
    state: &AppState,
    me: &CurrentUser,
    (receipts, presence, starters): (bool, bool, Option<&str>),
    seen: Option<Settings>,
) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Account, me.spender())?;
    // No browser sends another name than those of the form.
    let parse = |name| Starters::parse(name).ok_or(AppError::Invalid(Vec::new()));
    let stored = load(state, me).await?;
    let starters = starters.map_or(Ok(stored.starters), parse)?;
    let settings = Settings { receipts, presence, starters };
    let settings = seen.map_or(settings, |seen| settings.over(seen, stored));
    let (me, presence) = (me.user.id, settings.presence);
    state.store.users.set_settings(me, &settings).await?;
    state.hub.publish(&[me], &Event::Resync);
    state.hub.publish(&[me], &Event::PresenceSwitched { of: me, on: presence });
    state.presence.switch(me, presence);
    Ok(())
}
