//! Reading a legacy table that has not been migrated.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::table::Item;
use time::Duration;
use uuid::Uuid;

use super::fixtures::{Server, app_with_every_kind, body, new_message, person, server, shown, written};
use super::migrating;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

/// Asserts that a user's list contains each expected conversation once, the newest first.
pub(super) async fn assert_listed(server: &Server, me: user::Id, conversations: &[LegacyConversation], seed: u64) {
    let listed = server.list(me).await;
    let expected: HashSet<_> = conversations
        .iter()
        .filter(|conversation| conversation.listed_by.contains(&me))
        .map(|conversation| conversation.id)
        .collect();
    assert_eq!(listed.iter().map(|it| it.id).collect::<HashSet<_>>(), expected, "seed {seed}");
    assert_eq!(listed.len(), expected.len(), "seed {seed}: each once");
    assert!(listed.is_sorted_by(|one, next| one.last_sent_at >= next.last_sent_at), "seed {seed}: in order");
    assert!(listed.iter().all(|it| it.unread() == 0), "seed {seed}: legacy messages count as read");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_and_message_is_shown_once_and_in_order_to_both_members_only() {
    for (seed, clocks) in [(1, Clocks::Containers), (2, Clocks::Containers), (1, Clocks::World), (2, Clocks::World)] {
        let app = app_with_every_kind(seed, clocks);
        let (_dynamodb, server) = server(&app).await;
        for n in 0..6 {
            assert_listed(&server, person(n).id, &app.conversations, seed).await;
        }
        for conversation in &app.conversations {
            for n in 0..6 {
                let me = person(n).id;
                if conversation.members.contains(&me) && !conversation.listed_by.is_empty() {
                    let history = server.history(me, conversation.id).await;
                    assert_eq!(shown(&history), written(&conversation.messages), "seed {seed}, {clocks:?}");
                } else {
                    assert!(
                        !server.may_open(me, conversation.id).await,
                        "seed {seed}: a stranger, or an orphaned conversation"
                    );
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_messages_in_four_years_are_read_to_the_end_by_both() {
    let mut app = LegacyApp::new(4);
    let conversation = app.add_conversation(&person(0), &person(1), Shape { messages: 20_000, ..SHAPE });
    let years: HashSet<_> = conversation.messages.iter().map(|message| message.at.at().year()).collect();
    assert!(
        conversation.messages.len() > 20_000 && years.len() == 5,
        "messages that share an instant included, in five calendar years"
    );
    let (_dynamodb, server) = server(&app).await;
    let [ana, ben] = conversation.members.map(|me| server.history(me, conversation.id));
    let (ana, ben) = tokio::join!(ana, ben);
    let written = written(&conversation.messages);
    assert!(shown(&ana) == written && shown(&ben) == written);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_row_on_a_later_page_does_not_list_a_conversation_again() {
    let mut app = LegacyApp::new(5);
    for n in 1..=50 {
        let inbox = if n % 3 == 0 { Inbox::Twice } else { Inbox::Whole };
        app.add_conversation(&person(0), &person(n), Shape { messages: 12, inbox, ..SHAPE });
    }
    let (_dynamodb, server) = server(&app).await;
    assert_listed(&server, person(0).id, &app.conversations, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_strangers_are_shown_and_do_not_make_their_authors_members() {
    let mut app = LegacyApp::new(6);
    let conversation = app.add_conversation(&person(0), &person(1), SHAPE);
    let strange = app.message(conversation.id, &person(2), "2026-11-20T09:26:28.207802");
    let (_dynamodb, server) = server(&app).await;
    assert!(!server.may_open(person(2).id, conversation.id).await);
    let history = server.history(person(0).id, conversation.id).await;
    assert_eq!(history.last().map(|message| (message.id, message.author)), Some((strange.id, person(2).id)));
    assert_eq!(history.len(), conversation.messages.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_find_nothing_and_write_nothing() {
    let mut app = LegacyApp::new(7);
    let conversation = app.add_conversation(&person(0), &person(1), SHAPE);
    let orphaned = app.add_conversation(&person(0), &person(1), Shape { inbox: Inbox::None, ..SHAPE });
    let third = app.add_conversation(&person(0), &person(1), SHAPE);
    app.inbox_row(&person(2), &person(0), third.id, "2026-11-20T09:26:28.207802", "three members?");
    app.room("bayko", &person(0));
    let (_dynamodb, server) = server(&app).await;
    let before = server.rows().await;
    for n in [2, 3] {
        assert!(!server.may_open(person(n).id, conversation.id).await);
    }
    for n in 0..4 {
        assert!(!server.may_open(person(n).id, orphaned.id).await, "no row names the members");
        assert!(!server.may_open(person(n).id, third.id).await, "the rows contradict each other");
        assert!(!server.may_open(person(n).id, conversation::Id(Uuid::from_u128(n))).await, "it does not exist");
    }
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
// F15: the handle in a row may belong to another user by now.
async fn users_without_an_account_have_no_handle_and_one_name() {
    let mut app = LegacyApp::new(8);
    app.add_conversation(&person(0), &person(1), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let listed = server.list(person(0).id).await;
    let peer = listed[0].peer(person(0).id).expect("the old app had no groups");
    assert_eq!((peer.display_name.as_str(), peer.handle_text(), peer.id), ("Deleted user", "", person(1).id));
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_messages_have_no_sequence_number_and_the_next_message_is_the_first_with_one() {
    let mut app = LegacyApp::new(9);
    let conversation =
        app.add_conversation(&person(0), &person(1), Shape { messages: 500, span: Duration::days(900), ..SHAPE });
    let (_dynamodb, server) = server(&app).await;
    assert!(server.head(conversation.id).await.is_none());
    let membership = server.membership(person(0).id, conversation.id).await.expect("a member");
    let head = server.head(conversation.id).await.expect("the head has been created");
    assert_eq!((membership.newest_seq(), head.seq), (0, 0), "legacy messages are not counted");
    let access = server.conversations.write_access(membership).await.expect("a member may write");
    server.messages.append(&access, &person(0), new_message(), &body("next"), None).await.expect("sent");
    assert_eq!(server.head(conversation.id).await.map(|head| head.seq), Some(1));
}

/// Stores the inbox rows of a table again, changed.
async fn change_inbox_rows(dynamodb: &DynamoDb, server: &Server, change: impl Fn(&mut Item)) {
    for mut row in server.rows().await {
        if row["pk"].as_s().is_ok_and(|pk| pk.starts_with("GRP#")) {
            change(&mut row);
            dynamodb.client().put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("stored");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inbox_rows_without_names_show_their_conversation() {
    let mut app = LegacyApp::new(8);
    let conversation = app.add_conversation(&person(0), &person(1), SHAPE);
    let (dynamodb, server) = server(&app).await;
    change_inbox_rows(&dynamodb, &server, |row| {
        for name in ["user_display_name", "user_handle"] {
            row.remove(name);
        }
    })
    .await;
    for n in 0..2 {
        assert!(server.may_open(person(n).id, conversation.id).await);
        assert_eq!(server.history(person(n).id, conversation.id).await.len(), conversation.messages.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_row_that_writes_the_id_of_its_conversation_otherwise_leads_nowhere() {
    let mut app = LegacyApp::new(9);
    let conversation = app.add_conversation(&person(0), &person(1), SHAPE);
    let (dynamodb, server) = server(&app).await;
    change_inbox_rows(&dynamodb, &server, |row| {
        let id = AttributeValue::S(conversation.id.to_string().to_uppercase());
        row.insert("message_group_uuid".to_owned(), id);
    })
    .await;
    assert_listed(&server, person(0).id, &[], 9).await;
    // Comes to an end, and writes rows that lead to the conversation.
    migrating::run(&server, Purpose::Change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_the_end_of_the_calendar_stops_no_conversation() {
    let mut app = LegacyApp::new(10);
    let conversation = app.add_conversation(&person(0), &person(1), SHAPE);
    let (dynamodb, server) = server(&app).await;
    let end = AttributeValue::S("9999-12-31T23:59:59.999999".to_owned());
    for mut row in server.rows().await {
        row.insert("sk".to_owned(), end.clone());
        dynamodb.client().put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("stored");
    }
    for n in 0..2 {
        assert_eq!(server.history(person(n).id, conversation.id).await.len(), conversation.messages.len());
    }
    server.send(&person(0), conversation.id, "hello").await;
    let report = migrating::run(&server, Purpose::Change).await;
    let history = server.history(person(1).id, conversation.id).await;
    assert_eq!(history.len(), conversation.messages.len() + 1, "{report:?}");
}
