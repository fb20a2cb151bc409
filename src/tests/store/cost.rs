//! Capacity units of the four most frequent operations, as documented.
//!
//! Texts are short (rows under 1 KB); the table and its index are counted together.

use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::postgres::users::Users;

use super::fixtures::{Server, ana, ben, new_user, server};
use crate::support::admin_code::capacity::{Consumed, Meter, metered};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

/// Starts a metered server, and an unmetered one on the same table.
async fn servers() -> (DynamoDb, Server, Server, Meter) {
    let (dynamodb, unmetered) = server().await;
    let (client, meter) = metered(unmetered.table.client());
    let users = Users::new(Database::fresh().await.pool);
    let server = Server::with_users(Table::new(client, unmetered.table.name()), users);
    (dynamodb, server, unmetered, meter)
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
async fn a_list_of_twenty_and_a_page_of_twenty_cost_the_documented_units() {
    let (_dynamodb, server, unmetered, meter) = servers().await;
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
    server.conversations.list(ana().id, None).await.expect("a list");
    let list = meter.take();
    let membership = server.membership(&ana(), conversation).await;
    meter.take();
    server.messages.page(&membership, None).await.expect("a page");
    let page = meter.take();

    assert_eq!(units(&list), (3.0, 0.0), "{list:?}");
    assert_eq!(units(&page), (2.0, 0.0), "{page:?}");
}
