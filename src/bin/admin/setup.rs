//! `admin setup`: all that a developer's machine needs.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::schema::{self, Billing};
use cruddur_messages::server::store::postgres::new_user::Newcomer;
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::json;
use uuid::Uuid;

use crate::cognito;
use crate::cognito::accounts::{self, Account};
use crate::cognito::pool::{self, Pool};
use crate::db::Database;
use crate::ddb::{self, TableName, seed};
use crate::manner::Manner;
use crate::people::{PASSWORD, PEOPLE, Person};

/// What to set up.
#[derive(Args)]
pub struct Options {
    /// The file that is to hold the web server's variables for the user pool.
    #[arg(long)]
    env_file: PathBuf,
    /// Makes tables and the pool only: nobody to sign in as, no conversation.
    #[arg(long)]
    without_people: bool,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    table: TableName,
}

/// Makes what is not there yet, then prints whom to sign in as.
pub async fn run(options: Options, manner: &Manner) -> anyhow::Result<()> {
    let (dynamodb, of_dynamodb) = ddb::connect().await?;
    let (cognito, of_cognito) = cognito::connect().await?;
    of_dynamodb.demand_local()?;
    of_cognito.demand_local()?;
    let database = options.database.migrated().await?;
    let name = &options.table.table;
    schema::create(&dynamodb, name, Billing::default()).await.map_err(Failure::into_cause).context("make the table")?;
    let table = Table::new(dynamodb, name);
    let pool = pool::find_or_create(&cognito, pool::NAME).await?;
    write(&options.env_file, &pool)?;
    if options.without_people {
        return Ok(());
    }
    let users = Users::new(database);
    let mut people = Vec::new();
    for person in &PEOPLE {
        let sub = accounts::create(&cognito, &pool.id, &account_of(person)).await?;
        people.push(introduce(&users, person, sub).await?);
    }
    if let [ana, ben, ..] = &people[..] {
        let messages = seed::fill(&table, &users, ana, ben).await?.messages;
        eprintln!("{} and {} have {messages} messages", ana.display_name, ben.display_name);
    }
    manner.answer(json!({ "people": people, "password": PASSWORD }), list(&people))
}

/// Makes the row that a first sign-in would make, so that the person can be found before it. A row of theirs that belongs to
/// a user pool that is gone goes over to this one.
async fn introduce(users: &Users, person: &Person, sub: Uuid) -> anyhow::Result<User> {
    users.unlink(person.email, sub).await.map_err(Failure::into_cause).context("unlink from another user pool")?;
    let newcomer = Newcomer {
        sub,
        email: person.email.to_owned(),
        email_verified: true,
        name: Some(person.name.to_owned()),
        handle: Some(person.handle.to_owned()),
    };
    Ok(users.arrive(&newcomer).await.map_err(Failure::into_cause)?.user)
}

fn account_of(person: &Person) -> Account {
    Account {
        email: person.email.to_owned(),
        handle: person.handle.to_owned(),
        name: person.name.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

fn list(people: &[User]) -> String {
    let people = PEOPLE.iter().zip(people);
    let mut lines: Vec<_> = people
        .map(|(person, user)| format!("  {:<20} {}, @{}", person.email, user.display_name, user.handle))
        .collect();
    lines.push(format!("  password             {PASSWORD}"));
    lines.join("\n")
}

/// The file names a client secret: nobody else on the machine needs to read it.
fn write(path: &Path, pool: &Pool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("open {}", path.display()))?;
    file.write_all(pool.variables().as_bytes()).with_context(|| format!("write {}", path.display()))
}
