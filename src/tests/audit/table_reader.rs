//! Reads the whole table.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::{conversation, message, user};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{EarlierText, Head, InboxRow, MessageRow, ReadCursor, Revision};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, PK, SK, TIMES};

use super::judged_revisions::Revisions;
use super::shown::{Reading, ShownHistory, ShownMessage, ShownQuote, ShownRow, micros, preview, shown_body};
use super::texts::{ShownText, mark_of, marks_in};
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
    /// Requests that have not been accepted, with the numbers of their recipients.
    pub requests: HashMap<conversation::Id, u16>,
    /// Read positions.
    pub cursors: HashMap<(u16, conversation::Id), u64>,
    /// Revisions of the conversations.
    pub revisions: HashMap<conversation::Id, Revisions>,
    /// Marks of the messages of which a text, or a part of it, is in any attribute of any row.
    pub texts: HashSet<u64>,
    /// Earlier texts of messages, by conversation and id of the message.
    pub earlier: HashMap<(conversation::Id, message::Id), Vec<EarlierText>>,
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
            item.values().for_each(|value| contents.collect_texts(value));
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
    contents.add_histories();
    Ok(contents)
}

/// Reports whether any attribute in the partitions of a conversation and its members holds a text of a message, or a
/// part of it.
pub async fn has_text(
    table: &Table,
    conversation: conversation::Id,
    members: [user::Id; 2],
    message: message::Id,
) -> anyhow::Result<bool> {
    let mut found = TableContents::default();
    for partition in [Key::messages(conversation), Key::inbox(members[0]), Key::inbox(members[1])] {
        let request = table.client().query().table_name(table.name()).consistent_read(true);
        let request = request.key_condition_expression(format!("{PK} = :partition"));
        let request = request.expression_attribute_values(":partition", AttributeValue::S(partition));
        let rows = request.into_paginator().items().send().try_collect().await.context("read a partition")?;
        rows.iter().flat_map(|row| row.values()).for_each(|value| found.collect_texts(value));
    }
    Ok(found.texts.contains(&mark_of(message)))
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
                let head = Head::from_item(item)?;
                let [one, other] = head.pair()?;
                self.members.insert(conversation, [*numbers.get(&one)?, *numbers.get(&other)?]);
                if let Some(recipient) = head.request_recipient() {
                    self.requests.insert(conversation, *numbers.get(&recipient)?);
                }
                self.revisions.entry(conversation).or_default().newest = head.rev;
            }
            Key::Revision(conversation, rev) => {
                let at = micros(&Revision::from_item(item)?.at.sent_at())?;
                self.revisions.entry(conversation).or_default().changed_at.insert(rev, at);
            }
            Key::EarlierText(conversation, message, _) => {
                let earlier = self.earlier.entry((conversation, message)).or_default();
                earlier.push(EarlierText::from_item(item)?);
            }
            Key::ReadCursor(reader, conversation) => {
                // The row has no `seq` if a message has been delivered but none has been read.
                self.cursors.insert((*numbers.get(&reader)?, conversation), ReadCursor::from_item(item).receipts.read);
            }
            Key::SendMarker(..) | Key::Milestone(..) | Key::Pair(..) => {}
            Key::Block(..) | Key::Request(..) | Key::Migrated => {}
        }
        Some(())
    }

    fn add_inbox_row(&mut self, owner: u16, row: &InboxRow) {
        let shown = ShownRow { preview: preview(&row.body), seq: row.seq.try_into().ok(), unread: None };
        self.reading.inboxes.entry((owner, row.conversation)).or_default().push(shown);
    }

    /// Collects the marks of messages in an attribute and in everything that it contains.
    fn collect_texts(&mut self, value: &AttributeValue) {
        match value {
            AttributeValue::S(text) => self.texts.extend(marks_in(text)),
            AttributeValue::Ss(texts) => self.texts.extend(texts.iter().flat_map(|text| marks_in(text))),
            AttributeValue::L(values) => values.iter().for_each(|value| self.collect_texts(value)),
            AttributeValue::M(values) => values.values().for_each(|value| self.collect_texts(value)),
            _ => {}
        }
    }

    /// Combines messages with their earlier texts. An earlier text without a message counts as unreadable.
    fn add_histories(&mut self) {
        for (conversation, messages) in &self.reading.conversations {
            for message in messages {
                let earlier = self.earlier.get(&(*conversation, message.id)).map_or(&[][..], Vec::as_slice);
                let mut versions: Vec<_> = earlier.iter().map(|text| (text.edits, version(message, text))).collect();
                versions.sort_by_key(|(edits, _)| *edits);
                let mut versions: Vec<_> = versions.into_iter().map(|(_, version)| version).collect();
                if message.text != ShownText::Deleted {
                    versions.push((message.text, message.edited_at.unwrap_or(message.at)));
                }
                self.reading.histories.push(ShownHistory { message: message.clone(), versions });
            }
        }
    }

    /// Returns the number of deleted messages of which earlier texts are left.
    pub fn left_over(&self) -> usize {
        let is_left =
            |history: &&ShownHistory| history.message.text == ShownText::Deleted && !history.versions.is_empty();
        self.reading.histories.iter().filter(is_left).count()
    }
}

fn version(message: &ShownMessage, earlier: &EarlierText) -> (ShownText, i64) {
    let text = shown_body(message.id, &earlier.version.body, false);
    (text, micros(&earlier.version.written_at).unwrap_or(i64::MAX))
}

fn shown_message(row: MessageRow) -> Option<ShownMessage> {
    // The row holds a reference to the message that it answers, and not its text.
    let quote = row.reply_to.as_ref().map(|reply_to| ShownQuote { id: reply_to.message_uuid, text: None });
    Some(ShownMessage { quote, ..ShownMessage::of(&row.into_message(None))? })
}
