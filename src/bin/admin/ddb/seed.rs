//! `admin ddb seed`: the conversation of Ana and Ben.

use anyhow::Context;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::postgres::users::Users;
use serde::Serialize;
use time::{Duration, OffsetDateTime, Time};
use uuid::Uuid;

use super::{Stores, connect};
use crate::manner::Manner;
use crate::people::PEOPLE;
use crate::progress;
use crate::talk::{Author, LINES, Line};

/// The id of the first line; the next ones follow. Version 8: ids of nobody's making but ours (RFC 9562, section 5.8).
const FIRST_LINE: u128 = 0xc0de_0000_0000_8000_8000_0000_0000_0000;

/// What the conversation has now.
#[derive(Serialize)]
pub struct Filled {
    /// How many messages.
    pub messages: u64,
    /// Whether some of them were written just now.
    pub written: bool,
}

/// Fills the conversation, if its people are there.
pub async fn run(stores: &Stores, manner: &Manner) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let users = stores.database.users().await?;
    let (ana, ben) = (person(&users, PEOPLE[0].handle).await?, person(&users, PEOPLE[1].handle).await?);
    let filled = fill(&Table::new(client, &stores.table.table), &users, &ana, &ben).await?;
    let Filled { messages, written } = filled;
    let names = format!("{} and {}", ana.display_name, ben.display_name);
    let text = if written {
        format!("{names} have {messages} messages now")
    } else {
        format!("{names} have {messages} messages already")
    };
    manner.answer(filled, text)
}

async fn person(users: &Users, handle: &str) -> anyhow::Result<User> {
    let found = users.by_handle(&Handle::parse(handle)?).await.map_err(Failure::into_cause)?;
    found.with_context(|| format!("nobody is @{handle}: `admin db seed` puts the people in"))
}

/// Fills the conversation of Ana and Ben. Where it is full, nothing is written; where an earlier run was interrupted, the
/// rest is: each line has an id of its own, and the store takes an id once.
pub async fn fill(table: &Table, users: &Users, ana: &User, ben: &User) -> anyhow::Result<Filled> {
    let conversations = Conversations::new(table.clone(), users.clone());
    if let Some(membership) = membership(&conversations, ana, ben).await?
        && membership.newest_seq() >= LINES.len() as u64
    {
        return Ok(Filled { messages: membership.newest_seq(), written: false });
    }
    let today = OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT);
    for (number, line) in progress::of(LINES.len(), "messages").wrap_iter(LINES.iter().enumerate()) {
        write(table, users, (ana, ben), today, number, line).await?;
    }
    // Ben has read everything; Ana has not seen the last one yet.
    for (reader, other, unread) in [(ben, ana, 0), (ana, ben, 1)] {
        let membership =
            membership(&conversations, reader, other).await?.context("the conversation that was written")?;
        conversations.mark_read(&membership, membership.newest_seq() - unread).await.map_err(Failure::into_cause)?;
    }
    Ok(Filled { messages: LINES.len() as u64, written: true })
}
async fn membership(conversations: &Conversations, me: &User, other: &User) -> anyhow::Result<Option<Membership>> {
    match conversations.find_with(me.id, other.id).await.map_err(Failure::into_cause)? {
        Some(conversation) => conversations.membership(me.id, conversation).await.map_err(Failure::into_cause),
        None => Ok(None),
    }
}

/// Sends a line as if it were then.
async fn write(
    table: &Table,
    users: &Users,
    (ana, ben): (&User, &User),
    today: OffsetDateTime,
    number: usize,
    (days_ago, (hour, minute), author, text): &Line,
) -> anyhow::Result<()> {
    let at = (today - Duration::days(*days_ago)).replace_time(Time::from_hms(*hour, *minute, 0)?);
    let then = Conversations::new(table.clone().with_clock(Clock::new(move || at)), users.clone());
    let (from, to) = if *author == Author::Ana { (ana, ben) } else { (ben, ana) };
    let id = message::Id(Uuid::from_u128(FIRST_LINE + number as u128));
    then.start(from, to, id, &Body::parse(text)?).await.map_err(Failure::into_cause)?;
    Ok(())
}
