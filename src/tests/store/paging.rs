//! Reading a conversation, a page at a time.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::capacity::metered;
use cruddur_messages::server::store::dynamodb::rows::{Head, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Key, MESSAGE};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{Server, ana, ben, cy, new_message, server, server_at, texts};
use cruddur_messages::domain::conversation;

/// Writes messages up to `last` as if they had been sent, a minute apart: quicker than sending them.
async fn fill(server: &Server, talk: conversation::Id, last: u64) {
    fill_at(server, talk, last, |seq| Duration::minutes(seq as i64)).await;
}

/// The same, each so long after the first.
async fn fill_at(server: &Server, talk: conversation::Id, last: u64, after_first: fn(u64) -> Duration) {
    let first =
        server.stored_messages().await.into_iter().find(|row| row.conversation == talk).expect("a first message");
    let rows = (2..=last).map(|seq| {
        let at = first.at.next(first.at.at() + after_first(seq));
        MessageRow { at, id: new_message(), body: format!("{seq}"), seq, ..first.clone() }.item()
    });
    server.put(rows).await;
}

/// Puts the head where it would be if all that is there had been sent.
async fn move_head(server: &Server, talk: conversation::Id) {
    let newest = server.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    let head = Head { members: [ana().id, ben().id], seq: newest.seq, last: newest.at };
    server.put([head.item(talk)]).await;
}

