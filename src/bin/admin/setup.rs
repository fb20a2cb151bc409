//! `admin setup`: all that a developer's machine needs.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::cognito::accounts::{self, Account};
use crate::cognito::pool::{self, Pool};
use crate::endpoints;
use crate::people::{PASSWORD, PEOPLE};

/// What to set up.
#[derive(Args)]
pub struct Options {
    /// The file that is to hold the web server's variables for the user pool.
    #[arg(long)]
    env_file: PathBuf,
    /// Makes tables and the pool only: nobody to sign in as, no conversation.
    #[arg(long)]
    without_people: bool,
}

/// Makes what is not there yet, then prints whom to sign in as.
pub async fn run(options: Options) -> anyhow::Result<()> {
    endpoints::demand_local()?;
    endpoints::announce("Cognito", endpoints::COGNITO);
    let cognito = aws_sdk_cognitoidentityprovider::Client::new(&aws_config::load_from_env().await);
    let pool = pool::find_or_create(&cognito, pool::NAME).await?;
    write(&options.env_file, &pool)?;
    if options.without_people {
        return Ok(());
    }
    for person in &PEOPLE {
        let account = Account {
            email: person.email.to_owned(),
            handle: person.handle.to_owned(),
            name: person.name.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let sub = accounts::create(&cognito, &pool.id, &account).await?;
        println!("  {:<20} {} @{}", person.email, person.name, person.handle);
        let _ = sub;
    }
    println!("  password             {PASSWORD}");
    Ok(())
}

/// The file names a client secret: nobody else on the machine needs to read it.
fn write(path: &Path, pool: &Pool) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(pool.variables().as_bytes()).with_context(|| format!("write {}", path.display()))
}
