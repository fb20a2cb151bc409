//! `admin cognito`: the user pool and who is in it.

pub mod accounts;

pub mod pool;

use aws_config::BehaviorVersion;
use aws_sdk_cognitoidentityprovider::Client;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::manner::Manner;
use crate::place::Place;

/// Which user pool.
#[derive(Args)]
pub struct PoolId {
    /// The pool's id.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
    pub pool: String,
}

/// What can be done with the user pool.
#[derive(Subcommand)]
pub enum Command {
    /// Makes a user pool with an app client, unless there is one of the name, and prints the server's variables for it.
    CreatePool {
        /// What the pool is called.
        #[arg(long, default_value = pool::NAME)]
        name: String,
    },
    /// Makes a confirmed account and prints its id. Where the e-mail has one, its password is set: asks before.
    CreateUser {
        /// Which user pool.
        #[command(flatten)]
        pool: PoolId,
        /// Who it is for.
        #[command(flatten)]
        account: accounts::Account,
    },
    /// Confirms the account of somebody who cannot receive the code. You vouch for their e-mail: it counts as verified.
    Confirm {
        /// Which user pool.
        #[command(flatten)]
        pool: PoolId,
        /// What they signed up with.
        email: String,
    },
    /// Prints a line for each account of the pool: e-mail, handle, status, id. What an account lacks is a dash.
    ListUsers {
        /// Which user pool.
        #[command(flatten)]
        pool: PoolId,
    },
}

/// Does what the command says.
pub async fn run(command: Command, manner: &Manner) -> anyhow::Result<()> {
    let (client, place) = connect().await?;
    match command {
        Command::CreatePool { name } => {
            let pool = pool::find_or_create(&client, &name).await?;
            manner.answer(&pool, pool.variables())
        }
        Command::CreateUser { pool, account } => {
            accounts::demand_consent(&client, &pool.pool, &account, &place, manner).await?;
            let sub = accounts::create(&client, &pool.pool, &account).await?;
            manner.answer(json!({ "sub": sub, "email": account.email }), sub)
        }
        Command::Confirm { pool, email } => {
            let confirmed = accounts::confirm(&client, &pool.pool, &email).await?;
            let text = if confirmed { "confirmed" } else { "was confirmed already" };
            manner.answer(json!({ "email": email, "confirmed": confirmed }), format!("{email} {text}"))
        }
        Command::ListUsers { pool } => {
            let accounts = accounts::list(&client, &pool.pool).await?;
            let lines: Vec<_> = accounts.iter().map(ToString::to_string).collect();
            manner.answer(&accounts, lines.join("\n"))
        }
    }
}

/// A client for what the SDK's own variables name, and where it calls; says so.
pub async fn connect() -> anyhow::Result<(Client, Place)> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await);
    let place = Place::of_cognito(&client).await?;
    place.announce();
    Ok((client, place))
}
