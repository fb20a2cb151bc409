//! `admin setup`: creates everything that a developer's machine needs.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::postgres::new_user::NewUser;
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::json;
use uuid::Uuid;

use crate::cognito;
use crate::cognito::accounts::{self, NewAccount};
use crate::cognito::pool::{self, Pool};
use crate::db::{Database, UserLinks};
use crate::ddb::schema::{self, Billing};
use crate::ddb::{self, TableName, seed};
use crate::global_options::GlobalOptions;
use crate::sample_users::{PASSWORD, SAMPLE_USERS, SampleUser};

/// Options of `admin setup`.
#[derive(Args)]
pub struct Options {
    /// File to write the web server's variables for the user pool to.
    #[arg(long)]
    env_file: PathBuf,
    /// Creates the tables and the pool only, without sample users and conversation.
    #[arg(long)]
    without_people: bool,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    table: TableName,
}

/// Creates everything that does not exist yet, then prints the sample users to sign in as.
pub async fn run(options: Options, global: &GlobalOptions) -> anyhow::Result<()> {
    let (dynamodb, dynamodb_target) = ddb::connect().await?;
    let (cognito, cognito_target) = cognito::connect().await?;
    let (_, database_target) = options.database.target()?;
    for target in [dynamodb_target, cognito_target, database_target] {
        target.require_local()?;
    }
    let database = options.database.migrate().await?;
    let name = &options.table.table;
    schema::create(&dynamodb, name, Billing::default())
        .await
        .map_err(Failure::into_cause)
        .context("create the table")?;
    let table = Table::new(dynamodb, name);
    let pool = pool::find_or_create(&cognito, pool::NAME).await?;
    write(&options.env_file, &pool)?;
    if options.without_people {
        return Ok(());
    }
    let (users, links) = (Users::new(database.clone()), UserLinks::new(database));
    let mut created = Vec::new();
    for sample in &SAMPLE_USERS {
        let sub = accounts::create(&cognito, &pool.id, &account_of(sample)).await?;
        created.push(find_or_create(&users, &links, sample, sub).await?);
    }
    if let [ana, ben, ..] = &created[..] {
        let messages = seed::seed(&table, &users, ana, ben).await?.messages;
        eprintln!("{} and {} have {messages} messages", ana.display_name, ben.display_name);
    }
    global.print(json!({ "people": created, "password": PASSWORD }), list(&created))
}

/// Creates the row that a first sign-in would create, so that the user can be found before it. If the row is linked to
/// an account of a deleted user pool, links it to the account of this pool.
async fn find_or_create(users: &Users, links: &UserLinks, sample: &SampleUser, sub: Uuid) -> anyhow::Result<User> {
    links.unlink(sample.email, sub).await.map_err(Failure::into_cause).context("unlink from another user pool")?;
    let new_user = NewUser {
        sub,
        email: sample.email.to_owned(),
        email_verified: true,
        name: Some(sample.name.to_owned()),
        handle: Some(sample.handle.to_owned()),
    };
    Ok(users.find_or_create(&new_user).await.map_err(Failure::into_cause)?.user)
}

fn account_of(sample: &SampleUser) -> NewAccount {
    NewAccount {
        email: sample.email.to_owned(),
        handle: sample.handle.to_owned(),
        name: sample.name.to_owned(),
        password: PASSWORD.to_owned(),
        permanent: true,
    }
}

fn list(users: &[User]) -> String {
    let mut lines: Vec<_> = SAMPLE_USERS
        .iter()
        .zip(users)
        .map(|(sample, user)| format!("  {:<20} {}, @{}", sample.email, user.display_name, user.handle_text()))
        .collect();
    lines.push(format!("  password             {PASSWORD}"));
    lines.join("\n")
}

/// Writes the file with access for its owner only, because it contains a client secret.
fn write(path: &Path, pool: &Pool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("open {}", path.display()))?;
    file.write_all(pool.variables().as_bytes()).with_context(|| format!("write {}", path.display()))
}
