//! Legacy tables with a stale index, which does not show all rows.

use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;

use super::fixtures::{NOW, Server, person};
use super::migrating::run;
use super::writing::{assert_listed_for_ben, with_a_missing_row};
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::dynamodb::TABLE;
use crate::support::in_memory_dynamodb::{Connection, Fault, InMemoryDynamoDb, IndexView};
use crate::support::legacy_app::{Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

/// Number of queries for which the index is stale, and the seed that selects the rows it shows. Nine queries are more
/// than a move makes before it reads the table. Of two rows, the six seeds first show the second, both, none, the
/// first, the first, and none.
fn lags() -> impl Iterator<Item = (u8, u64)> {
    [1_u8, 9].into_iter().flat_map(|queries| (10..16_u64).map(move |seed| (queries, seed)))
}

/// Creates a table with the rows of the old app, a server on it, and the connection between the two.
async fn server_and_connection(app: &LegacyApp) -> (Connection, Server) {
    let connection = InMemoryDynamoDb::with_table().await.connection();
    let table = Table::new(connection.client(), TABLE).with_clock(Clock::new(|| NOW).without_waiting());
    app.write_to(&table).await;
    (connection, Server::on(table).await)
}

/// Opens a conversation for the first time while the index is stale. It is not found as long as the index shows no row
/// of it, so this retries.
async fn open_with_stale_index(
    connection: &Connection,
    (queries, seed): (u8, u64),
    server: &Server,
    me: user::Id,
    conversation: &LegacyConversation,
) {
    connection.configure(Fault::None, IndexView::Stale { queries, seed });
    let mut misses = 0;
    while !server.may_open(me, conversation.id).await {
        misses += 1;
        assert!(misses <= queries, "the index has caught up by now");
    }
}

#[tokio::test]
async fn the_next_message_repairs_inbox_rows_despite_a_stale_index() {
    let (ana, ben) = (person(0), person(1));
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        for lag in lags() {
            let case = format!("{inbox:?}, {lag:?}");
            let mut app = LegacyApp::new(3);
            let conversation = app.add_conversation(&ana, &ben, Shape { inbox, ..SHAPE });
            let (connection, server) = server_and_connection(&app).await;
            open_with_stale_index(&connection, lag, &server, ana.id, &conversation).await;
            let (rows, is_twice) = (server.inbox_rows(conversation.id).await, inbox == Inbox::Twice);
            assert!(
                conversation.members.iter().all(|me| rows[me].len() == 1 + usize::from(is_twice)),
                "{case}: {rows:#?}"
            );

            server.send(&ana, conversation.id, "here we are").await;
            for me in conversation.members {
                assert_eq!(server.list(me).await.len(), 1, "{case}");
            }
            // A duplicate row is removed once the index shows it.
            if !is_twice {
                server.assert_rows_at(&conversation, "here we are", 1).await;
            }
            connection.configure(Fault::None, IndexView::Fresh);
            server.send(&ben, conversation.id, "and go on").await;
            server.assert_rows_at(&conversation, "and go on", 2).await;
        }
    }
}

#[tokio::test]
async fn a_missing_inbox_row_is_recreated_despite_a_stale_index() {
    for opened_by in [person(0), person(1)] {
        for lag in lags() {
            let (app, conversation) = with_a_missing_row();
            let (connection, server) = server_and_connection(&app).await;
            open_with_stale_index(&connection, lag, &server, opened_by.id, &conversation).await;
            assert_listed_for_ben(&server, &conversation).await;
        }
    }
}

#[tokio::test]
async fn a_first_message_continues_the_legacy_conversation_despite_a_stale_index() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        for (queries, seed) in lags() {
            let case = format!("{inbox:?}, {queries} queries, seed {seed}");
            let mut app = LegacyApp::new(3);
            let conversation = app.add_conversation(&person(0), &person(1), Shape { inbox, ..SHAPE });
            let (connection, server) = server_and_connection(&app).await;
            connection.configure(Fault::None, IndexView::Stale { queries, seed });
            assert_eq!(server.start(&person(1), &person(0), "once more").await, conversation.id, "{case}");
            connection.configure(Fault::None, IndexView::Fresh);
            assert_eq!(
                server.history(person(0).id, conversation.id).await.len(),
                conversation.messages.len() + 1,
                "{case}"
            );
        }
    }
}

#[tokio::test]
async fn a_migration_misses_nothing_despite_a_stale_index() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind, Inbox::None] {
        let mut app = LegacyApp::new(3);
        let conversation = app.add_conversation(&person(0), &person(1), Shape { inbox, ..SHAPE });
        let (_connection, fresh) = server_and_connection(&app).await;
        let report = run(&fresh, Purpose::Change).await;
        assert_eq!(fresh.head(conversation.id).await.is_some(), inbox != Inbox::None, "{inbox:?}");
        for (queries, seed) in lags() {
            let case = format!("{inbox:?}, {queries} queries, seed {seed}");
            let (connection, server) = server_and_connection(&app).await;
            connection.configure(Fault::None, IndexView::Stale { queries, seed });
            assert_eq!(run(&server, Purpose::Report).await.changed, report.changed, "{case}: the dry run");
            connection.configure(Fault::None, IndexView::Stale { queries, seed });
            assert_eq!(run(&server, Purpose::Change).await, report, "{case}");
            assert_eq!(server.rows().await, fresh.rows().await, "{case}: the rows are the same");
        }
    }
}
