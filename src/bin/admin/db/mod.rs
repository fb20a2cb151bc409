//! `admin db`: PostgreSQL.

mod link;
mod psql;
mod seed;
mod server;

use std::ffi::OsString;

use anyhow::Context;
use clap::{Args, Subcommand};
use cruddur_messages::server::store;
use cruddur_messages::server::store::postgres::database;
use cruddur_messages::server::store::postgres::users::Users;
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;

use crate::cognito::PoolId;
use crate::manner::Manner;
use crate::place::Place;

/// Which database.
#[derive(Args)]
pub struct Database {
    /// PostgreSQL, as a URL that names the database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: SecretString,
}

/// What can be done with the database.
#[derive(Subcommand)]
pub enum Command {
    /// Makes the database, empty. One that is there stays as it is.
    Create(Database),
    /// Ends all sessions of the database and drops it, with everybody who is in it. Asks before.
    Drop(Database),
    /// Brings the schema up to date. Changes nothing where it is.
    #[command(visible_alias = "schema-load")]
    Migrate(Database),
    /// Puts in the people of a developer's machine. Whoever is there already stays as they are.
    Seed(Database),
    /// A fresh database: drop (asks before), create, migrate, seed and update-cognito-user-ids.
    Setup {
        /// Which database.
        #[command(flatten)]
        database: Database,
        /// The user pool to link the people to. Without one nobody is linked.
        #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
        pool: Option<String>,
    },
    /// Becomes psql, connected to the database. The password is in no list of processes.
    #[command(after_help = "Example: admin db connect -- -c 'select handle from users'")]
    Connect {
        /// Which database.
        #[command(flatten)]
        database: Database,
        /// Handed on to psql.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Lists who is connected to the database: pid, role, program, address, state, and since when it is in that state.
    Sessions(Database),
    /// Links people to their accounts in the user pool, by e-mail or else by handle, and says who could not be linked.
    ///
    /// The e-mail counts where the pool has it verified; the handle (`preferred_username`) where one account of the pool
    /// only has it. Whoever is linked already stays so.
    UpdateCognitoUserIds {
        /// Which database.
        #[command(flatten)]
        database: Database,
        /// Which user pool.
        #[command(flatten)]
        pool: PoolId,
    },
}

/// Does what the command says.
pub async fn run(command: Command, manner: &Manner) -> anyhow::Result<()> {
    match command {
        Command::Create(database) => server::create(&database, manner).await,
        Command::Drop(database) => server::drop(&database, manner).await,
        Command::Migrate(database) => {
            let applied = database.migrated().await?;
            let name = applied.connect_options().get_database().unwrap_or_default().to_owned();
            manner.answer(json!({ "database": name, "migrated": true }), format!("the schema of {name} is up to date"))
        }
        Command::Seed(database) => seed::run(&database, manner).await,
        Command::Setup { database, pool } => server::setup(&database, pool.as_deref(), manner).await,
        Command::Connect { database, arguments } => psql::become_it(&database, &arguments),
        Command::Sessions(database) => server::sessions(&database, manner).await,
        Command::UpdateCognitoUserIds { database, pool } => link::run(&database, &pool.pool, manner).await,
    }
}

impl Database {
    /// The database, which may not be there yet, and where it is; says so.
    fn place(&self) -> anyhow::Result<(database::Database, Place)> {
        let database = database::Database::at(&self.database_url)?;
        let place = Place::of_postgres(database.options());
        place.announce();
        Ok((database, place))
    }

    /// Connections to the database, its schema brought up to date.
    pub async fn migrated(&self) -> anyhow::Result<PgPool> {
        self.place()?;
        self.migrate().await
    }

    async fn migrate(&self) -> anyhow::Result<PgPool> {
        let pool = store::postgres::connect(&self.database_url)?;
        store::postgres::migrate(&pool).await.context("migrate the database")?;
        Ok(pool)
    }

    /// The people in the database.
    pub async fn users(&self) -> anyhow::Result<Users> {
        let (database, _) = self.place()?;
        database.answers().await?;
        Ok(Users::new(store::postgres::connect(&self.database_url)?))
    }
}
