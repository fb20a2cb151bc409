//! A conversation of three: who may read it, and each member's inbox row.

use std::collections::HashSet;

use cruddur_messages::domain::conversation::{self, GROUP_MEMBERS_MAX, Kind};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::user::{self, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::dynamodb::rows::NamedUser;
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use cruddur_messages::server::store::dynamodb::table::Key;
use cruddur_messages::server::store::postgres::users::Users;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, body, counts, cy, new_message_id, new_user, server, server_with_clock, texts};
use super::sending::old_query;
use crate::support::dynamodb::TABLE;
use crate::support::in_memory_dynamodb::{Fault, InMemoryDynamoDb, IndexView};
use crate::support::postgres::Database;

fn dee() -> User {
    new_user(4, "dee", "Dee")
}

/// Creates a group of Ana, who sends "hello", with these users.
async fn try_create(
    server: &Server,
    conversation: conversation::Id,
    message: message::Id,
    others: &[User],
) -> Result<Message, Failure> {
    let group = NewGroup { conversation, others, message, body: &body("hello") };
    server.conversations.create_group(&ana(), &group).await
}

/// Creates a group of Ana, Ben and Cy.
async fn group(server: &Server) -> conversation::Id {
    let conversation = conversation::Id(Uuid::now_v7());
    try_create(server, conversation, new_message_id(), &[ben(), cy()]).await.expect("a group is created");
    conversation
}

