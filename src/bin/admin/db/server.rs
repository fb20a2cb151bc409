//! Databases of a server: made, dropped, looked into.

use cruddur_messages::server::store::postgres::database::{self, Session};
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{Database, link, seed};
use crate::cognito;
use crate::consent;
use crate::manner::{Manner, counted, one_line};
use crate::place::Place;

/// `db create`.
pub async fn create(database: &Database, manner: &Manner) -> anyhow::Result<()> {
    let (database, _) = database.place()?;
    let (name, created) = (database.name(), database.create().await?);
    let text =
        if created { format!("made the database {name}") } else { format!("the database {name} is there already") };
    manner.answer(json!({ "database": name, "created": created }), text)
}

/// `db drop`.
pub async fn drop(database: &Database, manner: &Manner) -> anyhow::Result<()> {
    let (database, place) = database.place()?;
    let (answer, text) = dropped(&database, &place, manner).await?;
    manner.answer(answer, text)
}

/// `db setup`.
pub async fn setup(database: &Database, pool: Option<&str>, manner: &Manner) -> anyhow::Result<()> {
    // Asked first of all: a pool that does not answer must not leave a dropped database behind.
    let accounts = match pool {
        Some(pool) => Some(cognito::accounts::list(&cognito::connect().await?.0, pool).await?),
        None => None,
    };
    let (to_make, place) = database.place()?;
    let (mut answer, text) = dropped(&to_make, &place, manner).await?;
    eprintln!("{text}");
    to_make.create().await?;
    let users = Users::new(database.migrate().await?);
    let seeded = seed::fill(&users).await?;
    answer["seeded"] = json!(seeded);
    let mut lines = vec![format!("made the database {}", to_make.name()), seeded.to_string()];
    match accounts {
        Some(accounts) => {
            let linked = link::all(&users, accounts).await?;
            answer["linked"] = json!(linked);
            lines.push(linked.to_string());
        }
        None => lines.push("linked nobody: AWS_COGNITO_USER_POOL_ID names no user pool".to_owned()),
    }
    manner.answer(answer, lines.join("\n"))
}

/// `db sessions`.
pub async fn sessions(database: &Database, manner: &Manner) -> anyhow::Result<()> {
    let (database, _) = database.place()?;
    let sessions = database.sessions().await?;
    let lines: Vec<_> = sessions.iter().map(line).collect();
    manner.answer(&sessions, if lines.is_empty() { "nobody is connected".to_owned() } else { lines.join("\n") })
}

async fn dropped(database: &database::Database, place: &Place, manner: &Manner) -> anyhow::Result<(Value, String)> {
    let name = database.name();
    consent::demand(manner, place, &format!("drop the database {name} and all that is in it"), name)?;
    let ended = database.sessions().await?.len();
    let there_was = database.drop().await?;
    let text = match there_was {
        true => format!("dropped the database {name}, and ended {}", counted(ended, "session")),
        false => format!("there is no database {name}"),
    };
    Ok((json!({ "database": name, "dropped": there_was, "sessions_ended": ended }), text))
}

fn line(session: &Session) -> String {
    let since = session.since.and_then(|since| since.format(&Rfc3339).ok());
    let words = [&session.username, &session.application, &session.client, &session.state, &since];
    let words = words.map(|word| word.as_deref().filter(|word| !word.is_empty()).unwrap_or("-"));
    one_line(&format!("{} {}", session.pid, words.join(" ")))
}
