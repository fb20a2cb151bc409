//! Inbox rows that move after the answer: what users see before they have, and what becomes of them.

use std::cell::Cell;
use std::time::Duration;

use cruddur_messages::domain::conversation::{Conversation, ConversationView};
use cruddur_messages::domain::page::{Cursor, Page};
use cruddur_messages::server::store::dynamodb::rows::InboxRow;
use cruddur_messages::server::store::dynamodb::table::Key;
use reqwest::StatusCode;

use crate::json_api::ApiClient;
use crate::live::Stream;
use crate::presence::{add_newer_conversations, whoami};
use crate::support::app::{Browser, TestApp};
use crate::support::dynamodb::{DynamoDb, TABLE, web_client_of};
use crate::support::fault_proxy::FaultProxy;
use crate::support::wait_until::wait_until;

/// Part of a transaction that moves an inbox row, and of no other one: the deletion of the old row.
const MOVE: &str = "\"Delete\"";

/// Time after which a server that does not wait for its inbox rows has stopped.
const STILL_WAITING: Duration = Duration::from_secs(1);

/// Starts a server whose DynamoDB can be held up, with a user called ana and one called ben.
async fn start() -> (TestApp, FaultProxy, Browser, Browser) {
    let dynamodb = DynamoDb::start().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let client = web_client_of(proxy.endpoint(), dynamodb.account()).await;
    let app = TestApp::start_with_client(dynamodb, client, |_| {}).await;
    let (ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    (app, proxy, ana, ben)
}

async fn list(browser: &mut Browser, cursor: Option<&Cursor>) -> Page<Conversation> {
    let fields: Vec<_> = cursor.iter().map(|cursor| ("cursor", cursor.0.as_str())).collect();
    browser.call("list_conversations", &fields).await.json()
}

/// Returns the inbox rows of a user as the table has them.
async fn stored_rows(dynamodb: &DynamoDb, owner: &Browser) -> Vec<InboxRow> {
    let me = whoami(&mut owner.clone()).await.id;
    rows_of(dynamodb, &Key::inbox(me)).await
}

async fn rows_of(dynamodb: &DynamoDb, inbox: &str) -> Vec<InboxRow> {
    let query = dynamodb.client().query().table_name(TABLE).consistent_read(true).key_condition_expression("pk = :pk");
    let value = aws_sdk_dynamodb::types::AttributeValue::S(inbox.to_owned());
    let answer = query.expression_attribute_values(":pk", value).send().await.expect("rows");
    answer.items().iter().filter_map(InboxRow::from_item).collect()
}

/// Asserts that a list begins with a conversation at a message, and has it once.
fn assert_first(page: &Page<Conversation>, conversation: &str, preview: &str) {
    let ids: Vec<_> = page.items.iter().map(|row| row.id.to_string()).collect();
    assert_eq!((&*ids[0], &*page.items[0].preview), (conversation, preview), "{ids:?}");
    assert_eq!(ids.iter().filter(|id| *id == conversation).count(), 1, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_published_and_listed_while_its_inbox_rows_are_held_up() {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    add_newer_conversations(&app, &whoami(&mut ana).await).await;
    let mut his = Stream::open(&ben).await;
    proxy.hold_writes_with(MOVE);

    ana.say(&conversation, "second").await;
    assert_eq!(his.next_message().await.body, "second");
    proxy.until_held(1).await;
    for browser in [&mut ana, &mut ben] {
        assert_first(&list(browser, None).await, &conversation, "second");
        let page = browser.get("/messages").await;
        assert!(page.text.contains("second"), "the next page without script shows the message");
    }
    assert_eq!(list(&mut ben, None).await.items[0].unread(), 2);
    assert_eq!(list(&mut ana, None).await.items[0].unread(), 0, "an own message is not unread");

    // The SDK gives up on the held requests after three attempts. The message stays on the list all the same.
    proxy.until_held(6).await;
    assert_first(&list(&mut ben, None).await, &conversation, "second");
    let stored = stored_rows(&app.dynamodb, &ben).await;
    assert_eq!(stored.iter().map(|row| row.seq).collect::<Vec<_>>(), [1], "no row has moved");

    proxy.release();
    ben.say(&conversation, "third").await;
    wait_until("the rows have moved", async || {
        let rows = [stored_rows(&app.dynamodb, &ana).await, stored_rows(&app.dynamodb, &ben).await].concat();
        rows.iter().filter(|row| row.conversation.to_string() == conversation && row.seq == 3).count() == 2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_whose_row_is_held_up_is_on_the_newest_page_and_on_no_other() {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    let him = whoami(&mut ben).await;
    add_newer_conversations(&app, &him).await;
    proxy.hold_writes_with(MOVE);
    ana.say(&conversation, "second").await;

    let mut page = list(&mut ben, None).await;
    assert_first(&page, &conversation, "second");
    let mut all: Vec<_> = page.items.iter().map(|row| row.id).collect();
    while let Some(cursor) = page.older {
        page = list(&mut ben, Some(&cursor)).await;
        all.extend(page.items.iter().map(|row| row.id));
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!((all.len(), count), (21, 21), "each conversation once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_has_read_their_own_message_while_the_read_position_is_held_up() {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    ben.say(&conversation, "second").await;
    proxy.hold_writes_with("READ#");
    let sent = ana.say(&conversation, "third").await;
    proxy.until_held(1).await;
    let view: ConversationView = ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
    assert_eq!(view.read, sent.seq, "an author has read what was there");
    assert_eq!(list(&mut ana, None).await.items[0].unread(), 0, "an own message is not unread");
    proxy.release();
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shuts_down_waits_for_the_inbox_rows() {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    let inbox = Key::inbox(whoami(&mut ben).await.id);
    proxy.hold_writes_with(MOVE);
    ana.say(&conversation, "second").await;
    proxy.until_held(1).await;
    drop((ana, ben));
    let released = Cell::new(false);
    let stopped = async {
        let dynamodb = app.stop().await;
        assert!(released.get(), "the server has not waited");
        dynamodb
    };
    let release = async {
        tokio::time::sleep(STILL_WAITING).await;
        released.set(true);
        proxy.release();
    };
    let (dynamodb, ()) = tokio::join!(stopped, release);
    assert_eq!(rows_of(&dynamodb, &inbox).await[0].seq, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_lists_a_message_whose_inbox_rows_are_held_up() {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    whoami(&mut ben).await;
    let client = ApiClient::with_token_of(&app, "ben").await;
    proxy.hold_writes_with(MOVE);
    ana.say(&conversation, "second").await;
    let answer = client.get("/api/message_groups").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("second"), "{}", answer.text);
}
