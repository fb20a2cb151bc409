//! Commands of `admin users`.

use anyhow::Context;
use clap::{Args, Subcommand};
use cruddur_messages::domain::user::Id;
use cruddur_messages::server::failure::Failure;
use serde_json::json;

use super::access::UserAccess;
use super::purge::{self, PurgeOptions};
use crate::confirmation;
use crate::db::{Database, UserLinks};
use crate::global_options::GlobalOptions;
use crate::output::counted;
use crate::target::Target;

/// Subcommands of `admin users`.
#[derive(Subcommand)]
pub enum Command {
    /// Suspends a user, after confirmation: they cannot sign in, their sessions, tokens and streams end, and nothing is
    /// deleted.
    Suspend(UserOptions),
    /// Ends the suspension of a user, who can then sign in again.
    Restore(UserOptions),
    /// Ends all sessions and tokens of a user, after confirmation. The user can sign in again.
    EndSessions(UserOptions),
    /// Deletes the users who have requested it at least 14 days ago, as the web servers do regularly: the account in
    /// the user pool, the messages if the user wants that, and the row.
    Purge(PurgeOptions),
}

/// Options of a command about a user.
#[derive(Args)]
pub struct UserOptions {
    #[command(flatten)]
    database: Database,
    /// Handle of the user.
    handle: String,
}

/// User that a command is about.
struct Subject {
    id: Id,
    handle: String,
    access: UserAccess,
    target: Target,
}

/// Runs a subcommand.
pub async fn run(command: Command, global: &GlobalOptions) -> anyhow::Result<()> {
    match command {
        Command::Suspend(options) => suspend(&options.subject().await?, global).await,
        Command::Restore(options) => restore(&options.subject().await?, global).await,
        Command::EndSessions(options) => end_sessions(&options.subject().await?, global).await,
        Command::Purge(options) => purge::run(&options, global).await,
    }
}

async fn suspend(subject: &Subject, global: &GlobalOptions) -> anyhow::Result<()> {
    let handle = &subject.handle;
    confirmation::require(global, &subject.target, &format!("suspend @{handle} and end all their sessions"), handle)?;
    let ended = subject.access.suspend(subject.id).await.map_err(Failure::into_cause).context("suspend the user")?;
    let text = match ended {
        Some(ended) => format!("@{handle} is suspended; ended {}", counted(ended, "session")),
        None => format!("@{handle} is suspended already"),
    };
    global.print(json!({ "handle": handle, "suspended": ended.is_some(), "ended_sessions": ended }), text)
}

async fn restore(subject: &Subject, global: &GlobalOptions) -> anyhow::Result<()> {
    let handle = &subject.handle;
    let restored = subject.access.restore(subject.id).await.map_err(Failure::into_cause).context("restore the user")?;
    let text = match restored {
        true => format!("@{handle} can sign in again"),
        false => format!("@{handle} is not suspended"),
    };
    global.print(json!({ "handle": handle, "restored": restored }), text)
}

async fn end_sessions(subject: &Subject, global: &GlobalOptions) -> anyhow::Result<()> {
    let handle = &subject.handle;
    confirmation::require(global, &subject.target, &format!("end all sessions of @{handle}"), handle)?;
    let ended =
        subject.access.end_sessions(subject.id).await.map_err(Failure::into_cause).context("end the sessions")?;
    let text = format!("ended {} of @{handle}, and all their tokens", counted(ended, "session"));
    global.print(json!({ "handle": handle, "ended_sessions": ended }), text)
}

impl UserOptions {
    async fn subject(&self) -> anyhow::Result<Subject> {
        let handle = self.handle.trim().trim_start_matches('@').to_owned();
        let (pool, target) = self.database.connect_with_target().await?;
        let found = UserLinks::new(pool.clone()).by_handle(&handle).await.map_err(Failure::into_cause);
        let user = found.context("find the user")?.with_context(|| format!("no user has the handle @{handle}"))?;
        Ok(Subject { id: Id(user.uuid), handle, access: UserAccess::new(pool), target })
    }
}
