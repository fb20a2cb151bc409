//! Capacity units of the most frequent operations, as documented.
//!
//! Texts are short (rows under 1 KB); the table and its index are counted together.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::Version;
use cruddur_messages::domain::page::Cursor;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::dynamodb::rows::{EarlierText, ReadCursor, Revision};
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, cy, new_user, server};
use crate::support::admin_code::capacity::{Consumed, Meter, metered};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;
use crate::support::series::{Series, in_series};

/// Starts a metered server, and an unmetered one on the same table.
async fn servers() -> (DynamoDb, Server, Server, Meter) {
    let (dynamodb, server, unmetered, meter, _) = servers_in_series().await;
    (dynamodb, server, unmetered, meter)
}

/// Like [`servers`]. The calls in series of the metered server are counted, too.
async fn servers_in_series() -> (DynamoDb, Server, Server, Meter, Series) {
    let (dynamodb, unmetered) = server().await;
    let (client, meter) = metered(unmetered.table.client());
    let (client, series) = in_series(&client, &dynamodb);
    let users = Users::new(Database::fresh().await.pool);
    let server = Server::with_users(Table::new(client, unmetered.table.name()), users);
    (dynamodb, server, unmetered, meter, series)
}

fn units(consumed: &Consumed) -> (f64, f64) {
    (consumed.read_units(), consumed.write_units())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_and_a_move_cost_the_documented_units() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
    let conversation = unmetered.start(&ana(), &ben(), "hello").await;
    server.send(&ben(), conversation, "more").await;
    let with_move = meter.take();

    let mut next = unmetered.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    (next.seq, next.at) = (next.seq + 1, next.at.next(next.at.at()));
    inbox::move_inbox_rows(&server.table, &next).await.expect("moved");
    let moved = meter.take();
    inbox::move_inbox_rows(&server.table, &next).await.expect("nothing to move");
    let repeated = meter.take();

    // One query of the index, and for each of two rows a delete and a put in a transaction, in the table and in the
    // index.
    assert_eq!(units(&moved), (0.5, 12.0), "{moved:?}");
    // A second driver finds nothing left to do.
    assert_eq!(units(&repeated), (0.5, 0.0), "{repeated:?}");
    // The head is read; message, marker and head are written in one transaction; then the author's read cursor.
    let (read, write) = units(&with_move);
    assert_eq!((read - 0.5, write - 12.0), (1.0, 7.0), "{with_move:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_64th_send_costs_two_write_units_more() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
    let conversation = unmetered.start(&ana(), &ben(), "hello").await;
    for n in 2..=63 {
        unmetered.send(&ana(), conversation, &format!("{n}")).await;
    }
    let mut costs = Vec::new();
    for seq in 64..=66 {
        meter.take();
        assert_eq!(server.send(&ana(), conversation, "more").await.seq, seq);
        costs.push(meter.take().write_units());
    }
    assert_eq!(costs, [19.0, 21.0, 19.0], "with the move of both inbox rows and the read cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_twenty_and_a_page_of_twenty_cost_the_documented_units() {
    let (_dynamodb, server, unmetered, meter, series) = servers_in_series().await;
    let peers: Vec<User> = (0..25).map(|n| new_user(100 + n, &format!("peer{n}"), "Peer")).collect();
    for peer in &peers {
        unmetered.start(peer, &ana(), &"x".repeat(100)).await;
    }
    let conversation = unmetered.start(&ana(), &ben(), "hello").await;
    for n in 0..40 {
        unmetered.send(&ben(), conversation, &format!("{n}{}", "x".repeat(98))).await;
    }
    server.conversations.list(ben().id, None).await.expect("the check for legacy rows is done once");
    meter.take();
    series.take();
    server.conversations.list(ana().id, None).await.expect("a list");
    let list = meter.take();
    assert_eq!((list.calls, series.take()), (2, 1), "the rows and the cursors, at once");
    let membership = server.membership(&ana(), conversation).await;
    meter.take();
    server.messages.page(&membership, None).await.expect("a page");
    let page = meter.take();

    assert_eq!(units(&list), (3.0, 0.0), "{list:?}");
    assert_eq!(units(&page), (2.0, 0.0), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_user_with_many_conversations_reads_only_the_cursors_that_it_shows() {
    let (_dynamodb, server, unmetered, meter, series) = servers_in_series().await;
    let at = SortTime::from(unmetered.table.now());
    let other = |n| conversation::Id(Uuid::from_u128(n));
    unmetered.put((1..=600).map(|n| ReadCursor::new_item(ana().id, other(n), 7, &at))).await;
    let mut started = Vec::new();
    for n in 0..25 {
        started.push(unmetered.start(&new_user(100 + n, &format!("peer{n}"), "Peer"), &ana(), "hello").await);
        let membership = unmetered.membership(&ana(), started[started.len() - 1]).await;
        unmetered.conversations.mark_delivered(&membership, 1).await.expect("delivered");
    }
    let membership = unmetered.membership(&ana(), started[24]).await;
    unmetered.conversations.mark_read(&membership, 1).await.expect("read");
    let list = async |cursor: Option<&Cursor>| {
        let page = server.conversations.list(ana().id, cursor).await.expect("a list");
        let unread: Vec<_> = page.items.iter().map(|it| it.unread()).collect();
        let consumed = meter.take();
        (page.older, unread, (series.take(), consumed.calls, consumed.read_units()))
    };
    let unread = [vec![0], vec![1; 19]].concat();
    server.conversations.list(ben().id, None).await.expect("the check for legacy rows is done once");
    meter.take();
    series.take();
    let (older, first, cost) = list(None).await;
    assert_eq!((first, cost.0, cost.1), (unread.clone(), 2, 3), "a query of many cursors, and the rest by key");
    assert!(cost.2 > 20.0, "{cost:?}");
    let (_, again, cost) = list(None).await;
    assert_eq!((again, cost), (unread.clone(), (1, 3, UNITS_OF_A_LIST_WITH_MANY_CURSORS)));
    let (_, older, cost) = list(older.as_ref()).await;
    assert_eq!((older, cost.0, cost.1), (vec![1; 5], 2, 3));

    // A conversation that has come up since is read in a second step.
    let new = unmetered.start(&cy(), &ana(), "hello").await;
    let membership = unmetered.membership(&ana(), new).await;
    unmetered.conversations.mark_read(&membership, 1).await.expect("read");
    let (_, now, cost) = list(None).await;
    assert_eq!((now, cost.0), ([vec![0, 0], vec![1; 18]].concat(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_cost_the_documented_units() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
    let conversation = unmetered.start(&ana(), &ben(), "hello").await;
    let older = unmetered.send(&ana(), conversation, "older").await;
    let newest = unmetered.send(&ana(), conversation, "newest").await;

    // The head and the message are read; message, head, revision and earlier text are written in one transaction.
    server.edit(&ana(), (conversation, &older), "older, edited").await;
    let edit = meter.take();
    // The query of the index finds two rows at another message.
    assert_eq!(units(&edit), (2.5, 8.0), "{edit:?}");
    // Message, head and revision; no preview shows reactions.
    server.react(&ben(), (conversation, &older), "👍", true).await;
    let reaction = meter.take();
    assert_eq!(units(&reaction), (2.0, 6.0), "{reaction:?}");
    server.react(&ben(), (conversation, &older), "👍", true).await;
    let repeated = meter.take();
    assert_eq!(units(&repeated), (2.0, 0.0), "{repeated:?}");
    // The query for earlier texts finds one, which is deleted.
    server.delete(&ana(), (conversation, &older)).await;
    let deletion = meter.take();
    assert_eq!(units(&deletion), (3.5, 7.0), "{deletion:?}");

    // The two previews of the newest message, in the table and in the index.
    server.edit(&ana(), (conversation, &newest), "newest, edited").await;
    let edit = meter.take();
    assert_eq!(units(&edit), (2.5, 12.0), "{edit:?}");
    server.delete(&ana(), (conversation, &newest)).await;
    let deletion = meter.take();
    assert_eq!(units(&deletion), (3.5, 11.0), "{deletion:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catch_up_of_a_hundred_changes_costs_the_documented_units() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
    let conversation = unmetered.start(&ana(), &ben(), "hello").await;
    let mut messages = Vec::new();
    for n in 0..50 {
        messages.push(unmetered.send(&ana(), conversation, &format!("{n}")).await);
    }
    for emoji in ["👍", "🎉"] {
        for message in &messages {
            unmetered.react(&ben(), (conversation, message), emoji, true).await;
        }
    }
    let membership = server.membership(&ben(), conversation).await;
    meter.take();
    let changes = server.messages.changes_after(&membership, 0).await.expect("changes");
    let catch_up = meter.take();
    assert_eq!((changes.messages.len(), changes.rev, changes.is_trimmed), (50, 100, false));
    // Two calls: a hundred revisions, and fifty messages of less than 4 KB.
    assert_eq!((units(&catch_up), catch_up.calls), ((55.0, 0.0), 2), "{catch_up:?}");
}

/// Read units of a list of a user with more read cursors than a query should read: 20 cursors, the rows, and the query
/// of the blocks.
const UNITS_OF_A_LIST_WITH_MANY_CURSORS: f64 = 23.0;

/// Number of changes of a conversation that has many.
const CHANGES: u64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_many_changes_opens_with_as_many_calls_as_one_without() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
    let mut opened = Vec::new();
    for (peer, changes) in [(ben(), 0), (cy(), CHANGES)] {
        let conversation = unmetered.start(&ana(), &peer, "hello").await;
        for n in 0..30 {
            unmetered.send(&peer, conversation, &format!("{n}")).await;
        }
        let message = unmetered.send(&ana(), conversation, "changed").await;
        server.conversations.list(ana().id, None).await.expect("the check for legacy rows is done once");
        if changes > 0 {
            let at = SortTime::stored(message.sent_at.as_str()).expect("a time");
            let revision =
                |rev| Revision { conversation, rev, message: message.id, at: at.clone() }.item(4_000_000_000);
            unmetered.put((1..=changes).map(revision)).await;
            let version = Version { body: "before".to_owned(), written_at: message.sent_at.clone() };
            let text =
                |edits| EarlierText { conversation, message: message.id, edits, version: version.clone() }.item();
            unmetered.put((0..10).map(text)).await;
            let mut head = unmetered.table.get(&Key::Head(conversation)).await.expect("an answer").expect("a head");
            head.insert("rev".to_owned(), AttributeValue::N(changes.to_string()));
            unmetered.put([head]).await;
        }
        meter.take();
        let membership = server.membership(&ana(), conversation).await;
        let page = server.messages.opening_page(&membership, 0).await.expect("a page");
        let around = Cursor::around(&page.items[3].sent_at);
        let around = server.messages.page(&membership, Some(&around)).await.expect("a page");
        assert_eq!((page.rev, around.rev, page.items.len()), (changes, changes, 32));
        opened.push(meter.take());
    }
    assert_eq!((opened[0].calls, units(&opened[0])), (opened[1].calls, units(&opened[1])));
    assert_eq!(opened[0].calls, 4, "the head, the opening page, and both sides of a time");
}
