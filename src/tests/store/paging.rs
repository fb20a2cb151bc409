//! Pages of a conversation.

use std::ops::RangeInclusive;

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::membership::Membership;
use cruddur_messages::server::store::dynamodb::rows::{Head, MessageRow, Milestone, ReadCursor};
use cruddur_messages::server::store::dynamodb::table::Key;
use cruddur_messages::server::store::dynamodb::visits::{Visit, Wanted, WantedCursors};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, cy, new_message_id, server, server_with_clock, texts};
use crate::support::admin_code::capacity::metered;
use crate::support::series::in_series;
use cruddur_messages::domain::conversation;

/// Writes the messages up to `last` directly into the table, a minute apart: faster than sending them.
async fn fill(server: &Server, conversation: conversation::Id, last: u64) {
    fill_at(server, conversation, last, |seq| Duration::minutes(seq as i64)).await;
}

/// Like [`fill`], with the given time of each message after the first.
async fn fill_at(server: &Server, conversation: conversation::Id, last: u64, after_first: fn(u64) -> Duration) {
    let first = server
        .stored_messages()
        .await
        .into_iter()
        .find(|row| row.conversation == conversation)
        .expect("a first message");
    let rows = (2..=last).map(|seq| {
        let at = first.at.next(first.at.at() + after_first(seq));
        MessageRow { at, id: new_message_id(), body: format!("{seq}"), seq, ..first.clone() }.item()
    });
    server.put(rows).await;
}

/// Sets the head to the value that it would have if all messages in the table had been sent.
async fn set_head(server: &Server, conversation: conversation::Id) {
    let newest = server.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    let head = Head::direct([ana().id, ben().id], newest.seq, newest.at).expect("two members");
    server.put([head.item(conversation)]).await;
}

