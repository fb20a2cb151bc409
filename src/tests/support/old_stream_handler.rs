//! The stream handler of the old app, the Lambda function `cruddur-messaging-stream`, with a batch size of 1: its calls
//! on the table. Written from a description of its requests.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{OperationType, Record, ShardIteratorType};
use cruddur_messages::server::store::dynamodb::table::{Item, text};

use super::dynamodb::{DynamoDb, TABLE};
use super::fake_streams::client_of;

/// Attributes of the rows that it knows.
const COPIED: [&str; 5] = ["pk", "message_group_uuid", "user_display_name", "user_handle", "user_uuid"];

/// The old stream handler on a table's stream.
pub(crate) struct OldStreamHandler {
    client: Client,
    streams: aws_sdk_dynamodbstreams::Client,
    /// Number of records that it has handled.
    handled: usize,
}

impl OldStreamHandler {
    /// Starts at the oldest record.
    pub(crate) fn on(dynamodb: &DynamoDb) -> Self {
        Self { client: dynamodb.client(), streams: client_of(dynamodb.endpoint()), handled: 0 }
    }

    /// Handles all records, including those of its own writes. A record that it fails at is given up.
    pub(crate) async fn catch_up(&mut self) {
        loop {
            let records = self.records().await;
            if records.len() == self.handled {
                return;
            }
            for record in &records[self.handled..] {
                self.handle(record).await;
            }
            self.handled = records.len();
        }
    }

    /// Skips the records so far.
    pub(crate) async fn skip(&mut self) {
        self.handled = self.records().await.len();
    }

    async fn handle(&self, record: &Record) {
        if record.event_name == Some(OperationType::Remove) {
            return;
        }
        let image: Item = record
            .dynamodb
            .as_ref()
            .and_then(|change| change.new_image.clone())
            .map(|image| serde_dynamo::Item::from(image).into())
            .unwrap_or_default();
        let (Some(pk), Some(sk)) = (text(&image, "pk"), text(&image, "sk")) else { return };
        let Some(group) = pk.strip_prefix("MSG#") else { return };
        // It ends here with an error for the rows in this partition that are not messages.
        let Some(message) = text(&image, "message") else { return };
        let index = self.client.query().table_name(TABLE).index_name("message-group-sk-index");
        let index = index.key_condition_expression("message_group_uuid = :group");
        let index = index.expression_attribute_values(":group", AttributeValue::S(group.to_owned()));
        for row in index.send().await.expect("an answer").items() {
            let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
            let delete = self.client.delete_item().table_name(TABLE).set_key(Some(HashMap::from(key)));
            delete.send().await.expect("deleted");
            let copied: Option<Vec<_>> =
                COPIED.iter().map(|name| Some(((*name).to_owned(), row.get(*name)?.clone()))).collect();
            // It ends here with an error, after the row has been deleted.
            let Some(copied) = copied else { return };
            let mut item = Item::from_iter(copied);
            item.insert("sk".to_owned(), AttributeValue::S(sk.to_owned()));
            item.insert("message".to_owned(), AttributeValue::S(message.to_owned()));
            self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("put");
        }
    }

    async fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let streams = self.streams.list_streams().table_name(TABLE).send().await.expect("the streams");
        for arn in streams.streams().iter().filter_map(|stream| stream.stream_arn()) {
            let stream = self.streams.describe_stream().stream_arn(arn).send().await.expect("a stream");
            let shards = stream.stream_description.and_then(|it| it.shards).unwrap_or_default();
            for shard in shards.iter().filter_map(|shard| shard.shard_id()) {
                let start = self.streams.get_shard_iterator().stream_arn(arn).shard_id(shard);
                let start =
                    start.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.expect("an iterator");
                let mut next = start.shard_iterator;
                while let Some(iterator) = next.take() {
                    let read = self.streams.get_records().shard_iterator(iterator).send().await.expect("records");
                    let found = read.records.unwrap_or_default();
                    if !found.is_empty() {
                        next = read.next_shard_iterator;
                    }
                    records.extend(found);
                }
            }
        }
        records
    }
}
