//! The table: made, listed, dropped.

use anyhow::Context;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::schema::{self, Billing};
use serde_json::json;

use super::{Mode, Payment, connect};
use crate::consent;
use crate::manner::Manner;

/// `ddb schema-load`.
pub async fn make(name: &str, payment: &Payment, manner: &Manner) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let created = schema::create(&client, name, payment.billing())
        .await
        .map_err(Failure::into_cause)
        .context("make the table")?;
    let text = if created {
        format!("made the table {name}")
    } else {
        format!("the table {name} is there already; it keeps its billing")
    };
    manner.answer(json!({ "table": name, "created": created }), text)
}

/// `ddb list-tables`.
pub async fn list(manner: &Manner) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let names = client.list_tables().into_paginator().items().send().try_collect().await.context("list the tables")?;
    manner.answer(&names, names.join("\n"))
}

/// `ddb drop`.
pub async fn drop(name: &str, manner: &Manner) -> anyhow::Result<()> {
    let (client, place) = connect().await?;
    consent::demand(manner, &place, &format!("drop the table {name} and every message in it"), name)?;
    let dropped = schema::drop(&client, name).await.map_err(Failure::into_cause).context("drop the table")?;
    let text = if dropped { format!("dropped the table {name}") } else { format!("there is no table {name}") };
    manner.answer(json!({ "table": name, "dropped": dropped }), text)
}

impl Payment {
    fn billing(&self) -> Billing {
        match self.billing {
            Mode::Provisioned => Billing::Provisioned { read: self.read_capacity, write: self.write_capacity },
            Mode::OnDemand => Billing::OnDemand,
        }
    }
}
