//! Reads the whole table.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, ReadCursor};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, PK, SK, TIMES};

use super::judge::{Reading, ShownMessage, ShownRow, preview};
use super::ledger::text_of;
use super::users::AuditUser;

/// Number of rows per page: few enough for a busy machine to return before the SDK's timeout of one second.
const ROWS_PER_PAGE: i32 = 1000;

/// Contents of the table.
#[derive(Debug, Default)]
pub struct TableContents {
    /// Messages and inbox rows.
    pub reading: Reading,
    /// Numbers of the members.
    pub members: HashMap<conversation::Id, [u16; 2]>,
    /// Read positions.
    pub cursors: HashMap<(u16, conversation::Id), u64>,
}

/// Reads every row.
pub async fn read(table: &Table, users: &[AuditUser]) -> anyhow::Result<TableContents> {
    let numbers: HashMap<_, _> = users.iter().map(|it| it.user.id).zip(0_u16..).collect();
    let mut contents = TableContents::default();
    let mut start = None;
    loop {
        let request = table.client().scan().table_name(table.name()).consistent_read(true).limit(ROWS_PER_PAGE);
        let page = request.set_exclusive_start_key(start).send().await.context("scan the table")?;
        for item in page.items() {
            if contents.add(item, &numbers).is_none() {
                contents.reading.unreadable_rows += 1;
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    for messages in contents.reading.conversations.values_mut() {
        messages.sort_by_key(|message| message.at);
    }
    Ok(contents)
}

impl TableContents {
    /// Re-reads the inbox rows of a user.
    pub async fn reread_inbox(&mut self, table: &Table, users: &[AuditUser], owner: u16) -> anyhow::Result<()> {
        let inbox = AttributeValue::S(Key::inbox(users[usize::from(owner)].user.id));
        let rows = table
            .client()
            .query()
            .table_name(table.name())
            .consistent_read(true)
            .key_condition_expression(format!("{PK} = :inbox AND {SK} BETWEEN :from AND :to"))
            .expression_attribute_values(":inbox", inbox)
            .expression_attribute_values(":from", AttributeValue::S(TIMES.0.to_owned()))
            .expression_attribute_values(":to", AttributeValue::S(TIMES.1.to_owned()))
            .into_paginator()
            .items()
            .send();
        let rows = rows.try_collect().await.context("read an inbox")?;
        self.reading.inboxes.retain(|(other, _), _| *other != owner);
        for row in rows.iter().filter_map(InboxRow::from_item) {
            self.add_inbox_row(owner, &row);
        }
        Ok(())
    }

    /// Adds a row. `None` if it is unreadable or refers to an unknown user.
    fn add(&mut self, item: &Item, numbers: &HashMap<user::Id, u16>) -> Option<()> {
        match Key::of(item)? {
            Key::Message(conversation, _) => {
                let message = shown_message(MessageRow::from_item(item)?)?;
                self.reading.conversations.entry(conversation).or_default().push(message);
            }
            Key::Inbox(owner, _) => {
                self.add_inbox_row(*numbers.get(&owner)?, &InboxRow::from_item(item)?);
            }
            Key::Head(conversation) => {
                let [one, other] = Head::from_item(item)?.pair()?;
                self.members.insert(conversation, [*numbers.get(&one)?, *numbers.get(&other)?]);
            }
            Key::ReadCursor(reader, conversation) => {
                // The row has no `seq` if a message has been delivered but none has been read.
                self.cursors.insert((*numbers.get(&reader)?, conversation), ReadCursor::from_item(item).receipts.read);
            }
            Key::SendMarker(..) | Key::Pair(..) | Key::Migrated => {}
        }
        Some(())
    }

    fn add_inbox_row(&mut self, owner: u16, row: &InboxRow) {
        let shown = ShownRow { preview: preview(&row.body), seq: row.seq.try_into().ok(), unread: None };
        self.reading.inboxes.entry((owner, row.conversation)).or_default().push(shown);
    }
}

fn shown_message(row: MessageRow) -> Option<ShownMessage> {
    let at = row.at.at().unix_timestamp_nanos() / 1000;
    let is_faithful = row.body == text_of(row.id);
    Some(ShownMessage {
        id: row.id,
        author: row.author.id,
        seq: Some(row.seq.try_into().ok()?),
        at: at.try_into().ok()?,
        is_faithful,
    })
}
