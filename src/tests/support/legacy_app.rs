//! Generator of the rows that the old app wrote, including the effects of its defects. The same seed generates the same
//! rows.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, StreamSpecification, StreamViewType, WriteRequest};
use cruddur_messages::domain::user::{self, User};
use cruddur_messages::domain::{conversation, message};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use fastrand::Rng;
use futures::{StreamExt, TryStreamExt};
use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// Clocks that wrote the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocks {
    /// Clocks of containers, in UTC: with an offset or without one.
    Containers,
    /// Also clocks of developers' machines, with their offsets.
    World,
}

/// State of a conversation's inbox rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inbox {
    /// One row for each member.
    Whole,
    /// Two rows for each member: the index was stale.
    Twice,
    /// One member's row is missing: a delete without the put after it, or two groups at the same instant.
    Lost,
    /// Both rows at the first message, with a text that no user wrote: the stream handler did not run.
    Behind,
    /// No rows: a user wrote into a group that does not exist.
    None,
}

/// Parameters of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub messages: usize,
    pub from: OffsetDateTime,
    pub span: Duration,
    pub clocks: Clocks,
    pub inbox: Inbox,
}

/// 30 messages within four years, with keys from containers.
pub const SHAPE: Shape = Shape {
    messages: 30,
    from: datetime!(2022-11-20 0:00 UTC),
    span: Duration::days(4 * 365),
    clocks: Clocks::Containers,
    inbox: Inbox::Whole,
};

/// A message as the old app wrote it.
#[derive(Debug, Clone)]
pub struct LegacyMessage {
    pub id: message::Id,
    pub at: SortTime,
    pub author: user::Id,
    pub body: String,
}

/// A conversation as the old app wrote it.
#[derive(Debug, Clone)]
pub struct LegacyConversation {
    pub id: conversation::Id,
    pub members: [user::Id; 2],
    /// Ordered by time, and within the same instant by key.
    pub messages: Vec<LegacyMessage>,
    /// Members who have it in their inbox.
    pub listed_by: Vec<user::Id>,
}

/// The old app.
pub struct LegacyApp {
    random: Rng,
    rows: BTreeMap<(String, String), Item>,
    pub conversations: Vec<LegacyConversation>,
}