fn seqs(page: &Page<Message>) -> Vec<u64> {
    page.items.iter().map(|message| message.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_messages_page_through_both_ways_without_a_hole_or_a_repeat() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 1000).await;
    let right = server.membership(&ben(), talk).await;

    let mut page = server.messages.page(&right, None).await.expect("the newest page");
    assert_eq!(page.newer, None);
    let mut upwards = page.items.clone();
    while let Some(older) = &page.older {
        page = server.messages.page(&right, Some(older)).await.expect("an older page");
        assert_eq!(page.items.len(), PAGE_SIZE);
        upwards.splice(0..0, page.items.clone());
    }
    let all: Vec<u64> = (1..=1000).collect();
    assert_eq!(upwards.iter().map(|message| message.seq).collect::<Vec<_>>(), all);

    let mut downwards = page.items.clone();
    while let Some(newer) = &page.newer {
        page = server.messages.page(&right, Some(newer)).await.expect("a newer page");
        assert_eq!(page.items.len(), PAGE_SIZE);
        downwards.extend(page.items.clone());
    }
    assert_eq!(downwards, upwards);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_just_full_is_the_only_one() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, PAGE_SIZE as u64).await;
    let right = server.membership(&ana(), talk).await;
    let page = server.messages.page(&right, None).await.expect("a page");
    assert_eq!((page.items.len(), page.older, page.newer), (PAGE_SIZE, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_every_year_are_there() {
    let (_dynamodb, server, clock) = server_at(datetime!(2023-07-05 12:00 UTC)).await;
    let talk = server.start(&ana(), &ben(), "2023").await;
    let new_year: [(OffsetDateTime, &str); 5] = [
        (datetime!(2023-12-31 23:59:59.999999 UTC), "2023, last"),
        (datetime!(2024-01-01 00:00 UTC), "2024"),
        (datetime!(2025-06-01 00:00 UTC), "2025"),
        (datetime!(2026-12-31 23:00 UTC), "2026"),
        (datetime!(2027-01-01 00:00 UTC), "2027"),
    ];
    for (time, text) in new_year {
        clock.set(time);
        server.send(&ana(), talk, text).await;
    }
    let messages = server.history(&ben(), talk).await;
    assert_eq!(texts(&messages), ["2023", "2023, last", "2024", "2025", "2026", "2027"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_are_passed_over_and_the_page_is_full() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 100).await;
    let mut rows: Vec<_> = server.stored_messages().await;
    rows.sort_by_key(|row| row.seq);
    let damaged = rows[60..95].iter().map(|row| {
        let mut item = row.item();
        item.remove(MESSAGE);
        item
    });
    server.put(damaged).await;
    let right = server.membership(&ana(), talk).await;
    let page = server.messages.page(&right, None).await.expect("a page");
    assert_eq!(seqs(&page), (46..=60).chain(96..=100).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_page_reaches_back_to_where_the_unread_begin_and_is_what_follows_on_the_last() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 60).await;
    move_head(&server, talk).await;
    let right = server.membership(&ben(), talk).await;
    let ends = |page: &Page<Message>| (page.items.first().map(|it| it.seq), page.items.last().map(|it| it.seq));
    for (read, first) in [(20, 18), (50, 41), (60, 41)] {
        let page = server.messages.opening(&right, read).await.expect("a page");
        assert_eq!(ends(&page), (Some(first), Some(60)), "read up to {read}");
    }
    for cursor in [Cursor("after-2100-01-01T00:00:00Z".to_owned()), Cursor::newest()] {
        let page = server.messages.page(&right, Some(&cursor)).await.expect("a page");
        assert_eq!((ends(&page), page.newer), ((Some(41), Some(60)), None));
    }
}

/// Opens a conversation of which so much has been read, looks whether the unread begin where they should, and goes on from
/// both ends of what is shown.
async fn assert_opens_at_the_unread(server: &Server, talk: conversation::Id, read: u64) {
    let right = server.membership(&ben(), talk).await;
    let page = server.messages.opening(&right, read).await.expect("a page");
    let (first, last) = ((read + 1).saturating_sub(3).max(1), read + 1 + CATCH_UP_SIZE as u64);
    assert_eq!(seqs(&page), (first..=last).collect::<Vec<_>>(), "read up to {read}");
    assert_eq!((page.older.is_some(), page.newer.is_some()), (first > 1, true), "read up to {read}");
    for (cursor, next) in [(&page.older, first - 1), (&page.newer, last + 1)] {
        if let Some(cursor) = cursor {
            let beyond = server.messages.page(&right, Some(cursor)).await.expect("a page");
            let edge = if next < first { beyond.items.last() } else { beyond.items.first() };
            assert_eq!(edge.map(|message| message.seq), Some(next), "read up to {read}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_are_unread_a_conversation_opens_where_they_begin() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 1000).await;
    move_head(&server, talk).await;
    let most = 1000 - UNREAD_SIZE_MAX as u64;
    for read in [0, 1, 2, 3, 18, 19, 20, 21, 40, 333, 500, most - 1] {
        assert_opens_at_the_unread(&server, talk, read).await;
    }
    let right = server.membership(&ben(), talk).await;
    let page = server.messages.opening(&right, most).await.expect("a page");
    assert_eq!(
        (seqs(&page), page.newer),
        ((most - 2..=1000).collect::<Vec<_>>(), None),
        "the newest page reaches back so far"
    );

    let (client, meter) = metered(server.table.client());
    let metered = Server::new(Table::new(client, server.table.name()));
    metered.messages.opening(&right, 500).await.expect("a page");
    assert!(meter.take().calls <= 12, "it does not read all that comes before or after");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_pauses_between_them_the_first_unread_message_is_found() {
    // Twenty a microsecond apart, then twice as long a pause as before: at last of nine years.
    const PAUSES: fn(u64) -> Duration = |seq| Duration::microseconds((seq + (1_u64 << (seq / 20))) as i64);
    let (_dynamodb, server, _clock) = server_at(datetime!(2023-07-05 12:00 UTC)).await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill_at(&server, talk, 980, PAUSES).await;
    move_head(&server, talk).await;
    for read in [0, 7, 60, 399, 639, 640, 700, 779] {
        assert_opens_at_the_unread(&server, talk, read).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_of_which_the_first_cannot_be_read_begin_with_the_next() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 400).await;
    move_head(&server, talk).await;
    let damaged = server.stored_messages().await.into_iter().filter(|row| (101..=130).contains(&row.seq)).map(|row| {
        let mut item = row.item();
        item.remove(MESSAGE);
        item
    });
    server.put(damaged.collect::<Vec<_>>()).await;
    let right = server.membership(&ben(), talk).await;
    let page = server.messages.opening(&right, 100).await.expect("a page");
    assert_eq!(seqs(&page), (98..=100).chain(131..=231).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_the_old_app_are_read_in_one_form() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "new").await;
    let mut old = server.stored_messages().await.remove(0).item();
    old.insert("sk".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("2023-03-20T09:25:57.713782".to_owned()));
    old.insert(MESSAGE.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("old".to_owned()));
    old.remove("seq");
    server.put([old]).await;
    let messages = server.history(&ana(), talk).await;
    assert_eq!(texts(&messages), ["old", "new"]);
    assert_eq!((messages[0].sent_at.as_str(), messages[0].seq), ("2023-03-20T09:25:57.713782+00:00", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_was_damaged_or_made_for_another_conversation_is_invalid() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "1").await;
    fill(&server, talk, 30).await;
    let other = server.start(&ana(), &cy(), "1").await;
    let right = server.membership(&ana(), talk).await;
    let older = server.messages.page(&right, None).await.expect("a page").older.expect("an older page");

    let elsewhere = server.membership(&ana(), other).await;
    let cut = Cursor(older.0[..older.0.len() - 3].to_owned());
    for (right, cursor) in [(&elsewhere, &older), (&right, &cut), (&right, &Cursor("x".to_owned()))] {
        let answer = server.messages.page(right, Some(cursor)).await;
        assert!(matches!(answer, Err(Failure::Answer(AppError::Invalid(_)))), "{answer:?}");
    }
    assert!(server.messages.page(&right, Some(&older)).await.is_ok());
    assert!(!older.0.contains(&Key::messages(talk)), "a cursor is opaque");
}
