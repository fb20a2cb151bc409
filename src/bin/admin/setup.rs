//! `admin setup`: all that a developer's machine needs.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use cruddur_messages::server::store::schema::Billing;
use cruddur_messages::server::store::users::Users;
use cruddur_messages::user::User;

use crate::cognito;
use crate::cognito::accounts::{self, Account};
use crate::cognito::pool::{self, Pool};
use crate::db::{self, Database};
use crate::ddb::{self, TableName};
use crate::endpoints;
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
pub async fn run(options: Options) -> anyhow::Result<()> {
    endpoints::demand_local()?;
    let database = options.database.migrate().await?;
    let table = options.table.create(Billing::default()).await?;
    let cognito = cognito::connect().await;
    let pool = pool::find_or_create(&cognito, pool::NAME).await?;
    write(&options.env_file, &pool)?;
    if options.without_people {
        return Ok(());
    }
    let mut people = Vec::new();
    for person in &PEOPLE {
        let sub = accounts::create(&cognito, &pool.id, &account_of(person)).await?;
        people.push(db::introduce(&database, person, sub).await?);
    }
    if let [ana, ben, ..] = &people[..] {
        let messages = ddb::seed(&table, &Users::new(database), ana, ben).await?;
        eprintln!("{} and {} have {messages} messages", ana.display_name, ben.display_name);
    }
    print_people(&people);
    Ok(())
}

fn account_of(person: &Person) -> Account {
    Account {
        email: person.email.to_owned(),
        handle: person.handle.to_owned(),
        name: person.name.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

fn print_people(people: &[User]) {
    for (person, user) in PEOPLE.iter().zip(people) {
        println!("  {:<20} {}, @{}", person.email, user.display_name, user.handle);
    }
    println!("  password             {PASSWORD}");
}

/// The file names a client secret: nobody else on the machine needs to read it.
fn write(path: &Path, pool: &Pool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("open {}", path.display()))?;
    file.write_all(pool.variables().as_bytes()).with_context(|| format!("write {}", path.display()))
}
