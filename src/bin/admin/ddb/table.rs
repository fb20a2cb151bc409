//! `admin ddb schema-load`, `list-tables` and `drop`.

use anyhow::Context;
use cruddur_messages::server::failure::Failure;
use serde_json::json;

use super::command::{BillingMode, BillingOptions};
use super::connect;
use super::schema::{self, Billing};
use crate::confirmation;
use crate::global_options::GlobalOptions;

/// Runs `ddb schema-load`.
pub async fn create(name: &str, billing: &BillingOptions, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let created = schema::create(&client, name, billing.to_billing())
        .await
        .map_err(Failure::into_cause)
        .context("create the table")?;
    let text = if created {
        format!("created table {name}")
    } else {
        format!("table {name} already exists; its billing is unchanged")
    };
    global.print(json!({ "table": name, "created": created }), text)
}

/// Runs `ddb list-tables`.
pub async fn list(global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let names = client.list_tables().into_paginator().items().send().try_collect().await.context("list the tables")?;
    global.print(&names, names.join("\n"))
}

/// Runs `ddb drop`.
pub async fn drop(name: &str, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, target) = connect().await?;
    confirmation::require(global, &target, &format!("drop table {name} and all messages in it"), name)?;
    let dropped = schema::drop(&client, name).await.map_err(Failure::into_cause).context("drop the table")?;
    let text = if dropped { format!("dropped table {name}") } else { format!("table {name} does not exist") };
    global.print(json!({ "table": name, "dropped": dropped }), text)
}

impl BillingOptions {
    fn to_billing(&self) -> Billing {
        match self.billing {
            BillingMode::Provisioned => Billing::Provisioned { read: self.read_capacity, write: self.write_capacity },
            BillingMode::OnDemand => Billing::OnDemand,
        }
    }
}
