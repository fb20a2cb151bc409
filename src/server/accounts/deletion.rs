//! Request of a user to delete their account, and its withdrawal by a sign-in.

use axum::http::request::Parts;

use crate::domain::destination::Destination;
use crate::domain::user;
use crate::server::accounts::end_surely::end_surely;
use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::reauthentication::reauthenticate;
use crate::server::accounts::recorded::record;
use crate::server::accounts::sign_out::signed_out;
use crate::server::accounts::{AccountOutcome, refusals};
use crate::server::audit::{Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;
use crate::server::store::postgres::user_access::Standing;

/// Requests the deletion of the account, after 14 days, and signs the user out everywhere. The password is demanded,
/// because a browser may be left open.
pub async fn request(
    state: &AppState,
    parts: &Parts,
    current_password: String,
    deletes_messages: bool,
) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    let mut errors = FormErrors::default();
    let password = errors.check("current_password", input::password(current_password));
    let Some(password) = password else { return Err(errors.into_error().into()) };
    let proved = Box::pin(reauthenticate(state, me, &password)).await;
    if let Err(failure) = &proved {
        record(state, parts, (Event::RequestDeletion, Outcome::of_failure(failure)), Some(me.user.id));
    }
    proved?;
    state.store.deletions.request(me.user.id, deletes_messages).await?;
    record(state, parts, (Event::RequestDeletion, Outcome::Done), Some(me.user.id));
    end_sessions(state, me.user.id).await;
    let outcome = signed_out();
    Ok(AccountOutcome { destination: Destination("/signin?leaving=1".to_owned()), ..outcome })
}

/// Deletes the sessions, none of which is active any more, and revokes all tokens of the account.
async fn end_sessions(state: &AppState, user: user::Id) {
    let state = state.clone();
    end_surely(move || {
        let state = state.clone();
        Box::pin(async move {
            // One token is enough: the pool then revokes all tokens of its user.
            if let Some(token) = state.store.sessions.delete_of_user(user).await?.pop() {
                state.cognito.sign_out_everywhere(token).await;
            }
            Ok(())
        })
    })
    .await;
}

/// Withdraws the request of a user who is signing in. Once the deletion has begun, the sign-in is refused as that of an
/// unknown account.
pub(super) async fn withdraw(state: &AppState, parts: &Parts, user: user::Id) -> Result<(), Failure> {
    if state.store.deletions.withdraw(user).await? {
        record(state, parts, (Event::WithdrawDeletion, Outcome::Done), Some(user));
        return Ok(());
    }
    // Another sign-in may have withdrawn it at the same time.
    match state.store.users.standing(user).await? {
        Some(Standing::Regular) => Ok(()),
        Some(Standing::Suspended | Standing::Leaving) | None => Err(refusals::sign_in_refused().into()),
    }
}
