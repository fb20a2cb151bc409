//! Edits, deletions and reactions: once each, by the right users, within their limits.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::{EDITS_MAX, Message, MessageRef, REACTIONS_MAX};
use cruddur_messages::domain::page::Cursor;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{EarlierText, MessageRow, Revision};
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};
use futures::future::join_all;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, body, cy, new_message_id, server, server_with_clock, texts};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fault_proxy::{Fault, FaultProxy};

/// Asserts that a change was refused for this reason.
fn assert_conflict(answer: &Result<Message, Failure>, expected: Conflict) {
    match answer {
        Err(Failure::Public(AppError::Conflict(conflict))) => assert_eq!(*conflict, expected),
        other => panic!("{expected:?}, not {other:?}"),
    }
}

fn assert_not_found<T: std::fmt::Debug>(answer: &Result<T, Failure>) {
    assert!(matches!(answer, Err(Failure::Public(AppError::NotFound))), "{answer:?}");
}

/// Returns the earlier texts and the revisions in the table, in order.
async fn rows_of_changes(server: &Server) -> (Vec<EarlierText>, Vec<Revision>) {
    let rows = server.rows().await;
    let mut texts: Vec<_> = rows.iter().filter_map(EarlierText::from_item).collect();
    let mut revisions: Vec<_> = rows.iter().filter_map(Revision::from_item).collect();
    texts.sort_by_key(|text| text.edits);
    revisions.sort_by_key(|revision| revision.rev);
    (texts, revisions)
}

async fn rev_of(server: &Server, conversation: conversation::Id) -> u64 {
    server.membership(&ana(), conversation).await.rev()
}

