//! Commands and options of `admin cognito`.

use aws_config::BehaviorVersion;
use aws_sdk_cognitoidentityprovider::Client;
use clap::{Args, Subcommand};
use cruddur_messages::server::audit::Event;
use serde_json::json;

use super::{accounts, authenticator, pool};
use crate::db::Database;
use crate::global_options::GlobalOptions;
use crate::recorded::{act, record};
use crate::target::Target;

/// Option for the id of the user pool.
#[derive(Args)]
pub struct PoolId {
    /// Id of the user pool.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
    pub pool: String,
}

/// A pool, and the database whose audit log records what is done in it.
#[derive(Args)]
pub struct RecordedPool {
    #[command(flatten)]
    pool: PoolId,
    #[command(flatten)]
    database: Database,
}

/// Subcommands of `admin cognito`.
#[derive(Subcommand)]
pub enum Command {
    /// Creates a user pool with an app client, unless it exists, and prints the web server's variables for it.
    CreatePool {
        /// Name of the pool.
        #[arg(long, default_value = pool::NAME)]
        name: String,
    },
    /// Creates an account with a temporary password, and prints its id and a password that it has made. If the e-mail
    /// has an account with the same handle, sets its password after confirmation.
    CreateUser {
        #[command(flatten)]
        pool: RecordedPool,
        #[command(flatten)]
        account: accounts::Account,
    },
    /// Confirms the account of a user who cannot receive the code. Also marks the e-mail address as verified.
    Confirm {
        #[command(flatten)]
        pool: RecordedPool,
        /// E-mail address of the account.
        email: String,
    },
    /// Removes the authenticator app of a user who has lost it, after confirmation. The password alone signs in then,
    /// so make sure that the request comes from the user.
    RemoveAuthenticator {
        #[command(flatten)]
        pool: RecordedPool,
        /// E-mail address of the account.
        email: String,
    },
    /// Lists the accounts of the pool, one per line: e-mail, handle, status, id. A dash stands for a missing attribute.
    ListUsers {
        #[command(flatten)]
        pool: RecordedPool,
    },
}

/// Runs a subcommand.
pub async fn run(command: Command, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, target) = connect().await?;
    match command {
        Command::CreatePool { name } => {
            let pool = pool::find_or_create(&client, &name).await?;
            global.print(&pool, pool.variables())
        }
        Command::CreateUser { pool, account } => {
            let is_made = account.password.is_none();
            let account = accounts::check(account)?;
            accounts::require_confirmation(&client, &pool.pool.pool, &account, &target, global).await?;
            pool.record(Event::AdminCreateAccount, "create-user").await?;
            let sub = accounts::create(&client, &pool.pool.pool, &account).await?;
            let mut printed = json!({ "sub": sub, "email": account.email });
            let mut text = sub.to_string();
            if is_made {
                printed["password"] = json!(account.password);
                text += &format!(" {}", account.password);
            }
            global.print(printed, text)
        }
        Command::Confirm { pool, email } => {
            pool.record(Event::AdminConfirmAccount, "confirm").await?;
            let confirmed = accounts::confirm(&client, &pool.pool.pool, &email).await?;
            let text = if confirmed { "confirmed" } else { "was already confirmed" };
            global.print(json!({ "email": email, "confirmed": confirmed }), format!("{email} {text}"))
        }
        Command::RemoveAuthenticator { pool, email } => {
            pool.record(Event::AdminRemoveAuthenticator, "remove-authenticator").await?;
            let removed = authenticator::remove(&client, &pool.pool.pool, &email, &target, global).await?;
            let text = if removed { "removed the authenticator app of" } else { "no authenticator app to remove for" };
            global.print(json!({ "email": email, "removed": removed }), format!("{text} {email}"))
        }
        Command::ListUsers { pool } => {
            pool.record(Event::AdminListAccounts, "list-users").await?;
            let accounts = accounts::list(&client, &pool.pool.pool).await?;
            let lines: Vec<_> = accounts.iter().map(ToString::to_string).collect();
            global.print(&accounts, lines.join("\n"))
        }
    }
}

impl RecordedPool {
    /// Records a command. A pool has accounts that are no users yet, so the entry names none.
    async fn record(&self, event: Event, command: &str) -> anyhow::Result<()> {
        record(&self.database.connect().await?, act(event, &format!("cognito {command}"))).await
    }
}

/// Connects to the Cognito endpoint that the SDK's variables select, and prints the target.
pub async fn connect() -> anyhow::Result<(Client, Target)> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await);
    let target = Target::of_cognito(&client).await?;
    target.announce();
    Ok((client, target))
}
