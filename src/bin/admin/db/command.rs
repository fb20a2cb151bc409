//! Commands and options of `admin db`.

use std::ffi::OsString;

use anyhow::Context;
use clap::{Args, Subcommand};
use cruddur_messages::server::store;
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;

use super::confirmed_links::ConfirmOptions;
use super::relink::{self, RelinkOptions};
use super::{database, link, psql, seed, server};
use crate::cognito::PoolId;
use crate::global_options::GlobalOptions;
use crate::target::Target;

/// Option for the address of the database.
#[derive(Args)]
pub struct Database {
    /// PostgreSQL URL, including the name of the database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: SecretString,
}

/// Subcommands of `admin db`.
#[derive(Subcommand)]
pub enum Command {
    /// Creates an empty database. Leaves an existing one as it is.
    Create(Database),
    /// Ends all sessions of the database and drops it with all its data, after confirmation.
    Drop(Database),
    /// Migrates the schema to the newest version, if it is not up to date.
    #[command(visible_alias = "schema-load")]
    Migrate(Database),
    /// Inserts the sample users of a developer's machine. Leaves existing users as they are.
    Seed(Database),
    /// Creates a fresh database: drop (after confirmation), create, migrate, seed and update-cognito-user-ids.
    Setup {
        #[command(flatten)]
        database: Database,
        /// Id of the user pool to link the users to. Without it, no user is linked.
        #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
        pool: Option<String>,
    },
    /// Runs psql on the database. The password does not appear in the process list.
    #[command(after_help = "Example: admin db connect -- -c 'select handle from users'")]
    Connect {
        #[command(flatten)]
        database: Database,
        /// Arguments for psql.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Lists the sessions of the database: pid, role, application, client address, state, time of the last state
    /// change.
    Sessions(Database),
    /// Links users to their accounts in the user pool by verified e-mail, and reports accounts and users without a
    /// link.
    ///
    /// Accounts and users that have only the handle in common are listed as candidates. A handle proves nothing,
    /// because anyone can ask for it at the sign-up, so each of them is linked only if it is confirmed with --confirm
    /// or in a --confirm-file. Existing links do not change.
    UpdateCognitoUserIds {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        pool: PoolId,
        #[command(flatten)]
        confirm: ConfirmOptions,
    },
    /// Gives a user to another account, after confirmation: for an account that was deleted and created again.
    ///
    /// The previous account of the user must no longer exist. If the new account has signed in already, its own user is
    /// left without an account. All sessions of both end.
    RelinkUser(RelinkOptions),
}

/// Runs a subcommand.
pub async fn run(command: Command, global: &GlobalOptions) -> anyhow::Result<()> {
    match command {
        Command::Create(database) => server::create(&database, global).await,
        Command::Drop(database) => server::drop(&database, global).await,
        Command::Migrate(database) => {
            let pool = database.migrated().await?;
            let name = pool.connect_options().get_database().unwrap_or_default().to_owned();
            global.print(json!({ "database": name, "migrated": true }), format!("the schema of {name} is up to date"))
        }
        Command::Seed(database) => seed::run(&database, global).await,
        Command::Setup { database, pool } => server::setup(&database, pool.as_deref(), global).await,
        Command::Connect { database, arguments } => psql::exec(&database, &arguments),
        Command::Sessions(database) => server::sessions(&database, global).await,
        Command::UpdateCognitoUserIds { database, pool, confirm } => {
            link::run(&database, &pool.pool, &confirm, global).await
        }
        Command::RelinkUser(options) => relink::run(&options, global).await,
    }
}

impl Database {
    /// Returns the database, which may not exist yet, and prints its target.
    pub fn target(&self) -> anyhow::Result<(database::Database, Target)> {
        let database = database::Database::at(&self.database_url)?;
        let target = Target::of_postgres(database.options());
        target.announce();
        Ok((database, target))
    }

    /// Migrates the database and connects to it.
    pub async fn migrated(&self) -> anyhow::Result<PgPool> {
        self.target()?;
        self.migrate().await
    }

    /// Like [`Self::migrated`], without printing the target.
    pub async fn migrate(&self) -> anyhow::Result<PgPool> {
        let pool = store::postgres::connect(&self.database_url)?;
        store::postgres::migrate(&pool).await.context("migrate the database")?;
        Ok(pool)
    }

    /// Connects to the database. Fails at once if it is unreachable.
    pub async fn connect(&self) -> anyhow::Result<PgPool> {
        Ok(self.connect_with_target().await?.0)
    }

    /// Like [`Self::connect`], and returns the target for a confirmation.
    pub async fn connect_with_target(&self) -> anyhow::Result<(PgPool, Target)> {
        let (database, target) = self.target()?;
        database.answers().await?;
        Ok((store::postgres::connect(&self.database_url)?, target))
    }
}
