//! What the four things that people do all day consume, in capacity units: the table in README.
//!
//! Texts are short (rows under 1 KB), the table and its index together.

use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::capacity::{Consumed, Meter, metered};
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::postgres::users::Users;

use super::{Server, ana, ben, person, server};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

/// A server whose calls are metered, and the same without.
async fn servers() -> (DynamoDb, Server, Server, Meter) {
    let (dynamodb, free) = server().await;
    let (client, meter) = metered(free.table.client());
    let people = Users::new(Database::fresh().await.pool);
    let server = Server::with_users(Table::new(client, free.table.name()), people);
    (dynamodb, server, free, meter)
}

fn units(consumed: &Consumed) -> (f64, f64) {
    (consumed.read_units(), consumed.write_units())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_and_a_move_cost_what_readme_says() {
    let (_dynamodb, server, free, meter) = servers().await;
    let talk = free.start(&ana(), &ben(), "hello").await;
    server.send(&ben(), talk, "more").await;
    let with_move = meter.take();

    let mut next = free.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    (next.seq, next.at) = (next.seq + 1, next.at.next(next.at.at()));
    inbox::move_inbox_rows(&server.table, &next).await.expect("moved");
    let moved = meter.take();
    inbox::move_inbox_rows(&server.table, &next).await.expect("nothing to move");
    let repeated = meter.take();

    // One query of the index; for each of two rows a delete and a put in a transaction, and the same in the index.
    assert_eq!(units(&moved), (0.5, 12.0), "{moved:?}");
    // A second driver finds everything done.
    assert_eq!(units(&repeated), (0.5, 0.0), "{repeated:?}");
    // The head is read; message, marker and head are written in one transaction; then the author's read cursor.
    let (read, write) = units(&with_move);
    assert_eq!((read - 0.5, write - 12.0), (1.0, 7.0), "{with_move:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_twenty_and_a_page_of_twenty_cost_what_readme_says() {
    let (_dynamodb, server, free, meter) = servers().await;
    let others: Vec<User> = (0..25).map(|n| person(100 + n, &format!("other{n}"), "Other")).collect();
    for other in &others {
        free.start(other, &ana(), &"x".repeat(100)).await;
    }
    let talk = free.start(&ana(), &ben(), "hello").await;
    for n in 0..40 {
        free.send(&ben(), talk, &format!("{n}{}", "x".repeat(98))).await;
    }
    server.conversations.list(ben().id, None).await.expect("it learns once that no row is an old one");
    meter.take();
    server.conversations.list(ana().id, None).await.expect("a list");
    let list = meter.take();
    let right = server.membership(&ana(), talk).await;
    meter.take();
    server.messages.page(&right, None).await.expect("a page");
    let page = meter.take();

    assert_eq!(units(&list), (3.0, 0.0), "{list:?}");
    assert_eq!(units(&page), (2.0, 0.0), "{page:?}");
}