impl LegacyApp {
    /// Creates an app that generates the same rows for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), rows: BTreeMap::new(), conversations: Vec::new() }
    }

    /// Adds a conversation of two users.
    pub fn add_conversation(&mut self, one: &User, other: &User, shape: Shape) -> LegacyConversation {
        let id = conversation::Id(self.uuid());
        let mut messages = Vec::new();
        let span = shape.span.whole_microseconds() as u64;
        for _ in 0..shape.messages {
            let micros = self.random.u64(0..=span);
            // The clock sometimes shows a full second.
            let micros = if self.random.u8(..) < 20 { micros / 1_000_000 * 1_000_000 } else { micros };
            let at = shape.from + Duration::microseconds(micros as i64);
            let author = if self.random.bool() { one } else { other };
            let key = self.text_of(at, shape.clocks);
            messages.push(self.message(id, author, &key));
            // Sometimes the other user writes at the same time, through another version of the app.
            if self.random.u8(..) < 20 {
                messages.push(self.message(id, other, &text(at, None)));
            }
        }
        messages.retain(|message| self.is_stored(id, message));
        messages.sort_by(|one, other| one.at.cmp(&other.at));
        let listed_by = self.inbox_rows(id, [one, other], &messages, shape);
        let conversation = LegacyConversation { id, members: [one.id, other.id], messages, listed_by };
        self.conversations.push(conversation.clone());
        conversation
    }

    /// Adds a message of any user, member or not, to any group, under exactly this key.
    pub fn message(&mut self, id: conversation::Id, author: &User, at: &str) -> LegacyMessage {
        let message = message::Id(self.uuid());
        let body = format!("{} at {at}", author.handle_text());
        let row = [
            ("message_uuid", message.to_string()),
            ("message", body.clone()),
            ("user_uuid", author.id.to_string()),
            ("user_display_name", format!("{} of then", author.display_name)),
            ("user_handle", format!("{}-of-then", author.handle_text())),
        ];
        self.put(format!("MSG#{id}"), at, &row);
        LegacyMessage { id: message, at: key(at), author: author.id, body }
    }

    /// Adds an inbox row under exactly this key.
    pub fn inbox_row(&mut self, owner: &User, with: &User, id: conversation::Id, at: &str, body: &str) {
        let row = [
            ("message_group_uuid", id.to_string()),
            ("message", body.to_owned()),
            ("user_uuid", with.id.to_string()),
            ("user_display_name", format!("{} of then", with.display_name)),
            ("user_handle", format!("{}-of-then", with.handle_text())),
        ];
        self.put(format!("GRP#{}", owner.id), at, &row);
    }

    /// Adds a message to a room that every user could read, under the handle of the user whose link was clicked.
    pub fn room(&mut self, handle: &str, author: &User) {
        let row = [("message", "hello?".to_owned()), ("user_uuid", author.id.to_string())];
        self.put(format!("MSG#@{handle}"), "2023-05-05T05:05:05.055555", &row);
    }

    /// Replaces the table's contents with the old app's rows, without the rows that only the new app writes.
    pub async fn write_to(&self, table: &Table) {
        let deletion = table.client().delete_item().table_name(table.name()).set_key(Some(Key::Migrated.item()));
        deletion.send().await.expect("deleted");
        // The test DynamoDB scans the table's whole stream at each write, so the legacy rows are written without a
        // stream.
        switch_stream(table, false).await;
        let puts = self.rows.values().map(|row| {
            let put = PutRequest::builder().set_item(Some(row.clone())).build().expect("a row");
            WriteRequest::builder().put_request(put).build()
        });
        let chunks: Vec<_> = puts.collect::<Vec<_>>().chunks(25).map(<[_]>::to_vec).collect();
        let written = futures::stream::iter(chunks).map(async |some| {
            let request = table.client().batch_write_item().request_items(table.name(), some);
            let left = request.send().await?.unprocessed_items.unwrap_or_default();
            assert!(left.is_empty());
            Ok::<_, aws_sdk_dynamodb::Error>(())
        });
        written.buffer_unordered(4).try_collect::<()>().await.expect("rows are written");
        switch_stream(table, true).await;
    }

    fn inbox_rows(
        &mut self,
        id: conversation::Id,
        [one, other]: [&User; 2],
        messages: &[LegacyMessage],
        shape: Shape,
    ) -> Vec<user::Id> {
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Vec::new() };
        let before = &messages[messages.len() / 2];
        let mut listed_by = Vec::new();
        for (owner, with) in [(one, other), (other, one)] {
            match shape.inbox {
                Inbox::None => continue,
                Inbox::Lost if listed_by.len() == 1 => continue,
                Inbox::Behind => self.inbox_row(owner, with, id, first.at.as_str(), "this is a filler message"),
                _ => self.inbox_row(owner, with, id, last.at.as_str(), &last.body),
            }
            if shape.inbox == Inbox::Twice {
                self.inbox_row(owner, with, id, before.at.as_str(), &before.body);
            }
            listed_by.push(owner.id);
        }
        listed_by
    }

    /// Returns the text of a key, depending on the version of the app and on where it ran.
    fn text_of(&mut self, at: OffsetDateTime, clocks: Clocks) -> String {
        let offsets = [(0, 0), (0, 0), (-5, 0), (5, 30), (-4, 0), (-12, 0), (14, 0)];
        let known = if clocks == Clocks::Containers { 2 } else { offsets.len() };
        let (hours, minutes) = offsets[self.random.usize(..known)];
        match self.random.bool() {
            true if (hours, minutes) == (0, 0) => text(at, None),
            _ => text(at, Some(UtcOffset::from_hms(hours, minutes, 0).expect("an offset"))),
        }
    }

    fn is_stored(&self, id: conversation::Id, message: &LegacyMessage) -> bool {
        // The later of two writes under one key has replaced the first.
        let row = self.rows.get(&(format!("MSG#{id}"), message.at.as_str().to_owned()));
        row.and_then(|row| row["message_uuid"].as_s().ok()) == Some(&message.id.to_string())
    }

    fn put(&mut self, pk: String, sk: &str, attributes: &[(&str, String)]) {
        let named = [("pk", pk.clone()), ("sk", sk.to_owned())];
        let all = named.iter().chain(attributes);
        let row: HashMap<_, _> =
            all.map(|(name, text)| ((*name).to_owned(), AttributeValue::S(text.clone()))).collect();
        self.rows.insert((pk, sk.to_owned()), row);
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid()
    }
}

async fn switch_stream(table: &Table, is_on: bool) {
    let view = is_on.then_some(StreamViewType::NewAndOldImages);
    let stream = StreamSpecification::builder().stream_enabled(is_on).set_stream_view_type(view);
    let request = table.client().update_table().table_name(table.name());
    request.stream_specification(stream.build().expect("a stream")).send().await.expect("switched");
}

/// Formats a key as Python does: without the fraction if it is zero.
pub fn text(at: OffsetDateTime, offset: Option<UtcOffset>) -> String {
    let local = at.to_offset(offset.unwrap_or(UtcOffset::UTC));
    let second = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let mut text = local.format(second).expect("a time");
    if local.microsecond() > 0 {
        text += &format!(".{:06}", local.microsecond());
    }
    if let Some(offset) = offset {
        text += &offset.format(format_description!("[offset_hour sign:mandatory]:[offset_minute]")).expect("an offset");
    }
    text
}

fn key(text: &str) -> SortTime {
    SortTime::stored(text).expect("a time")
}
