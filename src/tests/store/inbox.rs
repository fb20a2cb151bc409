//! Inbox rows: one per member and conversation, at the newest message, whatever happens.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::user::DisplayName;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::dynamodb::rows::InboxRow;
use cruddur_messages::server::store::dynamodb::table::{SEQ, VERSION};
use futures::future::join_all;
use time::macros::datetime;

use super::fixtures::{Server, ana, ben, counts, cy, server, server_with_clock};
use crate::support::dynamodb::TABLE;

/// Asserts that Ana and Ben have one row each, about the other, at the message `seq`.
async fn assert_at(server: &Server, seq: u64, text: &str) {
    for (me, peer) in [(ana(), ben()), (ben(), ana())] {
        let rows = server.inbox(&me).await;
        let [row] = &rows[..] else { panic!("{} has {rows:?}", me.handle_text()) };
        assert_eq!((row.seq, row.body.as_str()), (seq, text));
        let named = row.peer().expect("a direct conversation");
        assert_eq!((&named.id, named.handle_text()), (&peer.id, peer.handle_text()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_moves_leave_each_member_one_row_at_the_newest_message() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    let conversation = one.start(&ana(), &ben(), "hello").await;
    let (ana, ben) = (ana(), ben());
    join_all((0..20).map(|n| {
        let (server, me) = if n % 2 == 0 { (&one, &ana) } else { (&two, &ben) };
        async move { server.send(me, conversation, &format!("{n}")).await }
    }))
    .await;
    let newest = one.history(&ana, conversation).await.pop().expect("a newest message");
    assert_eq!(newest.seq, 21);
    assert_at(&one, 21, &newest.body).await;
    for row in one.inbox(&ana).await {
        assert_eq!((row.at.sent_at(), row.last_author), (newest.sent_at.clone(), Some(newest.author)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_repeated_or_out_of_order_moves_change_nothing() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    for n in 2..=6 {
        let me = if n % 2 == 0 { ana() } else { ben() };
        server.send(&me, conversation, &format!("{n}")).await;
    }
    let before = server.inbox(&ana()).await;
    let mut messages = server.stored_messages().await;
    messages.sort_by_key(|row| row.seq);
    for order in [[5, 0, 3], [2, 1, 0], [0, 5, 5], [4, 4, 4]] {
        for n in order {
            inbox::move_inbox_rows(&server.table, &messages[n]).await.expect("moved");
        }
    }
    assert_at(&server, 6, "6").await;
    assert_eq!(server.inbox(&ana()).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_moves_to_one_message_leave_one_row() {
    let (dynamodb, server) = server().await;
    server.start(&ana(), &ben(), "1").await;
    let mut next = server.stored_messages().await.remove(0);
    for seq in 2..=10 {
        (next.seq, next.at, next.body) = (seq, next.at.next(next.at.at()), format!("{seq}"));
        let tables: Vec<_> = (0..8).map(|_| Table::new(dynamodb.client(), TABLE)).collect();
        let moves = join_all(tables.iter().map(|table| inbox::move_inbox_rows(table, &next))).await;
        assert!(moves.into_iter().all(|moved| moved.is_ok()));
        assert_at(&server, seq, &format!("{seq}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_conversations_that_move_in_one_microsecond_both_stay() {
    let (_dynamodb, server, clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&ana(), &cy(), "hello").await;
    clock.set(datetime!(2026-11-21 9:30 UTC));
    for n in 1..=3 {
        server.send(&ben(), with_ben, &format!("{n}")).await;
        server.send(&cy(), with_cy, &format!("{n}")).await;
    }
    let rows = server.inbox(&ana()).await;
    assert_eq!(counts(rows.iter().map(|row| row.conversation)), [(with_ben, 1), (with_cy, 1)].into());
    assert!(rows.iter().all(|row| row.seq == 4 && row.body == "3"), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_row_of_the_old_app_is_removed_with_the_next_message() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let [row] = &server.inbox(&ana()).await[..] else { panic!("not one row") };
    let old = InboxRow { at: row.at.next(row.at.at()), seq: 0, last_author: None, ..row.clone() };
    server.put([old.item()]).await;
    assert_eq!(server.inbox(&ana()).await.len(), 2);
    server.send(&ben(), conversation, "more").await;
    assert_at(&server, 2, "more").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_old_app_moves_to_the_next_message() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let [row] = &server.inbox(&ana()).await[..] else { panic!("not one row") };
    server
        .put([InboxRow { seq: 0, last_author: None, ..row.clone() }.item()].map(|mut item| {
            for ours in ["seq", "last_user_uuid"] {
                item.remove(ours);
            }
            item
        }))
        .await;
    server.send(&ben(), conversation, "more").await;
    assert_at(&server, 2, "more").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_row_does_not_hold_up_the_other_member() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let [lost] = &server.inbox(&ana()).await[..] else { panic!("not one row") };
    let request = server.table.client().delete_item().table_name(TABLE).set_key(Some(lost.key().item()));
    request.send().await.expect("deleted");
    server.send(&ana(), conversation, "more").await;
    let [row] = &server.inbox(&ben()).await[..] else { panic!("not one row") };
    assert_eq!((row.seq, row.body.as_str()), (2, "more"));
    let newest = server.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    assert!(inbox::move_inbox_rows(&server.table, &newest).await.is_ok(), "a later move does not fail for ever");
    // F2: the head names the member whose row is lost, and their peer. Lists read the names of users in PostgreSQL.
    let [row] = &server.inbox(&ana()).await[..] else { panic!("not one row") };
    assert_eq!((row.seq, row.body.as_str(), row.peer().map(|peer| peer.id)), (2, "more", Some(ben().id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_name_of_the_author_is_stored_with_their_next_message() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let renamed =
        cruddur_messages::domain::user::User { display_name: DisplayName::stored("Benjamin".to_owned()), ..ben() };
    server.send(&renamed, conversation, "more").await;
    let names =
        |rows: Vec<InboxRow>| rows.iter().map(|row| row.named.user().display_name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(server.inbox(&ana()).await), ["Benjamin"]);
    assert_eq!(names(server.inbox(&ben()).await), ["Ana"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_number_or_version_cannot_be_read_moves_to_the_next_message() {
    let number = |text: &str| AttributeValue::N(text.to_owned());
    let odd = ["0", "1.5", "-1", "99999999999999999999999"].map(number);
    let odd = odd.into_iter().chain([AttributeValue::S("5".to_owned()), AttributeValue::Null(true)]);
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    for (value, seq) in odd.zip((2..).step_by(2)) {
        for (name, seq) in [(SEQ, seq), (VERSION, seq + 1)] {
            let mut rows = server.inbox(&ana()).await;
            let mut item = rows.remove(0).item();
            item.insert(name.to_owned(), value.clone());
            server.put([item]).await;
            let text = format!("{name} was {value:?}");
            server.send(&ben(), conversation, &text).await;
            assert_at(&server, seq, &text).await;
        }
    }
}
