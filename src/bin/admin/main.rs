//! The admin tool: makes, fills, shows and drops what the web server works with. `admin --help` tells the rest.
#![expect(unreachable_pub, reason = "`pub` is what a module offers to the others; nobody sees into an executable")]
#![expect(clippy::print_stderr, reason = "a command speaks to the person at the terminal")]

mod cognito;
mod consent;
mod db;
mod ddb;
mod failure;
mod manner;
mod people;
mod place;
mod progress;
mod setup;
mod talk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::manner::Manner;

/// Makes, fills, shows and drops what the web server works with.
///
/// It works where the environment says: PostgreSQL by DATABASE_URL, AWS as its SDK reads variables and profiles
/// (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, …). Each command says
/// first where it works. `bin/dev bash` is a shell in which all of it is on this machine.
#[derive(Parser)]
#[command(name = "admin", after_help = LESSON)]
struct Admin {
    #[command(flatten)]
    manner: Manner,
    #[command(subcommand)]
    command: Command,
}

/// What `--help` ends with.
const LESSON: &str = "\
Examples:
  admin db setup                      a fresh database with people; asks before it drops the one that is there
  admin ddb schema-load               the table, once
  admin ddb seed                      Ana's and Ben's three weeks of messages, once
  admin ddb list-conversations ana    whom she talks to, and what reading that costs
  admin ddb get-conversation ana ben  what they said last
  admin ddb scan --json --limit 5     five rows as JSON, a line each
  admin db drop --yes                 without asking, as a script must

What destroys asks for the name of what is to go. A script says --yes instead. On what is not on this machine it must
say --prod too.

Exit codes: 0 done, 1 failed, 2 called wrongly, 3 refused or not confirmed: nothing was changed.";

#[derive(Subcommand)]
enum Command {
    /// PostgreSQL: people and sessions.
    #[command(subcommand)]
    Db(db::Command),
    /// DynamoDB: conversations and messages.
    #[command(subcommand)]
    Ddb(ddb::Command),
    /// Cognito: who may sign in.
    #[command(subcommand)]
    Cognito(cognito::Command),
    /// All that a developer's machine needs; what is there already stays. Refuses to work on AWS.
    Setup(setup::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Admin { manner, command } = Admin::parse();
    let done = match command {
        Command::Db(command) => db::run(command, &manner).await,
        Command::Ddb(command) => ddb::run(command, &manner).await,
        Command::Cognito(command) => cognito::run(command, &manner).await,
        Command::Setup(options) => setup::run(options, &manner).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::tell(&error, &manner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_well_formed() {
        Admin::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_says_what_it_is() {
        let mut commands = vec![Admin::command()];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} of {} says nothing", argument.get_id(), command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
