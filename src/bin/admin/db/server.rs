//! `admin db create`, `drop`, `setup` and `sessions`.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::database::{self, Session};
use super::{Database, UserLinks, link, seed};
use crate::cognito;
use crate::confirmation;
use crate::global_options::GlobalOptions;
use crate::output::{counted, one_line};
use crate::target::Target;

/// Runs `db create`.
pub async fn create(database: &Database, global: &GlobalOptions) -> anyhow::Result<()> {
    let (database, _) = database.target()?;
    let (name, created) = (database.name(), database.create().await?);
    let text = if created { format!("created database {name}") } else { format!("database {name} already exists") };
    global.print(json!({ "database": name, "created": created }), text)
}

/// Runs `db drop`.
pub async fn drop(database: &Database, global: &GlobalOptions) -> anyhow::Result<()> {
    let (database, target) = database.target()?;
    require_confirmation(&database, &target, global)?;
    let (json, text) = drop_now(&database).await?;
    global.print(json, text)
}

/// Runs `db setup`.
pub async fn setup(database: &Database, pool: Option<&str>, global: &GlobalOptions) -> anyhow::Result<()> {
    let (new, target) = database.target()?;
    require_confirmation(&new, &target, global)?;
    // Read before the drop: if the pool is unavailable, the old database stays.
    let accounts = match pool {
        Some(pool) => Some(cognito::accounts::list(&cognito::connect().await?.0, pool).await?),
        None => None,
    };
    let (mut json, text) = drop_now(&new).await?;
    eprintln!("{text}");
    new.create().await?;
    let users = UserLinks::new(database.migrate().await?);
    let seeded = seed::seed(&users).await?;
    json["seeded"] = json!(seeded);
    let mut lines = vec![format!("created database {}", new.name()), seeded.to_string()];
    match accounts {
        Some(accounts) => {
            let linked = link::link_all(&users, accounts, &[]).await?;
            json["linked"] = json!(linked);
            lines.push(linked.to_string());
        }
        None => lines.push("no users linked: AWS_COGNITO_USER_POOL_ID is not set".to_owned()),
    }
    global.print(json, lines.join("\n"))
}

/// Runs `db sessions`.
pub async fn sessions(database: &Database, global: &GlobalOptions) -> anyhow::Result<()> {
    let (database, _) = database.target()?;
    database.require_existence().await?;
    let sessions = database.sessions().await?;
    let lines: Vec<_> = sessions.iter().map(line).collect();
    global.print(&sessions, if lines.is_empty() { "no open sessions".to_owned() } else { lines.join("\n") })
}

fn require_confirmation(database: &database::Database, target: &Target, global: &GlobalOptions) -> anyhow::Result<()> {
    let name = database.name();
    Ok(confirmation::require(global, target, &format!("drop database {name} and all its data"), name)?)
}

/// Drops a database. Returns the result as JSON and as text.
async fn drop_now(database: &database::Database) -> anyhow::Result<(Value, String)> {
    let name = database.name();
    let ended = database.sessions().await?.len();
    let dropped = database.drop().await?;
    let text = match dropped {
        true => format!("dropped database {name} and ended {}", counted(ended, "session")),
        false => format!("database {name} does not exist"),
    };
    Ok((json!({ "database": name, "dropped": dropped, "sessions_ended": ended }), text))
}

fn line(session: &Session) -> String {
    let since = session.since.and_then(|since| since.format(&Rfc3339).ok());
    let words = [&session.username, &session.application, &session.client, &session.state, &since];
    let words = words.map(|word| word.as_deref().filter(|word| !word.is_empty()).unwrap_or("-"));
    one_line(&format!("{} {}", session.pid, words.join(" ")))
}
