//! `admin cognito`: the user pool and who is in it.

pub mod accounts;

pub mod pool;

use aws_config::BehaviorVersion;
use aws_sdk_cognitoidentityprovider::Client;
use clap::Subcommand;

use crate::endpoints;

/// What can be done with the user pool.
#[derive(Subcommand)]
pub enum Command {
    /// Makes a user pool with an app client, unless there is one of the name, and prints the server's variables for it.
    CreatePool {
        /// What the pool is called.
        #[arg(long, default_value = pool::NAME)]
        name: String,
    },
    /// Makes a confirmed account; where there is one of the e-mail already, sets its password.
    CreateUser {
        /// The pool's id.
        #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
        pool: String,
        /// Who it is for.
        #[command(flatten)]
        account: accounts::Account,
    },
    /// Prints a line for each account: e-mail, handle, status.
    ListUsers {
        /// The pool's id.
        #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
        pool: String,
    },
}

/// Does what the command says.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let client = connect().await;
    match command {
        Command::CreatePool { name } => print!("{}", pool::find_or_create(&client, &name).await?.variables()),
        Command::CreateUser { pool, account } => {
            println!("{}", accounts::create(&client, &pool, &account).await?);
        }
        Command::ListUsers { pool } => {
            for line in accounts::list(&client, &pool).await? {
                println!("{line}");
            }
        }
    }
    Ok(())
}

/// A client for what the SDK's own variables name, and says where that is.
pub async fn connect() -> Client {
    endpoints::announce("Cognito", endpoints::COGNITO);
    Client::new(&aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await)
}