async fn versions(server: &Server, me: &User, conversation: conversation::Id, message: &Message) -> Vec<String> {
    let membership = server.membership(me, conversation).await;
    let versions = server.messages.versions(&membership, &message.reference()).await.expect("a history");
    assert!(versions.is_sorted_by(|one, next| one.written_at >= next.written_at), "{versions:?}");
    versions.into_iter().map(|version| version.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_keeps_the_place_the_number_and_the_earlier_texts() {
    let now = datetime!(2026-11-21 9:26 UTC);
    let (_dynamodb, server, clock) = server_with_clock(now).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let first = server.send(&ana(), conversation, "one").await;
    server.send(&ben(), conversation, "after").await;
    clock.set(now + Duration::minutes(1));
    let second = server.edit(&ana(), (conversation, &first), "two").await;
    clock.set(now + Duration::minutes(2));
    let third = server.edit(&ana(), (conversation, &second), "three").await;

    assert_eq!((third.id, &third.sent_at, third.seq), (first.id, &first.sent_at, first.seq));
    assert_eq!((third.edits, second.changed, third.changed), (2, 1, 2));
    let edited_at = third.edited_at.as_ref().map(|at| at.as_str());
    assert_eq!(edited_at, Some("2026-11-21T09:28:00.000000+00:00"));
    for me in [ana(), ben()] {
        let history = server.history(&me, conversation).await;
        assert_eq!((texts(&history), &history[1]), (vec!["hello", "three", "after"], &third));
        assert_eq!(versions(&server, &me, conversation, &first).await, ["three", "two", "one"]);
    }
    assert_eq!(rev_of(&server, conversation).await, 2);
    let (earlier, revisions) = rows_of_changes(&server).await;
    let earlier: Vec<_> = earlier.iter().map(|text| (text.edits, text.version.body.as_str())).collect();
    assert_eq!(earlier, [(0, "one"), (1, "two")]);
    assert_eq!(revisions.iter().map(|it| (it.rev, it.message)).collect::<Vec<_>>(), [(1, first.id), (2, first.id)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_to_the_same_text_writes_nothing() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let message = server.send(&ana(), conversation, "same").await;
    let before = server.rows().await;
    let answer = server.try_edit(&ana(), (conversation, &message), 0, "  same\n").await.expect("an answer");
    assert_eq!(answer, message);
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_edit_returns_the_first_result_also_after_another_edit() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let message = server.send(&ana(), conversation, "one").await;
    let edit = async |edits, text| server.try_edit(&ana(), (conversation, &message), edits, text).await;
    let second = edit(0, "two").await.expect("edited");
    assert_eq!(edit(0, "two").await.expect("repeated"), second);
    let third = edit(1, "three").await.expect("edited");
    for (edits, text) in [(0, "two"), (1, "three"), (0, "three")] {
        let again = edit(edits, text).await.expect("repeated");
        assert_eq!(again, third, "{edits} {text}");
    }
    // A page that has seen fewer edits overwrites nothing.
    for (edits, text) in [(0, "other"), (1, "two"), (1, "one"), (7, "seven"), (u32::MAX, "max")] {
        assert_conflict(&edit(edits, text).await, Conflict::MessageChanged);
    }
    assert_eq!(texts(&server.history(&ben(), conversation).await), ["hello", "three"]);
    assert_eq!(rev_of(&server, conversation).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_can_be_edited_for_24_hours_of_the_servers_clock() {
    let now = datetime!(2026-11-21 9:26 UTC);
    let (_dynamodb, server, clock) = server_with_clock(now).await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let message = server.send(&ana(), conversation, "one").await;
    let membership = server.membership(&ana(), conversation).await;
    let until = now + Duration::hours(24) + Duration::microseconds(1);
    assert_eq!(server.messages.editable_until(&membership, &message), Some(until));
    let his = server.membership(&ben(), conversation).await;
    assert_eq!(server.messages.editable_until(&his, &message), None, "only by its author");

    clock.set(until);
    let message = server.edit(&ana(), (conversation, &message), "two").await;
    clock.set(until + Duration::microseconds(1));
    assert_eq!(server.messages.editable_until(&membership, &message), None);
    assert_conflict(&server.try_edit(&ana(), (conversation, &message), 1, "three").await, Conflict::EditTooLate);
    // A repeated edit is no new one, however late it comes.
    let again = server.try_edit(&ana(), (conversation, &message), 0, "two").await.expect("repeated");
    assert_eq!(again, message);
    clock.set(until + Duration::days(400));
    server.react(&ana(), (conversation, &message), "👍", true).await;
    server.delete(&ana(), (conversation, &message)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_can_be_edited_ten_times() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let mut message = server.send(&ana(), conversation, "0").await;
    for n in 1..=EDITS_MAX {
        message = server.edit(&ana(), (conversation, &message), &format!("{n}")).await;
    }
    assert_conflict(&server.try_edit(&ana(), (conversation, &message), 10, "11").await, Conflict::TooManyEdits);
    let membership = server.membership(&ana(), conversation).await;
    assert_eq!(server.messages.editable_until(&membership, &message), None);
    let expected: Vec<_> = (0..=EDITS_MAX).rev().map(|n| n.to_string()).collect();
    assert_eq!(versions(&server, &ben(), conversation, &message).await, expected);
    server.delete(&ana(), (conversation, &message)).await;
    assert_eq!(versions(&server, &ben(), conversation, &message).await, Vec::<String>::new());
    assert_eq!(rows_of_changes(&server).await.0, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_members_message_looks_like_a_missing_one() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let elsewhere = server.start(&ana(), &cy(), "to cy").await;
    let hers = server.send(&ana(), conversation, "hers").await;
    let there = server.send(&ana(), elsewhere, "there").await;
    assert_not_found(&server.try_edit(&ben(), (conversation, &hers), 0, "not his").await);
    assert_not_found(&server.try_delete(&ben(), (conversation, &hers)).await);
    let unknown = Message { id: new_message_id(), ..hers.clone() };
    let elsewhen = Message { sent_at: there.sent_at.clone(), ..unknown.clone() };
    for message in [&there, &unknown, &elsewhen] {
        assert_not_found(&server.try_edit(&ana(), (conversation, message), 0, "nothing").await);
        assert_not_found(&server.try_delete(&ana(), (conversation, message)).await);
        assert_not_found(&server.try_react(&ana(), (conversation, message), "👍", true).await);
        assert_not_found(&server.try_reply(&ana(), (conversation, message), new_message_id(), "answer").await);
        let membership = server.membership(&ana(), conversation).await;
        let found = server.messages.find(&membership, &message.reference()).await.expect("an answer");
        assert_eq!(found, None);
    }
    assert_eq!(rev_of(&server, conversation).await, 0);
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "hers"]);
}

/// Creates a group of Ana, Ben and Cy.
async fn group(server: &Server) -> conversation::Id {
    let conversation = conversation::Id(Uuid::now_v7());
    let (hello, others) = (body("hello"), [ben(), cy()]);
    let group = NewGroup { conversation, others: &others, message: new_message_id(), body: &hello };
    server.conversations.create_group(&ana(), &group).await.expect("a group is created");
    conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_keeps_its_place_and_its_text_is_nowhere() {
    const TEXTS: [&str; 3] = ["first-secret", "second-secret", "third-secret"];
    let (_dynamodb, server) = server().await;
    for (is_group, is_newest) in [(false, true), (false, false), (true, true), (true, false)] {
        let conversation = if is_group { group(&server).await } else { server.start(&ana(), &ben(), "hello").await };
        let count = server.history(&ana(), conversation).await.len();
        let message = server.send(&ben(), conversation, TEXTS[0]).await;
        let message = server.edit(&ben(), (conversation, &message), TEXTS[1]).await;
        let message = server.edit(&ben(), (conversation, &message), TEXTS[2]).await;
        server.react(&ana(), (conversation, &message), "👍", true).await;
        if !is_newest {
            let answer = server.reply(&ana(), (conversation, &message), "an answer").await;
            assert_eq!(answer.quote.expect("a quote").text.as_deref(), Some(TEXTS[2]));
        }
        let deleted = server.delete(&ben(), (conversation, &message)).await;
        server.assert_nowhere(&TEXTS).await;

        assert_eq!((deleted.id, &deleted.sent_at, deleted.seq), (message.id, &message.sent_at, message.seq));
        assert!(deleted.is_deleted() && deleted.body.is_empty() && deleted.reactions.is_empty());
        assert_eq!((deleted.edits, &deleted.edited_at, &deleted.quote), (0, &None, &None));
        let history = server.history(&ana(), conversation).await;
        assert_eq!(history[count], deleted);
        if let Some(answer) = history.get(count + 1) {
            let quote = answer.quote.as_ref().expect("a quote");
            assert_eq!((quote.message.id, &quote.text, quote.version.is_deleted()), (message.id, &None, true));
        }
        let again = server.try_delete(&ben(), (conversation, &message)).await.expect("repeated");
        assert_eq!(again, deleted);
        assert_conflict(
            &server.try_edit(&ben(), (conversation, &message), 2, "back again").await,
            Conflict::MessageDeleted,
        );
        for on in [true, false] {
            let answer = server.try_react(&ana(), (conversation, &message), "👍", on).await;
            assert_conflict(&answer, Conflict::MessageDeleted);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_are_switched_on_and_off_in_the_order_of_their_first_use() {
    let (_dynamodb, server) = server().await;
    let conversation = group(&server).await;
    let message = server.send(&ana(), conversation, "party").await;
    let react = async |me: &User, emoji, on| server.try_react(me, (conversation, &message), emoji, on).await;
    for (me, emoji) in [(ben(), "🎉"), (ana(), "👍"), (cy(), "👍"), (cy(), "🎉")] {
        let reacted = react(&me, emoji, true).await.expect("a reaction");
        assert_eq!(react(&me, emoji, true).await.expect("repeated"), reacted, "on, not toggled");
    }
    let shown = async || {
        let message = server.history(&ben(), conversation).await.pop().expect("a message");
        let reactions = message.reactions.into_iter();
        reactions.map(|reaction| (reaction.emoji.to_string(), reaction.users)).collect::<Vec<_>>()
    };
    let id = |user: User| user.id;
    let expected = [("🎉", vec![id(ben()), id(cy())]), ("👍", vec![id(ana()), id(cy())])];
    assert_eq!(shown().await, expected.map(|(emoji, users)| (emoji.to_owned(), users)));
    for me in [ben(), cy()] {
        let removed = react(&me, "🎉", false).await.expect("removed");
        assert_eq!(react(&me, "🎉", false).await.expect("repeated"), removed);
    }
    assert_eq!(shown().await, [("👍".to_owned(), vec![id(ana()), id(cy())])]);
    assert_eq!(rev_of(&server, conversation).await, 6);
    let inbox = &server.inbox(&ben()).await[0];
    assert_eq!((inbox.body.as_str(), inbox.seq), ("party", 2), "reactions move nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_at_most_twenty_different_reactions() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let message = server.send(&ana(), conversation, "popular").await;
    for n in 0..REACTIONS_MAX {
        server.react(&ana(), (conversation, &message), &format!("emoji {n}"), true).await;
    }
    let answer = server.try_react(&ben(), (conversation, &message), "one more", true).await;
    assert_conflict(&answer, Conflict::TooManyReactions);
    let both = server.react(&ben(), (conversation, &message), "emoji 7", true).await;
    assert_eq!(both.reactions[7].users, [ana().id, ben().id]);
    server.react(&ana(), (conversation, &message), "emoji 3", false).await;
    assert_eq!(server.react(&ben(), (conversation, &message), "one more", true).await.reactions.len(), REACTIONS_MAX);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_and_sends_lose_nothing_and_number_every_change_once() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    let conversation = group(&one).await;
    let message = one.send(&ana(), conversation, "busy").await;
    let other = one.send(&ana(), conversation, "quiet").await;
    let (servers, users) = ([&one, &two], [ana(), ben(), cy()]);
    let reactions = (0..24).map(|n| {
        let (server, me, message) = (servers[n % 2], &users[n % 3], [&message, &other][n / 12]);
        async move { drop(server.react(me, (conversation, message), &format!("emoji {n}"), true).await) }
    });
    let edits = (0..6).map(|n| {
        let (server, author, message) = (servers[n % 2], &users[0], &message);
        async move { server.try_edit(author, (conversation, message), 0, &format!("edit {n}")).await.is_ok() }
    });
    let sends = (0..8).map(|n| {
        let (server, me) = (servers[n % 2], &users[n % 3]);
        async move { drop(server.send(me, conversation, &format!("send {n}")).await) }
    });
    let (_, edited, _) = tokio::join!(join_all(reactions), join_all(edits), join_all(sends));
    assert_eq!(edited.iter().filter(|is_edited| **is_edited).count(), 1, "the others have not seen it: {edited:?}");

    let history = one.history(&ben(), conversation).await;
    assert_eq!(history.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    assert_eq!((history[1].reactions.len(), history[2].reactions.len(), history[1].edits), (12, 12, 1));
    let (_, revisions) = rows_of_changes(&one).await;
    assert_eq!(revisions.iter().map(|it| it.rev).collect::<Vec<_>>(), (1..=25).collect::<Vec<_>>());
    assert_eq!(rev_of(&one, conversation).await, 25);
    assert_eq!(history.iter().map(|message| message.changed).max(), Some(25));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_deletion_and_an_edit_at_once_the_deletion_stays() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    for n in 0..6 {
        let conversation = one.start(&ana(), &ben(), "hello").await;
        let message = one.send(&ana(), conversation, "first-secret").await;
        let (me, text) = (ana(), format!("second-secret-{n}"));
        let edit = two.try_edit(&me, (conversation, &message), 0, &text);
        let (edit, deleted) = tokio::join!(edit, one.try_delete(&me, (conversation, &message)));
        if edit.is_err() {
            assert_conflict(&edit, Conflict::MessageDeleted);
        }
        assert!(deleted.expect("deleted").is_deleted());
        one.assert_nowhere(&["first-secret", "second-secret"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_first_send_returns_the_first_result_after_an_edit_and_after_a_deletion() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let original = server.send(&ben(), conversation, "question").await;
    let id = new_message_id();
    let send = async |text| server.try_reply(&ana(), (conversation, &original), id, text).await;
    let first = send("one").await.expect("sent");
    let edited = server.edit(&ana(), (conversation, &first), "two").await;
    assert_eq!(send("one").await.expect("the first result"), edited);
    let id_taken = |answer: Result<Message, Failure>| {
        let is_taken = matches!(answer, Err(Failure::Public(AppError::Conflict(Conflict::MessageIdTaken))));
        assert!(is_taken, "{answer:?}");
    };
    // Only what was sent first is the first message: neither its text of today, nor another author, nor another
    // reference.
    id_taken(send("two").await);
    id_taken(server.try_send(&ana(), conversation, id, "one").await);
    id_taken(server.try_reply(&ben(), (conversation, &original), id, "one").await);
    let deleted = server.delete(&ana(), (conversation, &first)).await;
    assert_eq!(send("one").await.expect("the first result"), deleted);
    id_taken(send("two").await);
    assert_eq!(texts(&server.history(&ben(), conversation).await), ["hello", "question", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_is_started_once_also_after_its_deletion() {
    let (_dynamodb, server) = server().await;
    let id = new_message_id();
    let started = server.try_start(&ana(), &ben(), id, "hello").await.expect("started");
    let deleted = server.delete(&ana(), (started.conversation, &started.message)).await;
    let again = server.try_start(&ana(), &ben(), id, "hello").await.expect("the first result");
    assert_eq!((again.conversation, again.message, again.rev), (started.conversation, deleted, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_of_an_earlier_version_is_accepted_from_the_author() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let id = new_message_id();
    let first = server.try_send(&ana(), conversation, id, "one").await.expect("sent");
    let key = Key::SendMarker(conversation, id);
    let mut marker = server.table.get(&key).await.expect("an answer").expect("a marker");
    marker.retain(|name, _| !["user_uuid", "hash"].contains(&name.as_str()));
    server.put([marker]).await;
    let is_taken = |answer: &Result<Message, Failure>| {
        matches!(answer, Err(Failure::Public(AppError::Conflict(Conflict::MessageIdTaken))))
    };
    // Until the message changes, its text is the one that was sent first.
    assert_eq!(server.try_send(&ana(), conversation, id, "one").await.expect("the first result"), first);
    assert!(is_taken(&server.try_send(&ana(), conversation, id, "two").await));
    let edited = server.edit(&ana(), (conversation, &first), "two").await;
    assert_eq!(server.try_send(&ana(), conversation, id, "one").await.expect("the first result"), edited);
    assert!(is_taken(&server.try_send(&ben(), conversation, id, "one").await));
    let deleted = server.delete(&ana(), (conversation, &first)).await;
    assert_eq!(server.try_send(&ana(), conversation, id, "one").await.expect("the first result"), deleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_is_lost_is_made_once() {
    let dynamodb = DynamoDb::start().await;
    let healthy = Server::new(dynamodb.table().await);
    let faults = FaultProxy::start(&dynamodb).await;
    let server = Server::new(Table::new(faults.client().await, TABLE));
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    let message = healthy.send(&ana(), conversation, "one").await;
    let conflict = Fault::cancelled(&["None", "TransactionConflict", "None"]);
    for (n, fault) in [Fault::FailedAfterwards, Fault::in_progress(), conflict].into_iter().enumerate() {
        let seen = healthy.history(&ana(), conversation).await.pop().expect("a message");
        faults.plan("TransactWriteItems", 1, fault.clone());
        server.try_edit(&ana(), (conversation, &message), seen.edits, &format!("edit {n}")).await.expect("edited");
        assert_eq!(faults.remaining(), 0);
        faults.plan("TransactWriteItems", 1, fault);
        server.react(&ben(), (conversation, &message), &format!("emoji {n}"), true).await;
        assert_eq!(faults.remaining(), 0);
    }
    let history = healthy.history(&ana(), conversation).await;
    assert_eq!((history[1].edits, history[1].reactions.len(), history[1].changed), (3, 3, 6));
    faults.plan("TransactWriteItems", 1, Fault::FailedAfterwards);
    server.delete(&ana(), (conversation, &message)).await;
    assert_eq!(rev_of(&healthy, conversation).await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_clean_up_is_no_success_and_a_repeated_deletion_finishes_it() {
    let dynamodb = DynamoDb::start().await;
    let healthy = Server::new(dynamodb.table().await);
    let faults = FaultProxy::start(&dynamodb).await;
    let server = Server::new(Table::new(faults.client().await, TABLE));
    let conversation = healthy.start(&ana(), &ben(), "hello").await;
    let message = healthy.send(&ana(), conversation, "first-secret").await;
    let message = healthy.edit(&ana(), (conversation, &message), "second-secret").await;
    for operation in ["DeleteItem", "UpdateItem"] {
        faults.plan(operation, usize::MAX, Fault::trouble());
        let answer = server.try_delete(&ana(), (conversation, &message)).await;
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{operation}: {answer:?}");
        let row = server.table.get(&Key::Message(conversation, stored_at(&healthy, &message).await)).await;
        assert!(MessageRow::from_item(&row.expect("an answer").expect("a row")).expect("a message").body.is_empty());
        let membership = healthy.membership(&ben(), conversation).await;
        let versions = healthy.messages.versions(&membership, &message.reference()).await.expect("an answer");
        assert_eq!(versions, [], "what is left of a deleted message is not shown");
    }
    faults.clear();
    server.delete(&ana(), (conversation, &message)).await;
    healthy.assert_nowhere(&["first-secret", "second-secret"]).await;
    assert_eq!(rev_of(&healthy, conversation).await, 2, "it was deleted once");
}

async fn stored_at(server: &Server, message: &Message) -> SortTime {
    let stored = server.stored_messages().await;
    stored.into_iter().find(|row| row.id == message.id).expect("a stored message").at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_around_a_time_has_the_messages_on_both_sides_at_any_depth() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    for n in 2..=90 {
        server.send(&ben(), conversation, &format!("{n}")).await;
    }
    let all = server.history(&ana(), conversation).await;
    let membership = server.membership(&ana(), conversation).await;
    for at in [0, 1, 9, 30, 44, 80, 88, 89] {
        let cursor = Cursor::around(&all[at].sent_at);
        let page = server.messages.page(&membership, Some(&cursor)).await.expect("a page");
        let first = all.iter().position(|message| message.id == page.items[0].id).expect("a message");
        assert_eq!(page.items, all[first..first + page.items.len()], "without gaps");
        let position = page.items.iter().position(|message| message.id == all[at].id).expect("it is on its page");
        assert_eq!(position, at.min(10), "ten messages before it");
        assert_eq!((page.older.is_some(), page.newer.is_some()), (first > 0, first + page.items.len() < 90));
        for (cursor, is_older) in [(page.older, true), (page.newer, false)] {
            let Some(cursor) = cursor else { continue };
            let next = server.messages.page(&membership, Some(&cursor)).await.expect("a page").items;
            let expected = if is_older { &all[first - 1] } else { &all[first + page.items.len()] };
            assert_eq!(if is_older { next.last() } else { next.first() }, Some(expected), "it continues");
        }
    }
    let reference = MessageRef { id: all[0].id, sent_at: all[44].sent_at.clone() };
    let found = server.messages.find(&membership, &reference).await.expect("an answer");
    assert_eq!(found, Some(all[0].clone()), "its marker still knows where it is");
}
