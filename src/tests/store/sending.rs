//! Sending into a conversation: once, in order, by members only.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::store::usability::Usability;
use futures::future::join_all;
use time::macros::datetime;
use uuid::{NoContext, Timestamp, Uuid};

use super::fixtures::{Server, ana, ben, body, cy, new_message_id, server, server_with_clock, texts};
use crate::support::dynamodb::{TABLE, client_of};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_sends_of_one_id_make_one_message() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    let conversation = one.start(&ana(), &ben(), "hello").await;
    let id = new_message_id();
    let sends = (0..64).map(|n| {
        let server = if n % 2 == 0 { &one } else { &two };
        async move { server.try_send(&ana(), conversation, id, "once").await.expect("sent") }
    });
    let answers = join_all(sends).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "all calls return the same message");
    assert_eq!((answers[0].id, answers[0].seq), (id, 2));
    assert_eq!(texts(&one.history(&ben(), conversation).await), ["hello", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_on_two_servers_make_one_order_without_gaps() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    let conversation = one.start(&ana(), &ben(), "0").await;
    let (ana, ben) = (ana(), ben());
    let sender = async |server: &Server, me| {
        for n in 1..=100 {
            server.send(me, conversation, &format!("{n}")).await;
        }
    };
    tokio::join!(sender(&one, &ana), sender(&two, &ben));

    let messages = one.history(&ana, conversation).await;
    assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=201).collect::<Vec<_>>());
    assert!(messages.windows(2).all(|two| two[0].sent_at < two[1].sent_at));
    for me in [&ana, &ben] {
        let mine: Vec<u32> =
            messages[1..].iter().filter(|m| m.author == me.id).map(|m| m.body.parse().expect("n")).collect();
        assert_eq!(mine, (1..=100).collect::<Vec<_>>(), "each author's messages stay in order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_repeated_later_returns_the_first_result() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let id = new_message_id();
    let first = server.try_send(&ana(), conversation, id, "once").await.expect("sent");
    server.send(&ben(), conversation, "between").await;
    assert_eq!(server.try_send(&ana(), conversation, id, "once").await.expect("sent"), first);
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "once", "between"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_from_before_other_sends_still_sends_in_order() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let early = server.write_access(&ana(), conversation).await;
    server.send(&ben(), conversation, "first").await;
    let sent = server.messages.append(&early, &ana(), new_message_id(), &body("second"), None).await.expect("sent");
    assert_eq!(sent.seq, 3);
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_cannot_stand_for_another_text_or_author() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let id = new_message_id();
    server.try_send(&ana(), conversation, id, "mine").await.expect("sent");
    for (me, text) in [(ana(), "another"), (ben(), "mine")] {
        let answer = server.try_send(&me, conversation, id, text).await;
        assert!(matches!(answer, Err(Failure::Public(AppError::Conflict(Conflict::MessageIdTaken)))), "{answer:?}");
    }
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "mine"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_stands_still_or_goes_backwards_keeps_the_order() {
    let (_dynamodb, server, clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let conversation = server.start(&ana(), &ben(), "a").await;
    server.send(&ana(), conversation, "b").await;
    clock.set(datetime!(2026-11-21 9:25 UTC));
    server.send(&ben(), conversation, "c").await;
    clock.set(datetime!(2026-11-21 9:27 UTC));
    server.send(&ana(), conversation, "d").await;
    let messages = server.history(&ana(), conversation).await;
    assert_eq!(texts(&messages), ["a", "b", "c", "d"]);
    let times: Vec<_> = messages.iter().map(|message| message.sent_at.as_str()).collect();
    assert_eq!(
        times,
        [
            "2026-11-21T09:26:00.000000+00:00",
            "2026-11-21T09:26:00.000001+00:00",
            "2026-11-21T09:26:00.000002+00:00",
            "2026-11-21T09:27:00.000000+00:00"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_old_app_at_the_same_time_is_not_overwritten() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let mut row = server.stored_messages().await.remove(0);
    (row.at, row.id, row.seq, row.body) = (row.at.next(row.at.at()), new_message_id(), 0, "old".to_owned());
    server.put([row.item()]).await;
    server.send(&ana(), conversation, "new").await;
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "old", "new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_of_an_existing_conversation_get_a_membership() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let none = conversation::Id(Uuid::now_v7());
    assert!(server.conversations.membership(cy().id, conversation).await.expect("an answer").is_none());
    assert!(server.conversations.membership(ana().id, none).await.expect("an answer").is_none());
    for (me, other) in [(ana(), ben()), (ben(), ana())] {
        let membership = server.membership(&me, conversation).await;
        assert_eq!(
            (membership.conversation(), membership.me(), membership.others()),
            (conversation, me.id, vec![other.id])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_the_right_to_write_and_a_stranger_not_even_the_right_to_read() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    for me in [ana(), ben()] {
        let membership = server.conversations.membership(me.id, conversation).await.expect("an answer");
        let access = server.conversations.write_access(membership.expect("a member")).await.expect("a right");
        assert_eq!((access.membership().conversation(), access.membership().me()), (conversation, me.id));
    }
    // A right to write is made from a membership only.
    assert!(server.conversations.membership(cy().id, conversation).await.expect("an answer").is_none());
    let access = server.conversations.direct_access(&cy(), &ana()).await.expect("a right");
    assert_eq!((access.me(), access.peer()), (&cy(), &ana()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_cannot_send_as_another_user() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let access = server.write_access(&ana(), conversation).await;
    for author in [ben(), cy()] {
        let answer = server.messages.append(&access, &author, new_message_id(), &body("not mine"), None).await;
        assert!(matches!(answer, Err(Failure::Public(AppError::Forbidden))), "{answer:?}");
    }
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_can_be_repeated_for_at_least_seven_days() {
    let now = datetime!(2026-11-21 9:26 UTC);
    let (_dynamodb, server, _clock) = server_with_clock(now).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let sent = server.send(&ana(), conversation, "more").await;
    let marker = server.table.get(&Key::SendMarker(conversation, sent.id)).await.expect("an answer").expect("a marker");
    let expires_at: i64 = marker["expires_at"].as_n().expect("a number").parse().expect("seconds");
    assert!(expires_at >= now.unix_timestamp() + 7 * 24 * 60 * 60);
}

// F12
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_stored_twice_after_its_marker_has_expired() {
    let now = datetime!(2026-11-21 9:26 UTC);
    let (_dynamodb, server, clock) = server_with_clock(now).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let made_at = Timestamp::from_unix(NoContext, now.unix_timestamp().try_into().expect("after 1970"), 0);
    let id = message::Id(Uuid::new_v7(made_at));
    let first = server.try_send(&ana(), conversation, id, "once").await.expect("sent");
    clock.set(now + time::Duration::days(31));
    // DynamoDB may delete the marker now, and may take days to do so.
    assert_eq!(server.try_send(&ana(), conversation, id, "once").await.expect("known"), first);
    let marker = Key::SendMarker(conversation, id).item();
    server.table.client().delete_item().table_name(TABLE).set_key(Some(marker)).send().await.expect("deleted");
    let answer = server.try_send(&ana(), conversation, id, "once").await;
    assert!(matches!(answer, Err(Failure::Public(AppError::Conflict(Conflict::MessageTooOld)))), "{answer:?}");
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_old_app_list_our_rows() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    server.send(&ben(), conversation, "hello yourself").await;
    server.conversations.mark_read(&server.membership(&ana(), conversation).await, 2).await.expect("read");

    let groups = old_query(&server, format!("GRP#{}", ana().id)).await;
    let conversation = conversation.to_string();
    assert_eq!(groups, [[conversation.as_str(), "hello yourself", "ben", "Ben"].map(str::to_owned)]);
    let messages = old_query(&server, format!("MSG#{conversation}")).await;
    assert_eq!(
        messages,
        [["", "hello yourself", "ben", "Ben"], ["", "hello", "ana", "Ana"]].map(|row| row.map(str::to_owned))
    );
}

/// Runs the old app's query, and returns the attributes that it read from each row.
pub(super) async fn old_query(server: &Server, pk: String) -> Vec<[String; 4]> {
    let request = server.table.client().query().table_name(TABLE).scan_index_forward(false).limit(20);
    let request = request
        .key_condition_expression("pk = :pk AND begins_with(sk,:year)")
        .expression_attribute_values(":pk", AttributeValue::S(pk))
        .expression_attribute_values(":year", AttributeValue::S("2026".to_owned()));
    let answer = request.send().await.expect("an answer");
    let names = ["message_group_uuid", "message", "user_handle", "user_display_name"];
    let text = |row: &Item, name| row.get(name).map_or(String::new(), |value| value.as_s().expect("text").clone());
    answer.items().iter().map(|row| names.map(|name| text(row, name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_or_a_table_the_store_is_unavailable() {
    let (dynamodb, _server) = server().await;
    let begun = Instant::now();
    let unreachable = Server::new(Table::new(client_of("http://127.0.0.1:9", "nobody"), TABLE));
    let no_table = Server::new(Table::new(dynamodb.client(), "another-table"));
    for (server, expected) in [(unreachable, Usability::Unreachable), (no_table, Usability::Unusable("missing_table"))]
    {
        let conversation = conversation::Id(Uuid::now_v7());
        let answer = server.conversations.membership(ana().id, conversation).await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        let answer = server.try_start(&ana(), &ben(), new_message_id(), "hello").await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
        assert_eq!(server.table.usability().await, expected);
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}
