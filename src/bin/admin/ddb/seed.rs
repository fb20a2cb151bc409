//! `admin ddb seed`: writes the sample conversation of Ana and Ben.

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

use super::command::Stores;
use super::connect;
use crate::global_options::GlobalOptions;
use crate::progress;
use crate::sample_conversation::{Author, MESSAGES, SampleMessage};
use crate::sample_users::SAMPLE_USERS;

/// Id of the first message; the others count up from it. Version 8 is reserved for application-specific ids (RFC 9562,
/// section 5.8), so no random id collides.
const FIRST_ID: u128 = 0xc0de_0000_0000_8000_8000_0000_0000_0000;

/// Result of seeding the conversation.
#[derive(Serialize)]
pub struct Seeded {
    /// Number of messages in the conversation.
    pub messages: u64,
    /// If false, all messages existed already.
    pub written: bool,
}

/// Runs `ddb seed`. Fails if the sample users do not exist.
pub async fn run(stores: &Stores, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let users = Users::new(stores.database.connect().await?);
    let (ana, ben) = (user(&users, SAMPLE_USERS[0].handle).await?, user(&users, SAMPLE_USERS[1].handle).await?);
    let seeded = seed(&Table::new(client, &stores.table.table), &users, &ana, &ben).await?;
    let Seeded { messages, written } = seeded;
    let names = format!("{} and {}", ana.display_name, ben.display_name);
    let text = if written {
        format!("{names} now have {messages} messages")
    } else {
        format!("{names} already have {messages} messages")
    };
    global.print(seeded, text)
}

async fn user(users: &Users, handle: &str) -> anyhow::Result<User> {
    let found = users.by_handle(&Handle::parse(handle)?).await.map_err(Failure::into_cause)?;
    found.with_context(|| format!("there is no user @{handle}: `admin db seed` creates the sample users"))
}

/// Writes the conversation of Ana and Ben, unless it is complete. After an interrupted run, only the missing messages
/// are written: each message has a fixed id, and the store accepts an id once.
pub async fn seed(table: &Table, users: &Users, ana: &User, ben: &User) -> anyhow::Result<Seeded> {
    let conversations = Conversations::new(table.clone(), users.clone());
    if let Some(membership) = membership(&conversations, ana, ben).await?
        && membership.newest_seq() >= MESSAGES.len() as u64
    {
        return Ok(Seeded { messages: membership.newest_seq(), written: false });
    }
    let today = OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT);
    for (number, message) in progress::bar(MESSAGES.len(), "messages").wrap_iter(MESSAGES.iter().enumerate()) {
        write(table, users, (ana, ben), today, number, message).await?;
    }
    // Ben has read everything; Ana has not read the last message yet.
    for (reader, other, unread) in [(ben, ana, 0), (ana, ben, 1)] {
        let membership =
            membership(&conversations, reader, other).await?.context("find the conversation just written")?;
        conversations.mark_read(&membership, membership.newest_seq() - unread).await.map_err(Failure::into_cause)?;
    }
    Ok(Seeded { messages: MESSAGES.len() as u64, written: true })
}

async fn membership(conversations: &Conversations, me: &User, other: &User) -> anyhow::Result<Option<Membership>> {
    match conversations.find_direct(me.id, other.id).await.map_err(Failure::into_cause)? {
        Some(conversation) => conversations.membership(me.id, conversation).await.map_err(Failure::into_cause),
        None => Ok(None),
    }
}

/// Sends a sample message at its time in the past.
async fn write(
    table: &Table,
    users: &Users,
    (ana, ben): (&User, &User),
    today: OffsetDateTime,
    number: usize,
    (days_ago, (hour, minute), author, text): &SampleMessage,
) -> anyhow::Result<()> {
    let at = (today - Duration::days(*days_ago)).replace_time(Time::from_hms(*hour, *minute, 0)?);
    let conversations = Conversations::new(table.clone().with_clock(Clock::new(move || at)), users.clone());
    let (from, to) = if *author == Author::Ana { (ana, ben) } else { (ben, ana) };
    let id = message::Id(Uuid::from_u128(FIRST_ID + number as u128));
    let access = conversations.direct_access(from, to).await.map_err(Failure::into_cause)?;
    conversations.start(&access, id, &Body::parse(text)?).await.map_err(Failure::into_cause)?;
    Ok(())
}
