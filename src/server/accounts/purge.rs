//! Deletion of the accounts whose owners have requested it 14 days ago.
//!
//! The work on a user has five steps: it is claimed, then the account in the user pool is deleted, then the messages,
//! if the user wants that, then the user's names in the rows of others, then the inbox and the row of the user. Each
//! step can be repeated, and only the last one makes the user unclaimable, so a process can die at any moment: another
//! one repeats the steps.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::Event as PageEvent;
use crate::server::accounts::own_messages::OwnMessages;
use crate::server::accounts::own_names::NamesProgress;
use crate::server::audit::{Entry, Event, Origin, Outcome};
use crate::server::cognito::pool_accounts::PoolAccounts;
use crate::server::failure::Failure;
use crate::server::state::AppState;
use crate::server::store::postgres::deletions::LeavingUser;

/// Interval at which a server looks for users to delete.
const INTERVAL: Duration = Duration::from_secs(600);

/// Deletion of users. Cloning copies handles.
#[derive(Clone)]
pub struct Purge {
    pub messages: OwnMessages,
    /// Accounts in the user pool.
    pub accounts: PoolAccounts,
    /// Process that deletes, for the audit log.
    pub origin: Origin,
}

impl Purge {
    /// Returns the deletion of users by a web server.
    pub fn of(state: &AppState) -> Self {
        let (store, hub) = (&state.store, state.hub.clone());
        Self {
            messages: OwnMessages {
                deletions: store.deletions.clone(),
                conversations: store.conversations.clone(),
                messages: store.messages.clone(),
                publish: Arc::new(move |to, event| hub.publish(to, &event)),
            },
            accounts: state.cognito.accounts().clone(),
            origin: Origin { route: Some("regular deletion of accounts".into()), ..Origin::default() },
        }
    }

    /// Deletes all users whose time has come, and on whom no other process works. Returns their number. If one of them
    /// cannot be deleted, a later call tries it again.
    pub async fn run(&self) -> Result<usize, Failure> {
        let mut deleted = 0;
        while let Some(user) = self.messages.deletions.claim().await? {
            match self.delete(&user).await {
                Ok(()) => deleted += 1,
                // Logs the cause. The claim has to expire before the next attempt.
                Err(failure) => {
                    tracing::error!(user = %user.id, error = ?failure.into_public(), "user not deleted, will retry");
                }
            }
        }
        self.messages.deletions.release_handles().await?;
        Ok(deleted)
    }

    async fn delete(&self, user: &LeavingUser) -> Result<(), Failure> {
        self.delete_account(user).await?;
        self.delete_messages(user).await?;
        self.remove_names(user).await?;
        self.erase(user).await
    }

    /// Deletes the account in the user pool, so that no sign-in comes in between.
    pub async fn delete_account(&self, user: &LeavingUser) -> Result<(), Failure> {
        match user.account {
            Some(account) => self.accounts.delete(account).await.map_err(|error| error.into_failure()),
            None => Ok(()),
        }
    }

    /// Deletes the user's messages, if the user wants that, and unless an earlier process has done so.
    pub async fn delete_messages(&self, user: &LeavingUser) -> Result<(), Failure> {
        if user.deletes_messages && NamesProgress::of(user).is_none() {
            self.messages.delete_all(user).await
        } else {
            Ok(())
        }
    }

    /// Removes the user's names from their messages and from the inbox rows of others.
    pub async fn remove_names(&self, user: &LeavingUser) -> Result<(), Failure> {
        self.messages.remove_names(user).await
    }

    /// Deletes the inbox and the row of the user. Those with whom the user has the newest conversations see it at once,
    /// unless an earlier process has died here.
    pub async fn erase(&self, user: &LeavingUser) -> Result<(), Failure> {
        // A failure is only logged: the pages show the deletion when they load their lists again.
        let peers =
            self.messages.conversations.recent_peers(user.id).await.map_err(Failure::into_public).unwrap_or_default();
        self.messages.delete_inbox(user).await?;
        let entry = Entry::new(Event::DeleteAccount, Outcome::Done, self.origin.clone()).of(user.id);
        self.messages.deletions.erase(user.id, &entry).await?;
        (self.messages.publish)(&peers, PageEvent::Resync);
        Ok(())
    }
}

/// Deletes users whose time has come, until the server shuts down.
pub async fn purge_regularly(state: AppState) {
    let purge = Purge::of(&state);
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        let work = async {
            ticks.tick().await;
            purge.run().await
        };
        match state.closing.run_until_cancelled(work).await {
            None => return,
            Some(Ok(_)) => {}
            // Logs the cause.
            Some(Err(failure)) => drop(failure.into_public()),
        }
    }
}