/// Asserts that each of the three has one row of the group, at the message `seq` of `author`.
async fn assert_rows_at(server: &Server, seq: u64, text: &str, author: &User) {
    for owner in [ana(), ben(), cy()] {
        let rows = server.inbox(&owner).await;
        let [row] = &rows[..] else { panic!("{} has {rows:?}", owner.handle_text()) };
        assert_eq!(
            (row.seq, row.body.as_str(), row.last_author),
            (seq, text, Some(author.id)),
            "{}",
            owner.handle_text()
        );
        assert_eq!(row.named, NamedUser::Author(author.clone()), "{}", owner.handle_text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_members_read_a_group_and_a_stranger_does_not() {
    let (_dynamodb, server) = server().await;
    let conversation = group(&server).await;
    let sent = [server.send(&ben(), conversation, "2").await, server.send(&cy(), conversation, "3").await];
    assert_eq!(sent.map(|message| message.seq), [2, 3]);
    for me in [ana(), ben(), cy()] {
        assert_eq!(texts(&server.history(&me, conversation).await), ["hello", "2", "3"]);
        let membership = server.membership(&me, conversation).await;
        let others = [ana(), ben(), cy()].map(|it| it.id).into_iter().filter(|it| *it != me.id).collect::<Vec<_>>();
        assert_eq!((membership.kind(), membership.others()), (Kind::Group, others));
    }
    assert!(server.conversations.membership(dee().id, conversation).await.expect("an answer").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_a_group_has_one_row_at_its_newest_message() {
    let (_dynamodb, server) = server().await;
    let conversation = group(&server).await;
    assert_rows_at(&server, 1, "hello", &ana()).await;
    for (n, author) in [ben(), cy(), ana(), ben()].into_iter().enumerate() {
        let text = format!("{n}");
        server.send(&author, conversation, &text).await;
        assert_rows_at(&server, n as u64 + 2, &text, &author).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_listed_with_its_members_and_unread_messages() {
    let (_dynamodb, server) = server().await;
    let server = Server::with_users(server.table, Users::new(Database::fresh().await.pool));
    let conversation = group(&server).await;
    server.send(&ben(), conversation, "2").await;
    server.send(&ben(), conversation, "3").await;
    for (me, unread) in [(ana(), 2), (ben(), 0), (cy(), 3)] {
        let page = server.conversations.list(me.id, None).await.expect("a list");
        let [row] = &page.items[..] else { panic!("{page:?}") };
        let members: Vec<_> = row.members.iter().map(|member| member.id).collect();
        assert_eq!((row.kind, members), (Kind::Group, [ana(), ben(), cy()].map(|it| it.id).to_vec()));
        assert_eq!((row.preview.as_str(), row.unread(), row.peer(me.id)), ("3", unread, None), "{}", me.handle_text());
    }
    server.conversations.mark_read(&server.membership(&cy(), conversation).await, 2).await.expect("read");
    assert_eq!(server.conversations.list(cy().id, None).await.expect("a list").items[0].unread(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_group_are_peers_of_each_other_and_have_no_direct_conversation() {
    let (_dynamodb, server) = server().await;
    let conversation = group(&server).await;
    let sorted = |mut ids: Vec<user::Id>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(server.conversations.recent_peers(ben().id).await.expect("peers")), [ana().id, cy().id]);
    let watched = server.conversations.peers_in(cy().id, &[conversation]).await.expect("peers");
    assert_eq!(sorted(watched), [ana().id, ben().id]);
    assert_eq!(server.conversations.peers_in(dee().id, &[conversation]).await.expect("peers"), []);
    // Not even in a table with legacy rows, whose conversations are found by the user that an inbox row names.
    let mark = server.table.client().delete_item().table_name(TABLE).set_key(Some(Key::Migrated.item()));
    mark.send().await.expect("deleted");
    for (one, other) in [(ana(), ben()), (ben(), ana()), (ben(), cy())] {
        assert_eq!(server.conversations.find_direct(one.id, other.id).await.expect("an answer"), None);
    }
    assert_ne!(server.start(&ben(), &ana(), "only you").await, conversation);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_creation_makes_one_group_and_one_message() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    // In the same microsecond, so that the key of an inbox row is taken.
    server.start(&cy(), &dee(), "elsewhere").await;
    let (conversation, id) = (conversation::Id(Uuid::now_v7()), new_message_id());
    let repeated = [ben(), cy(), ben(), ana()];
    let first = try_create(&server, conversation, id, &repeated).await.expect("created");
    assert_eq!(try_create(&server, conversation, id, &repeated).await.expect("created"), first);
    assert_eq!(texts(&server.history(&cy(), conversation).await), ["hello"]);
    let rows = server.inbox(&cy()).await;
    assert_eq!(counts(rows.iter().map(|row| row.conversation == conversation)), [(true, 1), (false, 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_others_cannot_be_joined_by_creating_it_again_nor_be_too_large() {
    let (_dynamodb, server) = server().await;
    let conversation = group(&server).await;
    let theirs = NewGroup { conversation, others: &[ana()], message: new_message_id(), body: &body("let me in") };
    let answer = server.conversations.create_group(&dee(), &theirs).await;
    assert!(matches!(answer, Err(Failure::Public(AppError::NotFound))), "{answer:?}");
    let crowd: Vec<_> = (0..GROUP_MEMBERS_MAX as u128).map(|n| new_user(100 + n, "x", "X")).collect();
    let (id, message) = (conversation::Id(Uuid::now_v7()), new_message_id());
    assert!(try_create(&server, id, message, &crowd).await.is_err());
    assert!(try_create(&server, id, message, &crowd[1..]).await.is_ok());
    let owners: HashSet<_> = server.inbox(&crowd[1]).await.iter().map(|row| row.owner).collect();
    assert_eq!(owners, HashSet::from([crowd[1].id]));
}

#[tokio::test]
async fn the_rows_of_all_members_move_whatever_the_index_shows() {
    let database = InMemoryDynamoDb::with_table().await;
    let connection = database.connection();
    let table = Table::new(connection.client(), TABLE);
    let server = Server::new(table);
    let conversation = group(&server).await;
    let mut newest = server.stored_messages().await.remove(0);
    for seed in 0..20 {
        let author = [ana(), ben(), cy()][seed as usize % 3].clone();
        (newest.at, newest.seq) = (newest.at.next(newest.at.at()), newest.seq + 1);
        (newest.author, newest.body) = (author.clone(), format!("{seed}"));
        connection.configure(Fault::None, IndexView::Stale { queries: seed as u8 % 6, seed });
        inbox::move_inbox_rows(&server.table, &newest).await.expect("moved");
        assert_rows_at(&server, newest.seq, &newest.body, &author).await;
    }
    assert_eq!(server.inbox(&ana()).await[0].conversation, conversation);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_old_app_list_a_group_by_the_author_of_its_newest_message() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let conversation = group(&server).await;
    server.send(&ben(), conversation, "hello yourself").await;
    let id = conversation.to_string();
    for member in [ana(), ben(), cy()] {
        let rows = old_query(&server, Key::inbox(member.id)).await;
        assert_eq!(rows, [[id.as_str(), "hello yourself", "ben", "Ben"].map(str::to_owned)]);
    }
    assert_eq!(old_query(&server, Key::messages(conversation)).await.len(), 2);
}
