//! The user's own sessions: their list, and their end.

use axum::http::request::Parts;

use crate::domain::message::SentAt;
use crate::domain::session::{self, LISTED_MAX, Session};
use crate::server::accounts::AccountOutcome;
use crate::server::accounts::device::device;
use crate::server::accounts::recorded::record;
use crate::server::accounts::sign_out::signed_out;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Returns the user's active sessions, first the one of this request, then those that were used last.
pub async fn list(state: &AppState, me: &CurrentUser) -> Result<Vec<Session>, Failure> {
    let rows = state.store.sessions.list_of_user(me.user.id, me.session, LISTED_MAX).await?;
    let sessions = rows.into_iter().map(|row| Session {
        id: session::Id(row.uuid),
        device: device(&row.user_agent),
        address: row.address,
        place: row.place,
        started_at: SentAt::stored(row.started_at),
        last_used_at: SentAt::stored(row.last_used_at),
        is_current: row.is_current,
    });
    Ok(sessions.collect())
}

/// Ends one of the user's sessions: no server accepts it any more, and its event streams close within seconds. Does
/// nothing if the user has no such session, because then it has ended already. The own one is signed out.
pub async fn end(state: &AppState, parts: &Parts, session: session::Id) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    state.rate_limits.spend(Action::Account, me.spender())?;
    let ended = state.store.sessions.delete_named(session, me.user.id).await?;
    record(state, parts, (Event::EndSessions, Outcome::Done), Some(me.user.id));
    let is_own = ended.as_ref().is_some_and(|ended| Some(ended.id) == me.session);
    state.cognito.revoke(ended.and_then(|ended| ended.refresh_token).into_iter().collect());
    Ok(if is_own { signed_out() } else { AccountOutcome::redirect("/settings/sessions?ended=1") })
}

/// Ends all of the user's sessions but the one of this request.
pub async fn end_others(state: &AppState, me: &CurrentUser) -> Result<AccountOutcome, Failure> {
    state.rate_limits.spend(Action::Account, me.spender())?;
    if let Some(own) = me.session {
        state.cognito.revoke(state.store.sessions.delete_others(me.user.id, own).await?);
        state.audit.record(Entry::new(Event::EndSessions, Outcome::Done, me.origin.clone()).of(me.user.id));
    }
    Ok(AccountOutcome::redirect("/settings/sessions?others_ended=1"))
}
