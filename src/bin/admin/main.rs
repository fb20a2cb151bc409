//! Admin tool: creates, fills, shows and drops the databases, tables and user pools of the web server. See `admin
//! --help`.
#![expect(unreachable_pub, reason = "`pub` is the interface of a module; an executable has no other")]
#![expect(clippy::print_stderr, reason = "a command prints for the user at the terminal")]

mod cognito;
mod confirmation;
mod db;
mod ddb;
mod failure;
mod global_options;
mod output;
mod progress;
mod recorded;
mod reports;
mod sample_conversation;
mod sample_users;
mod setup;
mod target;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cruddur_messages::server::command_line;

use crate::global_options::GlobalOptions;

/// Creates, fills, shows and drops the databases, tables and user pools of the web server.
///
/// The environment selects the targets: DATABASE_URL for PostgreSQL; for AWS, the variables and profiles of the AWS SDK
/// (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, …). Each command
/// prints its target first. In a shell started by `bin/dev bash`, all targets are on this machine.
#[derive(Parser)]
#[command(name = "admin", after_help = AFTER_HELP)]
struct Admin {
    #[command(flatten)]
    global: GlobalOptions,
    #[command(subcommand)]
    command: Command,
}

/// Text at the end of `--help`.
const AFTER_HELP: &str = "\
Examples:
  admin db setup                      creates a fresh database with sample users; asks before dropping an existing one
  admin ddb schema-load               creates the table, unless it exists
  admin ddb seed                      writes the sample conversation of Ana and Ben, unless it exists
  admin ddb list-conversations ana    lists Ana's conversations and the capacity consumed by reading them
  admin ddb get-conversation ana ben  prints the newest messages of Ana and Ben
  admin ddb scan --json --limit 5     prints five rows as JSON, one per line
  admin users suspend ben             signs Ben out everywhere, and lets him sign in no more; asks before
  admin db drop --yes                 drops the database without asking, for scripts

Destructive commands ask for the name of the object to destroy. Scripts pass --yes instead, and also --prod if the
target is not on this machine.

Exit codes: 0 success, 1 failure, 2 usage error, 3 refused or not confirmed (nothing was changed).";

#[derive(Subcommand)]
enum Command {
    /// PostgreSQL: users and sessions.
    #[command(subcommand)]
    Db(db::Command),
    /// DynamoDB: conversations and messages.
    #[command(subcommand)]
    Ddb(ddb::Command),
    /// Cognito: the user pool and its accounts.
    #[command(subcommand)]
    Cognito(cognito::Command),
    /// Users: suspension, sessions and deletion.
    #[command(subcommand)]
    Users(users::Command),
    /// Reports of messages and users.
    #[command(subcommand)]
    Reports(reports::Command),
    /// Creates everything that a developer's machine needs and does not have yet. Refuses to work on AWS.
    Setup(setup::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Admin { global, command } = command_line::read();
    let result = match command {
        Command::Db(command) => db::run(command, &global).await,
        Command::Ddb(command) => ddb::run(command, &global).await,
        Command::Cognito(command) => cognito::run(command, &global).await,
        Command::Users(command) => users::run(command, &global).await,
        Command::Reports(command) => reports::run(command, &global).await,
        Command::Setup(options) => setup::run(options, &global).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error, &global),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_tree_is_well_formed() {
        Admin::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_has_a_help_text() {
        let mut commands = vec![Admin::command()];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{} has no help text", command.get_name());
            for argument in command.get_arguments() {
                let (id, name) = (argument.get_id(), command.get_name());
                assert!(argument.get_help().is_some(), "{id} of {name} has no help text");
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
