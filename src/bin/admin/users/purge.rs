//! `admin users purge`: the deletion of accounts that a web server makes regularly.

use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use cruddur_messages::server::accounts::own_messages::OwnMessages;
use cruddur_messages::server::accounts::purge::Purge;
use cruddur_messages::server::audit::{Event, Origin};
use cruddur_messages::server::cognito::pool::Pool;
use cruddur_messages::server::cognito::pool_accounts::PoolAccounts;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::postgres::deletions::Deletions;
use cruddur_messages::server::store::postgres::users::Users;
use serde_json::json;

use crate::cognito::{self, PoolId};
use crate::db::Database;
use crate::ddb::{self, TableName};
use crate::global_options::GlobalOptions;
use crate::output::counted;
use crate::recorded::{act, record};

/// Options of `users purge`.
#[derive(Args)]
pub struct PurgeOptions {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    table: TableName,
    #[command(flatten)]
    pool: PoolId,
}

/// Runs `users purge`. Open pages of others hear of nothing, and show the deletions when they load again.
pub async fn run(options: &PurgeOptions, global: &GlobalOptions) -> anyhow::Result<()> {
    let pool = Pool::parse(&options.pool.pool)?;
    let (postgres, _) = options.database.connect_with_target().await?;
    let (client, _) = ddb::connect().await?;
    cognito::connect().await?;
    let (users, table) = (Users::new(postgres.clone()), Table::new(client, &options.table.table));
    let purge = Purge {
        messages: OwnMessages {
            deletions: Deletions::new(postgres.clone(), &users),
            conversations: Conversations::new(table.clone(), users),
            messages: Messages::new(table),
            publish: Arc::new(|_, _| {}),
        },
        accounts: PoolAccounts::new(pool, None).await,
        origin: Origin { route: Some("admin users purge".into()), ..Origin::default() },
    };
    record(&postgres, act(Event::AdminPurge, "users purge")).await?;
    let deleted = purge.run().await.map_err(Failure::into_cause).context("delete users")?;
    let text = format!("deleted {}", counted(deleted, "user"));
    global.print(json!({ "deleted": deleted }), text)
}
