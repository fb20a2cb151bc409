//! The back end of the old app, while it runs beside this program: its calls on the table, and its sample data. Written
//! from a description of its rows and requests.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::table::Item;
use time::{Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::dynamodb::TABLE;
use super::legacy_app::text;

/// Number of rows in each of its lists.
const LIMIT: i32 = 20;

/// Version of the old app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Keys with an offset.
    First,
    /// Keys without an offset, except for the first message of a conversation.
    Last,
}

/// The old back end.
#[derive(Clone)]
pub(crate) struct OldBackEnd {
    client: Client,
    version: Version,
}

impl OldBackEnd {
    pub(crate) fn new(client: Client, version: Version) -> Self {
        Self { client, version }
    }

    /// Stores a message in a group: one row, and nothing else. Returns its text.
    pub(crate) async fn create_message(&self, group: conversation::Id, author: &User, body: &str) {
        self.create_message_at(group, author, body, OffsetDateTime::now_utc()).await;
    }

    /// Like [`Self::create_message`], with the time of its clock.
    pub(crate) async fn create_message_at(
        &self,
        group: conversation::Id,
        author: &User,
        body: &str,
        now: OffsetDateTime,
    ) {
        let offset = (self.version == Version::First).then_some(UtcOffset::UTC);
        let row = message(group, author, body, &text(now, offset));
        self.client.put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put");
    }

    /// Starts a group with its first message: three rows in a batch. Does not look for a group of the two users.
    pub(crate) async fn create_message_group(&self, me: &User, other: &User, body: &str) -> conversation::Id {
        self.create_message_group_at(me, other, body, OffsetDateTime::now_utc()).await
    }

    /// Like [`Self::create_message_group`], with the time of its clock.
    pub(crate) async fn create_message_group_at(
        &self,
        me: &User,
        other: &User,
        body: &str,
        now: OffsetDateTime,
    ) -> conversation::Id {
        let id = conversation::Id(Uuid::new_v4());
        let at = text(now, Some(UtcOffset::UTC));
        let rows =
            [group_row(me, other, id, body, &at), group_row(other, me, id, body, &at), message(id, me, body, &at)];
        let puts = rows.map(|row| {
            let put = PutRequest::builder().set_item(Some(row)).build().expect("a row");
            WriteRequest::builder().put_request(put).build()
        });
        let request = self.client.batch_write_item().request_items(TABLE, puts.to_vec());
        request.send().await.expect("written");
        id
    }

    /// Returns the rows of its list of a user's groups: the newest of this year.
    pub(crate) async fn list_message_groups(&self, me: &User) -> Vec<Item> {
        self.newest(format!("GRP#{}", me.id)).await
    }

    /// Returns the rows of its list of a group's messages: the newest of this year, oldest first. Any user may read
    /// them.
    pub(crate) async fn list_messages(&self, group: conversation::Id) -> Vec<Item> {
        let mut rows = self.newest(format!("MSG#{group}")).await;
        rows.reverse();
        rows
    }

    async fn newest(&self, pk: String) -> Vec<Item> {
        let year = OffsetDateTime::now_utc().year().to_string();
        let request = self.client.query().table_name(TABLE);
        let request = request.key_condition_expression("pk = :pk AND begins_with(sk, :year)").limit(LIMIT);
        let request = request.scan_index_forward(false).expression_attribute_values(":pk", AttributeValue::S(pk));
        let request = request.expression_attribute_values(":year", AttributeValue::S(year));
        request.send().await.expect("an answer").items.unwrap_or_default()
    }

    /// Loads its sample data: a group of two users, and 104 messages a minute apart. Its first version starts now, its
    /// last one a day earlier. Returns the group and the texts.
    pub(crate) async fn seed(&self, one: &User, other: &User) -> (conversation::Id, Vec<String>) {
        let id = conversation::Id(Uuid::new_v4());
        let now = OffsetDateTime::now_utc();
        let start = if self.version == Version::First { now } else { now - Duration::days(1) };
        let at = text(start, Some(UtcOffset::UTC));
        for row in [
            group_row(one, other, id, "this is a filler message", &at),
            group_row(other, one, id, "this is a filler message", &at),
        ] {
            self.client.put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put");
        }
        let mut texts = Vec::new();
        for n in 0..104 {
            let body = format!("line {n}");
            let author = if n % 2 == 0 { one } else { other };
            let row = message(id, author, &body, &text(start + Duration::minutes(n), Some(UtcOffset::UTC)));
            self.client.put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put");
            texts.push(body);
        }
        (id, texts)
    }
}

fn message(group: conversation::Id, author: &User, body: &str, at: &str) -> Item {
    row(&[
        ("pk", format!("MSG#{group}")),
        ("sk", at.to_owned()),
        ("message", body.to_owned()),
        ("message_uuid", Uuid::new_v4().to_string()),
        ("user_uuid", author.id.to_string()),
        ("user_display_name", author.display_name.to_string()),
        ("user_handle", author.handle_text().to_owned()),
    ])
}

fn group_row(owner: &User, other: &User, group: conversation::Id, body: &str, at: &str) -> Item {
    row(&[
        ("pk", format!("GRP#{}", owner.id)),
        ("sk", at.to_owned()),
        ("message_group_uuid", group.to_string()),
        ("message", body.to_owned()),
        ("user_uuid", other.id.to_string()),
        ("user_display_name", other.display_name.to_string()),
        ("user_handle", other.handle_text().to_owned()),
    ])
}

fn row(attributes: &[(&str, String)]) -> Item {
    attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S(text.clone()))).collect()
}
