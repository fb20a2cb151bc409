//! Reads the whole table, as it is.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, number};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, PK, SEQ, SK, TIMES};

use crate::judge::{Line, Reading, Row, preview};
use crate::ledger::text_of;
use crate::people::Person;

/// Rows that are asked for at once: few enough for a busy machine to find within the SDK's second.
const ROWS_AT_ONCE: i32 = 1000;

/// What the table holds.
#[derive(Debug, Default)]
pub struct Found {
    /// Messages and rows of lists.
    pub reading: Reading,
    /// Who is in which conversation.
    pub members: HashMap<conversation::Id, [u16; 2]>,
    /// How far people have read.
    pub cursors: HashMap<(u16, conversation::Id), u64>,
}

/// Reads every row.
pub async fn read(table: &Table, people: &[Person]) -> anyhow::Result<Found> {
    let numbers: HashMap<_, _> = people.iter().map(|person| person.user.id).zip(0_u16..).collect();
    let mut found = Found::default();
    let mut start = None;
    loop {
        let request = table.client().scan().table_name(table.name()).consistent_read(true).limit(ROWS_AT_ONCE);
        let page = request.set_exclusive_start_key(start).send().await.context("scan the table")?;
        for item in page.items() {
            if found.take(item, &numbers).is_none() {
                found.reading.riddles += 1;
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    for lines in found.reading.talks.values_mut() {
        lines.sort_by_key(|line| line.at);
    }
    Ok(found)
}

impl Found {
    /// Reads the rows of one person's list again.
    pub async fn read_list(&mut self, table: &Table, people: &[Person], owner: u16) -> anyhow::Result<()> {
        let inbox = AttributeValue::S(Key::inbox(people[usize::from(owner)].user.id));
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
        let rows = rows.try_collect().await.context("read a list")?;
        self.reading.lists.retain(|(other, _), _| *other != owner);
        for row in rows.iter().filter_map(InboxRow::read) {
            self.take_inbox(owner, &row);
        }
        Ok(())
    }

    /// Sorts a row in; none for one that nothing is known about.
    fn take(&mut self, item: &Item, numbers: &HashMap<user::Id, u16>) -> Option<()> {
        match Key::of(item)? {
            Key::Message(conversation, _) => {
                let line = line_of(MessageRow::read(item)?)?;
                self.reading.talks.entry(conversation).or_default().push(line);
            }
            Key::Inbox(owner, _) => {
                self.take_inbox(*numbers.get(&owner)?, &InboxRow::read(item)?);
            }
            Key::Head(conversation) => {
                let [one, other] = Head::read(item)?.members;
                self.members.insert(conversation, [*numbers.get(&one)?, *numbers.get(&other)?]);
            }
            Key::Read(reader, conversation) => {
                // A message may have reached somebody who has not read it yet.
                self.cursors.insert((*numbers.get(&reader)?, conversation), number(item, SEQ).unwrap_or(0));
            }
            Key::Marker(..) | Key::Pair(..) | Key::Adopted => {}
        }
        Some(())
    }

    fn take_inbox(&mut self, owner: u16, row: &InboxRow) {
        let shown = Row { preview: preview(&row.body), seq: row.seq.try_into().ok(), unread: None };
        self.reading.lists.entry((owner, row.conversation)).or_default().push(shown);
    }
}

fn line_of(row: MessageRow) -> Option<Line> {
    let at = row.at.at().unix_timestamp_nanos() / 1000;
    let is_faithful = row.body == text_of(row.id);
    Some(Line {
        id: row.id,
        author: row.author.id,
        seq: Some(row.seq.try_into().ok()?),
        at: at.try_into().ok()?,
        is_faithful,
    })
}
