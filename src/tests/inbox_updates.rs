//! Inbox rows that move after the answer: what users see before they have, and what becomes of them.

use std::cell::Cell;
use std::time::Duration;

use cruddur_messages::domain::conversation::{Conversation, ConversationView};
use cruddur_messages::domain::event::Event;
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

/// Changes the newest message of a conversation, on the newest page of the list and on an older one, while the rows are
/// held up. Returns the previews that Ben's list shows.
async fn previews_of_held_up_change(
    is_on_older_page: bool,
    change: &str,
    more: &[(&str, &str)],
) -> (String, Vec<String>) {
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    let message = ana.say(&conversation, "second-secret").await;
    let him = whoami(&mut ben).await;
    app.state.store.inbox_updates.finish(Duration::from_secs(5)).await;
    if is_on_older_page {
        add_newer_conversations(&app, &him).await;
    }
    // The update of the row's text in place.
    proxy.hold_writes_with("SET message = :message");
    let answer = ana.call_about(change, (&conversation, &message), more).await;
    let mut page = list(&mut ben, None).await;
    if is_on_older_page {
        assert!(page.items.iter().all(|row| row.id.to_string() != conversation), "a change moves no row");
        page = list(&mut ben, page.older.as_ref()).await;
    }
    let previews = page.items.into_iter().filter(|row| row.id.to_string() == conversation).map(|row| row.preview);
    let previews = previews.collect();
    proxy.release();
    (format!("{}", answer.status.as_u16()), previews)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_acknowledged_and_listed_while_the_previews_are_held_up() {
    for is_on_older_page in [false, true] {
        let edit = [("edits", "0"), ("body", "edited")];
        let shown = previews_of_held_up_change(is_on_older_page, "edit_message", &edit).await;
        assert_eq!(shown, ("200".to_owned(), vec!["edited".to_owned()]), "{is_on_older_page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_acknowledged_only_when_no_row_has_the_text() {
    for is_on_older_page in [false, true] {
        let (status, _) = previews_of_held_up_change(is_on_older_page, "delete_message", &[]).await;
        assert_eq!(status, "503", "the SDK has given up on the held update");
    }
    let (app, proxy, mut ana, mut ben) = start().await;
    let conversation = ana.start("ben", "first").await;
    proxy.hold_writes_with(MOVE);
    // The row of the message has not moved yet: what is pending must not show its text after the deletion either.
    let message = ana.say(&conversation, "second-secret").await;
    let mut his = Stream::open(&ben).await;
    let about = (&*conversation, &message);
    let mut other = ana.clone();
    let (_, ()) = tokio::join!(other.call_about("delete_message", about, &[]), async {
        // Two moves of the message, and at least one of the deletion.
        proxy.until_held(3).await;
        let page = list(&mut ben, None).await;
        assert_first(&page, &conversation, "");
        assert!(page.items[0].version.is_deleted());
        proxy.release();
    });
    let deleted = ana.call_about("delete_message", about, &[]).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text);
    assert!(matches!(his.next().await, Some(Event::MessageChanged { message, .. }) if message.is_deleted()));
    for browser in [&ana, &ben] {
        let rows = stored_rows(&app.dynamodb, browser).await;
        assert!(rows.iter().all(|row| row.body.is_empty() && row.version.is_deleted()), "{rows:?}");
    }
}