fn seqs(page: &Page<Message>) -> Vec<u64> {
    page.items.iter().map(|message| message.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_through_a_thousand_messages_has_no_gaps_or_repeats_in_either_direction() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 1000).await;
    let membership = server.membership(&ben(), conversation).await;

    let mut page = server.messages.page(&membership, None).await.expect("the newest page");
    assert_eq!(page.newer, None);
    let mut upwards = page.items.clone();
    while let Some(older) = &page.older {
        page = server.messages.page(&membership, Some(older)).await.expect("an older page");
        assert_eq!(page.items.len(), PAGE_SIZE);
        upwards.splice(0..0, page.items.clone());
    }
    let all: Vec<u64> = (1..=1000).collect();
    assert_eq!(upwards.iter().map(|message| message.seq).collect::<Vec<_>>(), all);

    let mut downwards = page.items.clone();
    while let Some(newer) = &page.newer {
        page = server.messages.page(&membership, Some(newer)).await.expect("a newer page");
        assert_eq!(page.items.len(), PAGE_SIZE);
        downwards.extend(page.items.clone());
    }
    assert_eq!(downwards, upwards);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exactly_full_page_is_the_only_page() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, PAGE_SIZE as u64).await;
    let membership = server.membership(&ana(), conversation).await;
    let page = server.messages.page(&membership, None).await.expect("a page");
    assert_eq!((page.items.len(), page.older, page.newer), (PAGE_SIZE, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_all_years_are_listed() {
    let (_dynamodb, server, clock) = server_with_clock(datetime!(2023-07-05 12:00 UTC)).await;
    let conversation = server.start(&ana(), &ben(), "2023").await;
    let new_year: [(OffsetDateTime, &str); 5] = [
        (datetime!(2023-12-31 23:59:59.999999 UTC), "2023, last"),
        (datetime!(2024-01-01 00:00 UTC), "2024"),
        (datetime!(2025-06-01 00:00 UTC), "2025"),
        (datetime!(2026-12-31 23:00 UTC), "2026"),
        (datetime!(2027-01-01 00:00 UTC), "2027"),
    ];
    for (time, text) in new_year {
        clock.set(time);
        // An id with the time of today would be too old in the last years.
        let id = message::Id(Uuid::new_v4());
        server.try_send(&ana(), conversation, id, text).await.expect("a message is sent");
    }
    let messages = server.history(&ben(), conversation).await;
    assert_eq!(texts(&messages), ["2023", "2023, last", "2024", "2025", "2026", "2027"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_rows_are_skipped_and_the_page_is_full() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 100).await;
    let mut rows: Vec<_> = server.stored_messages().await;
    rows.sort_by_key(|row| row.seq);
    let damaged = rows[60..95].iter().map(|row| {
        let mut item = row.item();
        item.remove("message");
        item
    });
    server.put(damaged).await;
    let membership = server.membership(&ana(), conversation).await;
    let page = server.messages.page(&membership, None).await.expect("a page");
    assert_eq!(seqs(&page), (46..=60).chain(96..=100).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_opening_page_starts_before_the_first_unread_message() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 60).await;
    set_head(&server, conversation).await;
    let membership = server.membership(&ben(), conversation).await;
    let ends = |page: &Page<Message>| (page.items.first().map(|it| it.seq), page.items.last().map(|it| it.seq));
    for (read, first) in [(20, 18), (50, 41), (60, 41)] {
        let page = server.messages.opening_page(&membership, read).await.expect("a page");
        assert_eq!(ends(&page), (Some(first), Some(60)), "read up to {read}");
    }
    for cursor in [Cursor("after-2100-01-01T00:00:00Z".to_owned()), Cursor::newest()] {
        let page = server.messages.page(&membership, Some(&cursor)).await.expect("a page");
        assert_eq!((ends(&page), page.newer), ((Some(41), Some(60)), None));
    }
}

/// Opens a conversation after reading up to `read`, checks that the page contains the first unread message, and
/// continues from both ends of the page.
async fn assert_opens_at_first_unread(server: &Server, conversation: conversation::Id, read: u64) {
    let membership = server.membership(&ben(), conversation).await;
    let page = server.messages.opening_page(&membership, read).await.expect("a page");
    let (first, last) = ((read + 1).saturating_sub(3).max(1), read + 1 + CATCH_UP_SIZE as u64);
    assert_eq!(seqs(&page), (first..=last).collect::<Vec<_>>(), "read up to {read}");
    assert_eq!((page.older.is_some(), page.newer.is_some()), (first > 1, true), "read up to {read}");
    assert_continues(server, &membership, &page).await;
}

/// Reads on from both ends of a page in which all messages are readable.
async fn assert_continues(server: &Server, membership: &Membership, page: &Page<Message>) {
    let (first, last) = (seqs(page)[0], seqs(page)[page.items.len() - 1]);
    for (cursor, next) in [(&page.older, first - 1), (&page.newer, last + 1)] {
        if let Some(cursor) = cursor {
            let beyond = server.messages.page(membership, Some(cursor)).await.expect("a page");
            let edge = if next < first { beyond.items.last() } else { beyond.items.first() };
            assert_eq!(edge.map(|message| message.seq), Some(next), "after {first} to {last}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_opens_at_the_first_unread_message_however_many_are_unread() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 1000).await;
    set_head(&server, conversation).await;
    let most = 1000 - UNREAD_SIZE_MAX as u64;
    for read in [0, 1, 2, 3, 18, 19, 20, 21, 40, 333, 500, most - 1] {
        assert_opens_at_first_unread(&server, conversation, read).await;
    }
    let membership = server.membership(&ben(), conversation).await;
    let page = server.messages.opening_page(&membership, most).await.expect("a page");
    assert_eq!(
        (seqs(&page), page.newer),
        ((most - 2..=1000).collect::<Vec<_>>(), None),
        "the newest page starts before the first unread message"
    );

    let (client, meter) = metered(server.table.client());
    let metered = Server::new(Table::new(client, server.table.name()));
    metered.messages.opening_page(&membership, 500).await.expect("a page");
    assert!(meter.take().calls <= 12, "it does not read all messages before or after");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_unread_message_is_found_whatever_the_pauses_between_messages() {
    // Groups of twenty messages a microsecond apart, with a pause before each group that doubles, up to nine years.
    const PAUSES: fn(u64) -> Duration = |seq| Duration::microseconds((seq + (1_u64 << (seq / 20))) as i64);
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2023-07-05 12:00 UTC)).await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill_at(&server, conversation, 980, PAUSES).await;
    set_head(&server, conversation).await;
    for read in [0, 7, 60, 399, 639, 640, 700, 779] {
        assert_opens_at_first_unread(&server, conversation, read).await;
    }
}

/// Removes the texts of these messages, so that they cannot be read.
async fn damage(server: &Server, seqs: RangeInclusive<u64>) {
    let damaged = server.stored_messages().await.into_iter().filter(|row| seqs.contains(&row.seq)).map(|row| {
        let mut item = row.item();
        item.remove("message");
        item
    });
    server.put(damaged.collect::<Vec<_>>()).await;
}

/// Puts the milestones that the messages in the table would have if they had been sent.
async fn put_milestones(server: &Server) {
    let rows = server.stored_messages().await.into_iter().filter(|row| row.seq > 1 && row.seq % 64 == 1);
    let milestone = |row: MessageRow| Milestone { conversation: row.conversation, seq: row.seq, at: row.at }.item();
    server.put(rows.map(milestone).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_64th_message_has_a_milestone() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    for n in 2..=131 {
        server.send(&ana(), conversation, &format!("{n}")).await;
    }
    let found: Vec<_> = server.rows().await.iter().filter_map(Milestone::from_item).collect();
    let at = |seq| server_row(&server, seq);
    let expected = [at(65).await, at(129).await].map(|row| Milestone { conversation, seq: row.seq, at: row.at });
    assert_eq!(found, expected);
}

async fn server_row(server: &Server, seq: u64) -> MessageRow {
    server.stored_messages().await.into_iter().find(|row| row.seq == seq).expect("a message")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_20_000_messages_opens_in_the_middle_in_three_steps() {
    let (dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 20_000).await;
    set_head(&server, conversation).await;
    let (client, meter) = metered(server.table.client());
    let (client, series) = in_series(&client, &dynamodb);
    let at = server_row(&server, 1).await.at;
    let open = async |read: u64| {
        let measured = Server::new(Table::new(client.clone(), server.table.name()));
        server.put([ReadCursor::new_item(ben().id, conversation, read, &at)]).await;
        meter.take();
        series.take();
        let visit = measured.messages.visit(ben().id, conversation, Wanted::Opening, WantedCursors::None).await;
        let Visit { membership, cursors, messages } = visit.expect("an answer").expect("a member");
        let page = measured.messages.visited_page(&membership, &cursors, messages).await.expect("a page");
        let cost = (series.take(), meter.take());
        assert_eq!((page.older.is_some(), page.newer.is_some()), (read > 3, true), "read up to {read}");
        assert_continues(&server, &membership, &page).await;
        (seqs(&page), cost)
    };
    let (without, (steps, _)) = open(9_999).await;
    assert!(steps > 8, "a search without milestones: {steps} steps");
    put_milestones(&server).await;
    // Next to a milestone on both sides, halfway, and at the beginning.
    for read in [9_999, 9_983, 9_984, 9_985, 9_950, 64, 0, 1, 2, 3, 19_700] {
        let (found, (steps, consumed)) = open(read).await;
        let first = (read + 1).saturating_sub(3).max(1);
        let milestone = read.max(1).next_multiple_of(64) + 1;
        assert_eq!(found, (first..=milestone.max(read + 41)).collect::<Vec<_>>(), "read up to {read}");
        assert_eq!((steps, consumed.calls), (3, 4), "read up to {read}: {consumed:?}");
        assert!(consumed.read_units() <= 8.0, "read up to {read}: {consumed:?}");
    }
    let found = open(9_999).await.0;
    assert_eq!(found, without[..found.len()], "the same page as by a search");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_among_unreadable_or_moved_messages_is_not_trusted() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 400).await;
    set_head(&server, conversation).await;
    put_milestones(&server).await;
    damage(&server, 101..=120).await;
    let membership = server.membership(&ben(), conversation).await;
    let page = server.messages.opening_page(&membership, 100).await.expect("a page");
    assert_eq!(seqs(&page), (98..=100).chain(121..=221).collect::<Vec<_>>());
    let wrong = Milestone { conversation, seq: 129, at: server_row(&server, 300).await.at };
    server.put([wrong.item()]).await;
    assert_opens_at_first_unread(&server, conversation, 125).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_first_unread_message_is_skipped() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 400).await;
    set_head(&server, conversation).await;
    damage(&server, 101..=130).await;
    let membership = server.membership(&ben(), conversation).await;
    let page = server.messages.opening_page(&membership, 100).await.expect("a page");
    assert_eq!(seqs(&page), (98..=100).chain(131..=231).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_the_old_app_are_returned_in_canonical_form() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "new").await;
    let mut old = server.stored_messages().await.remove(0).item();
    old.insert("sk".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("2023-03-20T09:25:57.713782".to_owned()));
    old.insert("message".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("old".to_owned()));
    old.remove("seq");
    server.put([old]).await;
    let messages = server.history(&ana(), conversation).await;
    assert_eq!(texts(&messages), ["old", "new"]);
    assert_eq!((messages[0].sent_at.as_str(), messages[0].seq), ("2023-03-20T09:25:57.713782+00:00", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cursor_or_one_for_another_conversation_is_invalid() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "1").await;
    fill(&server, conversation, 30).await;
    let other = server.start(&ana(), &cy(), "1").await;
    let membership = server.membership(&ana(), conversation).await;
    let older = server.messages.page(&membership, None).await.expect("a page").older.expect("an older page");

    let elsewhere = server.membership(&ana(), other).await;
    let cut = Cursor(older.0[..older.0.len() - 3].to_owned());
    for (membership, cursor) in [(&elsewhere, &older), (&membership, &cut), (&membership, &Cursor("x".to_owned()))] {
        let answer = server.messages.page(membership, Some(cursor)).await;
        assert!(matches!(answer, Err(Failure::Public(AppError::Invalid(_)))), "{answer:?}");
    }
    assert!(server.messages.page(&membership, Some(&older)).await.is_ok());
    assert!(!older.0.contains(&Key::messages(conversation)), "a cursor is opaque");
}
