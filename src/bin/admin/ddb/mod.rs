//! `admin ddb`: DynamoDB.

mod adopt;
mod conversations;
mod scan;
pub mod seed;
mod table;

use std::str::FromStr;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use clap::{Args, Subcommand, ValueEnum};
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::Handle;
use cruddur_messages::server::store::dynamodb;
use cruddur_messages::server::store::dynamodb::legacy::whole::Purpose;

use crate::db::Database;
use crate::manner::Manner;
use crate::place::Place;

/// Which table.
#[derive(Args)]
pub struct TableName {
    /// The table of conversations and messages.
    #[arg(long, env = "DDB_MESSAGE_TABLE", default_value = "cruddur-messages")]
    pub table: String,
}

/// How the table is paid for.
#[derive(Args)]
pub struct Payment {
    /// For so many units a second, or by request.
    #[arg(long, value_enum, default_value_t = Mode::Provisioned)]
    billing: Mode,
    /// Read units a second, for the table and for its index each; provisioned only.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..))]
    read_capacity: i64,
    /// Write units a second, for the table and for its index each; provisioned only.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..))]
    write_capacity: i64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Provisioned,
    OnDemand,
}

/// Where messages are, and whose they are.
#[derive(Args)]
pub struct Stores {
    #[command(flatten)]
    table: TableName,
    #[command(flatten)]
    database: Database,
}

/// How much of a list.
#[derive(Args)]
pub struct Extent {
    /// Every page, to the beginning of time. Without it the newest page only.
    #[arg(long)]
    all: bool,
}

/// A conversation, by who it is with or by its own id.
#[derive(Clone)]
pub enum Which {
    /// The one with this person.
    With(Handle),
    /// This one.
    Conversation(conversation::Id),
}

/// What can be done with the table.
#[derive(Subcommand)]
pub enum Command {
    /// Makes the table, its index and its stream. One that is there stays as it is, its billing too.
    #[command(after_help = "Example: admin ddb schema-load --billing provisioned --read-capacity 5 --write-capacity 5")]
    SchemaLoad {
        #[command(flatten)]
        table: TableName,
        #[command(flatten)]
        payment: Payment,
    },
    /// Lists the names of all tables, not only ours.
    ListTables,
    /// Drops the table and every message in it. Asks before.
    Drop(TableName),
    /// Lets two of the people of `db seed` have written to each other for three weeks. The second time changes nothing.
    Seed(Stores),
    /// Prints every row of the table as it is stored, a line each. Reads, and pays for, the whole table.
    Scan {
        #[command(flatten)]
        table: TableName,
        /// Stops after so many rows.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
    },
    /// Prints somebody's conversations, newest first, and the capacity that reading them consumed.
    ListConversations {
        /// Whose, by handle.
        #[arg(value_parser = handle)]
        handle: Handle,
        #[command(flatten)]
        extent: Extent,
        #[command(flatten)]
        stores: Stores,
    },
    /// Prints the messages of a conversation, oldest first, and the capacity that reading them consumed.
    GetConversation {
        /// Who is in it, by handle.
        #[arg(value_parser = handle)]
        handle: Handle,
        /// The handle of who it is with, or the id of the conversation.
        which: Which,
        #[command(flatten)]
        extent: Extent,
        #[command(flatten)]
        stores: Stores,
    },
    /// Brings a table of the old app up to date, and says what it found and changed. Can be stopped and run again.
    #[command(after_help = ADOPT_LESSON)]
    Adopt {
        #[command(flatten)]
        table: TableName,
        /// Changes nothing: only says what is in the table, and what would be changed.
        #[arg(long)]
        dry_run: bool,
    },
}

/// What `ddb adopt --help` ends with.
const ADOPT_LESSON: &str = "\
The old app and its stream handler must have been stopped before: they write what this would have to be run again for.
People may go on using the new one. Nothing that anybody wrote is dropped. Rows of lists that stayed behind their newest
message are moved, the old app's and ours. It reads the table once, and writes some four units for each message that
gets another key and some twenty for each conversation; where the table has no capacity left, it waits.

Example: admin ddb adopt --dry-run";

/// Does what the command says.
pub async fn run(command: Command, manner: &Manner) -> anyhow::Result<()> {
    match command {
        Command::SchemaLoad { table, payment } => table::make(&table.table, &payment, manner).await,
        Command::ListTables => table::list(manner).await,
        Command::Drop(table) => table::drop(&table.table, manner).await,
        Command::Seed(stores) => seed::run(&stores, manner).await,
        Command::Scan { table, limit } => scan::run(&table.table, limit, manner).await,
        Command::ListConversations { handle, extent, stores } => {
            conversations::list(&stores, &handle, &extent, manner).await
        }
        Command::GetConversation { handle, which, extent, stores } => {
            conversations::show(&stores, &handle, &which, &extent, manner).await
        }
        Command::Adopt { table, dry_run } => {
            let purpose = if dry_run { Purpose::Report } else { Purpose::Change };
            adopt::run(&table.table, purpose, manner).await
        }
    }
}

/// A client, and where it calls; says so. It waits longer than the web server's: a table that is paid for 5 units a second
/// is soon busy, and nobody is waiting for a page.
pub async fn connect() -> anyhow::Result<(Client, Place)> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(60))
        .build();
    let retries = RetryConfig::standard().with_max_attempts(8).with_max_backoff(Duration::from_secs(5));
    let config = dynamodb::connect().await.config().to_builder().timeout_config(timeouts).retry_config(retries);
    let client = Client::from_conf(config.build());
    let place = Place::of_dynamodb(&client).await?;
    place.announce();
    Ok((client, place))
}

/// The old app checked no handles, so any text may be one.
fn handle(text: &str) -> Result<Handle, String> {
    match text.trim().trim_start_matches('@') {
        "" => Err("expected a handle, such as ana".to_owned()),
        text => Ok(Handle::stored(text.to_owned())),
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(conversation) => Ok(Self::Conversation(conversation)),
            Err(_) => handle(text).map(Self::With),
        }
    }
}
