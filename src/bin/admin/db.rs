//! `admin db`: PostgreSQL.

use anyhow::Context;
use clap::{Args, Subcommand};
use cruddur_messages::server::store;
use cruddur_messages::server::store::newcomer::Newcomer;
use cruddur_messages::server::store::users::Users;
use cruddur_messages::user::{Handle, User};
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

use crate::failure::told;
use crate::people::Person;

/// Which database.
#[derive(Args)]
pub struct Database {
    /// PostgreSQL, as a URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: SecretString,
}

/// What can be done with the database.
#[derive(Subcommand)]
pub enum Command {
    /// Brings the schema up to date.
    Migrate(Database),
}

/// Does what the command says.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Migrate(database) => database.migrate().await.map(drop),
    }
}

impl Database {
    /// Brings the schema up to date, and says where.
    pub async fn migrate(&self) -> anyhow::Result<PgPool> {
        let pool = store::postgres::connect(&self.database_url)?;
        let options = pool.connect_options();
        eprintln!("PostgreSQL at {}:{}", options.get_host(), options.get_port());
        store::migrate(&pool).await.context("migrate the database")?;
        Ok(pool)
    }
}

/// Makes the row that a first sign-in would make, so that the person can be found before it. A row of theirs that belongs to
/// a user pool that is gone goes over to this one.
pub async fn introduce(pool: &PgPool, person: &Person, sub: Uuid) -> anyhow::Result<User> {
    // Not checked when compiling: only the library's queries are.
    let unlink = sqlx::query(include_str!("../../../sql/users/unlink.sql"));
    unlink.bind(person.email).bind(sub.to_string()).execute(pool).await.context("unlink from another user pool")?;
    let newcomer = Newcomer {
        sub,
        email: person.email.to_owned(),
        email_verified: true,
        name: Some(person.name.to_owned()),
        handle: Handle::parse(person.handle).ok(),
    };
    Ok(Users::new(pool.clone()).arrive(&newcomer).await.map_err(told)?.user)
}
