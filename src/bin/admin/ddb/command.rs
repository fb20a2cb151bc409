//! Commands and options of `admin ddb`.

use std::str::FromStr;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::Handle;
use cruddur_messages::server::store::dynamodb;

use super::legacy::purpose::Purpose;
use super::{conversations, migrate_legacy, scan, seed, table};
use crate::db::Database;
use crate::global_options::GlobalOptions;
use crate::target::Target;

/// Option for the name of the table.
#[derive(Args)]
pub struct TableName {
    /// Name of the table of conversations and messages.
    #[arg(long, env = "DDB_MESSAGE_TABLE", default_value = "cruddur-messages", value_parser = NonEmptyStringValueParser::new())]
    pub table: String,
}

/// Billing options of a new table.
#[derive(Args)]
pub struct BillingOptions {
    /// Billing mode: provisioned capacity, or per request.
    #[arg(long, value_enum, default_value_t = BillingMode::Provisioned)]
    pub(super) billing: BillingMode,
    /// Read units per second, for the table and its index each; provisioned only.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) read_capacity: i64,
    /// Write units per second, for the table and its index each; provisioned only.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) write_capacity: i64,
}

/// Billing mode of a table.
#[derive(Clone, Copy, ValueEnum)]
pub enum BillingMode {
    Provisioned,
    OnDemand,
}

/// Table of the messages and database of their users.
#[derive(Args)]
pub struct Stores {
    #[command(flatten)]
    pub(super) table: TableName,
    #[command(flatten)]
    pub(super) database: Database,
}

/// Option for the number of pages.
#[derive(Args)]
pub struct PageOptions {
    /// Reads all pages instead of the newest page only.
    #[arg(long)]
    pub(super) all: bool,
}

/// Reference to a conversation of a user.
#[derive(Clone)]
pub enum ConversationRef {
    /// Conversation with the user of this handle.
    With(Handle),
    /// Conversation with this id.
    Id(conversation::Id),
}

/// Subcommands of `admin ddb`.
#[derive(Subcommand)]
pub enum Command {
    /// Creates the table, its index and its stream. Leaves an existing table and its billing as they are.
    #[command(after_help = "Example: admin ddb schema-load --billing provisioned --read-capacity 5 --write-capacity 5")]
    SchemaLoad {
        #[command(flatten)]
        table: TableName,
        #[command(flatten)]
        billing: BillingOptions,
    },
    /// Lists the names of all tables of the account and region.
    ListTables,
    /// Drops the table and all messages in it, after confirmation.
    Drop(TableName),
    /// Writes a sample conversation of two users of `db seed`, three weeks long. Changes nothing if it exists.
    Seed(Stores),
    /// Prints every row of the table as it is stored, one per line. Consumes the capacity of reading the whole table.
    Scan {
        #[command(flatten)]
        stores: Stores,
        /// Maximum number of rows.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
    },
    /// Lists the conversations of a user, newest first, and the capacity consumed by reading them.
    ListConversations {
        /// Handle of the user.
        #[arg(value_parser = handle)]
        handle: Handle,
        #[command(flatten)]
        pages: PageOptions,
        #[command(flatten)]
        stores: Stores,
    },
    /// Prints the messages of a conversation, oldest first, and the capacity consumed by reading them.
    GetConversation {
        /// Handle of one member.
        #[arg(value_parser = handle)]
        handle: Handle,
        /// Handle of the other member, or id of the conversation.
        conversation: ConversationRef,
        #[command(flatten)]
        pages: PageOptions,
        #[command(flatten)]
        stores: Stores,
    },
    /// Migrates a table of the old app, and reports its contents and the changes. Can be stopped and repeated.
    #[command(alias = "adopt", after_help = MIGRATE_LEGACY_AFTER_HELP)]
    MigrateLegacy {
        #[command(flatten)]
        table: TableName,
        /// Changes nothing; only reports the contents of the table, and the changes that would be made.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Text at the end of `ddb migrate-legacy --help`.
const MIGRATE_LEGACY_AFTER_HELP: &str = "\
The new app may stay in use, and so may the old one: messages that it writes later get their numbers from the readers of
the table's stream. No message is deleted. Stale inbox rows of both apps are moved to the newest message of their
conversation. A missing stream, time to live or index is added. The command reads the table once. It consumes about four
write units per message that gets a new key, and about twenty per conversation. It waits while the table is throttled.

Example: admin ddb migrate-legacy --dry-run";

/// Runs a subcommand.
pub async fn run(command: Command, global: &GlobalOptions) -> anyhow::Result<()> {
    match command {
        Command::SchemaLoad { table, billing } => table::create(&table.table, &billing, global).await,
        Command::ListTables => table::list(global).await,
        Command::Drop(table) => table::drop(&table.table, global).await,
        Command::Seed(stores) => seed::run(&stores, global).await,
        Command::Scan { stores, limit } => scan::run(&stores, limit, global).await,
        Command::ListConversations { handle, pages, stores } => {
            conversations::list(&stores, &handle, &pages, global).await
        }
        Command::GetConversation { handle, conversation, pages, stores } => {
            conversations::show(&stores, &handle, &conversation, &pages, global).await
        }
        Command::MigrateLegacy { table, dry_run } => {
            let purpose = if dry_run { Purpose::Report } else { Purpose::Change };
            migrate_legacy::run(&table.table, purpose, global).await
        }
    }
}

/// Connects to DynamoDB, and prints the target. The timeouts are longer than the web server's: a table with a capacity
/// of 5 units is soon throttled, and no page load is waiting.
pub async fn connect() -> anyhow::Result<(Client, Target)> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(60))
        .build();
    let retries = RetryConfig::standard().with_max_attempts(8).with_max_backoff(Duration::from_secs(5));
    let config = dynamodb::connect().await.config().to_builder().timeout_config(timeouts).retry_config(retries);
    let client = Client::from_conf(config.build());
    let target = Target::of_dynamodb(&client).await?;
    target.announce();
    Ok((client, target))
}

/// Accepts any text as a handle, because the old app did not validate handles.
fn handle(text: &str) -> Result<Handle, String> {
    match text.trim().trim_start_matches('@') {
        "" => Err("expected a handle, such as ana".to_owned()),
        text => Ok(Handle::stored(text.to_owned())),
    }
}

impl FromStr for ConversationRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => handle(text).map(Self::With),
        }
    }
}
