//! `admin ddb`: DynamoDB.

use anyhow::Context;
use clap::{Args, Subcommand};
use cruddur_messages::message::{self, Body};
use cruddur_messages::server::store::clock::Clock;
use cruddur_messages::server::store::conversations::{Conversations, Membership};
use cruddur_messages::server::store::dynamodb::{self, Table};
use cruddur_messages::server::store::schema::{self, Billing};
use cruddur_messages::server::store::users::Users;
use cruddur_messages::user::User;
use time::{Duration, OffsetDateTime, Time};
use uuid::Uuid;

use crate::endpoints;
use crate::failure::told;
use crate::talk::{Author, LINES, Line};

/// The id of the first line; the next ones follow. Version 8: ids of nobody's making but ours (RFC 9562, section 5.8).
const FIRST_LINE: u128 = 0xc0de_0000_0000_8000_8000_0000_0000_0000;

/// Which table.
#[derive(Args)]
pub struct TableName {
    /// The table of conversations and messages.
    #[arg(long, env = "DDB_MESSAGE_TABLE", default_value = "cruddur-messages")]
    table: String,
}

/// What can be done with the table.
#[derive(Subcommand)]
pub enum Command {
    /// Makes the table, its index and its stream, unless it is there.
    SchemaLoad {
        /// Which table.
        #[command(flatten)]
        table: TableName,
        /// Pays by request instead of for 5 read and 5 write units a second.
        #[arg(long)]
        on_demand: bool,
    },
}

/// Does what the command says.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let Command::SchemaLoad { table, on_demand } = command;
    let billing = if on_demand { Billing::OnDemand } else { Billing::default() };
    table.create(billing).await.map(drop)
}

impl TableName {
    /// Makes the table unless it is there, and says where.
    pub async fn create(&self, billing: Billing) -> anyhow::Result<Table> {
        endpoints::announce("DynamoDB", endpoints::DYNAMODB);
        let client = dynamodb::connect().await;
        schema::create(&client, &self.table, billing).await.map_err(told).context("make the table")?;
        Ok(Table::new(client, &self.table))
    }
}

/// Fills the conversation of Ana and Ben, and answers with how many messages it has. Where it is full, nothing is written;
/// where an earlier run was interrupted, the rest is: each line has an id of its own, and the store takes an id once.
pub async fn seed(table: &Table, users: &Users, ana: &User, ben: &User) -> anyhow::Result<u64> {
    let conversations = Conversations::new(table.clone(), users.clone());
    if let Some(membership) = membership(&conversations, ana, ben).await?
        && membership.newest_seq() >= LINES.len() as u64
    {
        return Ok(membership.newest_seq());
    }
    let today = OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT);
    for (number, line) in LINES.iter().enumerate() {
        write(table, users, (ana, ben), today, number, line).await?;
    }
    // Ben has read everything; Ana has not seen the last one yet.
    for (reader, other, unread) in [(ben, ana, 0), (ana, ben, 1)] {
        let membership =
            membership(&conversations, reader, other).await?.context("the conversation that was written")?;
        conversations.mark_read(&membership, membership.newest_seq() - unread).await.map_err(told)?;
    }
    Ok(LINES.len() as u64)
}

async fn membership(conversations: &Conversations, me: &User, other: &User) -> anyhow::Result<Option<Membership>> {
    match conversations.find_with(me.id, other.id).await.map_err(told)? {
        Some(conversation) => conversations.membership(me.id, conversation).await.map_err(told),
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
    then.start(from, to, id, &Body::parse(text)?).await.map_err(told)?;
    Ok(())
}
