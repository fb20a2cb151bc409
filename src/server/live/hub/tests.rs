//! Tests of the hub.

use super::*;
use crate::domain::samples;

fn id(n: u8) -> sessions::Id {
    sessions::Id([n; 32])
}

fn ana() -> user::Id {
    samples::user(1, "ana").id
}

fn read_event() -> Event {
    Event::ConversationMarked { conversation: samples::conversation(1).id, marked: 1 }
}

/// Returns the text of the next event.
async fn text(stream: &mut Subscription) -> Option<String> {
    match stream.next().await? {
        Pushed::Event { text, .. } => Some(text.to_string()),
        Pushed::GaveWay => Some("gave way".to_owned()),
    }
}

/// Returns the position of the next event.
async fn next_position(stream: &mut Subscription) -> Option<String> {
    match stream.next().await? {
        Pushed::Event { position, .. } => position,
        Pushed::GaveWay => None,
    }
}

#[tokio::test]
async fn an_event_reaches_every_stream_of_its_recipients_and_no_other() {
    let hub = Hub::default();
    let mut mine = [hub.subscribe(ana(), id(1)), hub.subscribe(ana(), id(2))];
    let mut others = hub.subscribe(samples::user(2, "ben").id, id(3));
    hub.publish(&[ana()], &Event::Resync);
    for stream in &mut mine {
        assert_eq!(text(stream).await.as_deref(), Some(r#"{"type":"resync"}"#));
    }
    hub.close(&HashSet::from([id(3)]));
    assert_eq!(others.next().await, None);
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_closed_and_removed() {
    let hub = Hub::default();
    let mut stream = hub.subscribe(ana(), id(1));
    for _ in 0..=QUEUED_MAX {
        hub.publish(&[ana()], &Event::Resync);
    }
    assert_eq!(hub.stream_count(), 0);
    for _ in 0..QUEUED_MAX {
        assert!(stream.next().await.is_some());
    }
    assert_eq!(stream.next().await, None);
}

// F19
#[tokio::test]
async fn the_oldest_stream_of_a_user_gives_way_to_one_too_many_and_says_so() {
    let hub = Hub::default();
    let mut streams: Vec<_> = (0..=STREAMS_MAX).map(|_| hub.subscribe(ana(), id(1))).collect();
    assert_eq!(hub.stream_count(), STREAMS_MAX);
    assert_eq!(text(&mut streams[0]).await.as_deref(), Some("gave way"));
    assert_eq!(streams[0].next().await, None);
    hub.publish(&[ana()], &Event::Resync);
    for stream in &mut streams[1..] {
        assert_eq!(text(stream).await.as_deref(), Some(r#"{"type":"resync"}"#));
    }
    drop(streams);
    assert_eq!((hub.stream_count(), hub.sessions().len(), hub.has_stream(ana())), (0, 0, false));
}

// F21
#[tokio::test]
async fn a_reopened_stream_continues_with_the_events_since_its_position() {
    let hub = Hub::default();
    let mut first = hub.subscribe(ana(), id(1));
    assert!(!first.is_resumed);
    hub.publish(&[ana()], &read_event());
    let position = next_position(&mut first).await.expect("a position");
    drop(first);
    hub.publish(&[ana()], &Event::Resync);
    hub.publish(&[ana()], &Event::PeoplePresent { people: Vec::new() });
    let mut second = hub.resume(ana(), id(1), Some(&position));
    assert!(second.is_resumed);
    assert_eq!(text(&mut second).await.as_deref(), Some(r#"{"type":"resync"}"#));
    hub.publish(&[ana()], &read_event());
    assert!(text(&mut second).await.expect("an event").contains("conversation_marked"), "presence is not replayed");
}

// F21
#[tokio::test]
async fn a_position_of_another_server_or_before_too_many_events_does_not_resume() {
    let hub = Hub::default();
    let elsewhere = Hub::default().subscribe(ana(), id(1)).position.clone();
    let first = hub.subscribe(ana(), id(1));
    let position = first.position.clone();
    for strange in ["", "1", "x-1", elsewhere.as_str(), &format!("{position}9x")] {
        assert!(!hub.resume(ana(), id(1), Some(strange)).is_resumed, "{strange}");
    }
    assert!(hub.resume(ana(), id(1), Some(&position)).is_resumed);
    for _ in 0..QUEUED_MAX {
        hub.publish(&[ana()], &read_event());
    }
    assert!(!hub.resume(ana(), id(1), Some(&position)).is_resumed);
}
