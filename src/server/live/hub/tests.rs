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
async fn next_position(stream: &mut Subscription) -> Option<Position> {
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
        assert_eq!(text(stream).await.as_deref(), Some(r#""resync""#));
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
        assert_eq!(text(stream).await.as_deref(), Some(r#""resync""#));
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
    let mut second = hub.resume(ana(), id(1), Some(position));
    assert!(second.is_resumed);
    assert_eq!(text(&mut second).await.as_deref(), Some(r#""resync""#));
    hub.publish(&[ana()], &read_event());
    assert!(text(&mut second).await.expect("an event").contains("conversation_marked"), "presence is not replayed");
}

// F21
#[tokio::test]
async fn a_position_of_another_server_or_before_too_many_events_does_not_resume() {
    let hub = Hub::default();
    let elsewhere = Hub::default().subscribe(ana(), id(1)).position;
    let position = hub.subscribe(ana(), id(1)).position;
    assert!(!hub.resume(ana(), id(1), Some(elsewhere)).is_resumed);
    assert!(hub.resume(ana(), id(1), Some(position)).is_resumed);
    for _ in 0..QUEUED_MAX {
        hub.publish(&[ana()], &read_event());
    }
    assert!(!hub.resume(ana(), id(1), Some(position)).is_resumed);
}

#[tokio::test]
async fn a_page_gets_what_was_published_after_it_was_rendered_once_and_in_order() {
    let hub = Hub::default();
    hub.publish(&[ana()], &Event::Resync);
    let position = hub.page_position(ana()).expect("a position");
    let ben = samples::user(2, "ben").id;
    for event in [read_event(), Event::Resync] {
        hub.publish(&[ana()], &event);
        hub.publish(&[ben], &event);
    }
    let mut stream = hub.resume(ana(), id(1), Some(position));
    assert_eq!((stream.is_resumed, stream.position), (true, position));
    hub.publish(&[ana()], &read_event());
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(text(&mut stream).await.expect("an event"));
    }
    hub.close(&HashSet::from([id(1)]));
    assert_eq!(stream.next().await, None);
    let read = serde_json::to_string(&read_event()).expect("JSON");
    assert_eq!(texts, [read.as_str(), r#""resync""#, read.as_str()]);
}

#[tokio::test]
async fn a_page_whose_events_are_no_longer_kept_gets_a_later_beginning() {
    let hub = Hub::default();
    let position = hub.page_position(ana()).expect("a position");
    for _ in 0..QUEUED_MAX {
        hub.publish(&[ana()], &read_event());
    }
    let stream = hub.resume(ana(), id(1), Some(position));
    assert!(!stream.is_resumed && stream.position > position);
    let restarted = Hub::default().resume(ana(), id(1), Some(position));
    assert!(!restarted.is_resumed && restarted.position.partial_cmp(&position).is_none());
}

#[test]
fn a_page_has_no_position_while_its_inbox_rows_may_lack_a_message_of_another_server() {
    let (hub, ben) = (Hub::default(), samples::user(2, "ben").id);
    let message = samples::message(1, "hello", "2026-11-21T09:26");
    let sent = Event::MessageSent { conversation: samples::conversation(1).id, message, rev: 0 };
    hub.publish(&[ana()], &sent);
    hub.receive(&[ana()], &read_event());
    assert!(hub.page_position(ana()).is_some(), "its own messages, and what is stored before it is published");
    hub.receive(&[ana()], &sent);
    assert_eq!((hub.page_position(ana()), hub.page_position(ben).is_some()), (None, true));
}

#[tokio::test]
async fn a_page_is_told_of_a_bus_that_was_away_and_gets_no_position_right_after() {
    let hub = Hub::default();
    let position = hub.page_position(ana()).expect("a position");
    hub.resync_locally();
    assert_eq!(hub.page_position(ana()), None);
    let mut stream = hub.resume(ana(), id(1), Some(position));
    assert_eq!((stream.is_resumed, text(&mut stream).await.as_deref()), (true, Some(r#""resync""#)));
    let joined = Hub::default();
    joined.join(Bus::new().0);
    assert_eq!(joined.page_position(ana()), None, "the other servers may have just published something");
}
