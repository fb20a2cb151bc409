//! The admin tool: makes tables, user pools and people. `admin --help` tells the rest.
#![expect(unreachable_pub, reason = "`pub` is what a module offers to the others; nobody sees into an executable")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the person at the terminal")]

mod cognito;
mod db;
mod ddb;
mod endpoints;
mod failure;
mod people;
mod setup;
mod talk;

use clap::{Parser, Subcommand};

/// Makes and fills what the web server works with. Endpoints and keys come from the environment, as the AWS SDK reads it.
#[derive(Parser)]
#[command(name = "admin")]
struct Admin {
    #[command(subcommand)]
    command: Command,
}

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
async fn main() -> anyhow::Result<()> {
    match Admin::parse().command {
        Command::Db(command) => db::run(command).await,
        Command::Ddb(command) => ddb::run(command).await,
        Command::Cognito(command) => cognito::run(command).await,
        Command::Setup(options) => setup::run(options).await,
    }
}
