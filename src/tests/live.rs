//! `GET /events`: who is told what, and when a stream ends.

use std::time::{Duration, Instant};

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::app::{Browser, TestApp, new_id};

/// What a stream is given to say something, or to end.
const SOON: Duration = Duration::from_secs(10);

/// How long after a sign-out a stream may be open.
pub(crate) const SIGNED_OUT: Duration = Duration::from_secs(5);

/// How many messages are sent by somebody who is gone at once: together with the others, fewer than the limit on sending.
const LEFT: u32 = 20;

/// A page's stream of events.
pub(crate) struct Stream {
    response: reqwest::Response,
    unread: String,
}

impl Stream {
    /// Opens one, and waits for its greeting.
    pub(crate) async fn open(browser: &Browser) -> Self {
        let response = browser.request(Method::GET, "/events").send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let mut stream = Self { response, unread: String::new() };
        let greeting = stream.block().await.expect("a greeting");
        // Without data no browser would dispatch it.
        assert!(greeting.contains("event: hello") && greeting.contains("data: "), "{greeting}");
        stream
    }

    /// The next event but those that say who is there; none where the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            match self.next_of_all().await? {
                Event::PersonArrived { .. } | Event::PeoplePresent { .. } | Event::PersonLeft { .. } => {}
                event => return Some(event),
            }
        }
    }

    /// The next event; none where the stream has ended.
    pub(crate) async fn next_of_all(&mut self) -> Option<Event> {
        loop {
            let block = timeout(SOON, self.block()).await.expect("an event or an end in time")?;
            if let Some(data) = block.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).expect("an event"));
            }
        }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = block.to_owned();
                self.unread = rest.to_owned();
                return Some(block);
            }
            let chunk = self.response.chunk().await.ok()??;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    pub(crate) async fn sent(&mut self) -> Message {
        match self.next().await {
            Some(Event::MessageSent { message, .. }) => message,
            other => panic!("not a message: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_every_page_of_both_people_and_nobody_else() {
    let app = TestApp::start().await;
    let (mut ana, ben, cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (mut hers, mut his, mut his_other) =
        (Stream::open(&ana).await, Stream::open(&ben).await, Stream::open(&ben).await);
    let mut strangers = Stream::open(&cy).await;
    let talk = ana.start("ben", "hello").await;
    for stream in [&mut hers, &mut his, &mut his_other] {
        assert_eq!(stream.sent().await.body, "hello");
    }
    let told = ana.say(&talk, "more").await;
    for stream in [&mut hers, &mut his, &mut his_other] {
        assert_eq!(stream.sent().await, told);
    }
    // The first that a stranger hears of is a message to themselves.
    ana.start("cy", "to you").await;
    assert_eq!(strangers.sent().await.body, "to you");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_page_is_read_on_the_others_and_typing_is_told_to_the_other_person() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let talk = ana.start("ben", "hello").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    let read = ben.call("mark_read", &[("conversation", &talk), ("seq", "99")]).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    assert!(matches!(his.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert_eq!(cy.call("typing", &[("conversation", &talk)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.call("typing", &[("conversation", &talk)]).await.status, StatusCode::OK);
    assert!(matches!(hers.next().await, Some(Event::Typing { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_signed_in_has_a_stream_and_only_so_many() {
    let app = TestApp::start().await;
    let anonymous = app.browser().request(Method::GET, "/events").send().await.expect("an answer");
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let ana = app.sign_in("ana").await;
    let mut streams = Vec::new();
    let refused = loop {
        let response = ana.request(Method::GET, "/events").send().await.expect("an answer");
        if response.status() != StatusCode::OK {
            break response;
        }
        streams.push(response);
        assert!(streams.len() < 100, "as many as one likes");
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(app.state.hub.open(), streams.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_soon_after_its_session_has_and_the_others_go_on() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    ana.call("sign_out", &[]).await;
    let end = timeout(SIGNED_OUT, hers.next()).await.expect("the stream ends in time");
    assert_eq!(end, None);
    let mut cy = app.sign_in("cy").await;
    cy.start("ben", "still there?").await;
    assert_eq!(his.sent().await.body, "still there?");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let mut hers = Stream::open(&ana).await;
    app.state.closing.cancel();
    assert_eq!(hers.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_has_missed_something_asks_for_exactly_that() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let talk = ana.start("ben", "1").await;
    let mut last = ana.say(&talk, "2").await;
    for n in 3..=12 {
        ana.say(&talk, &n.to_string()).await;
    }
    let fields = [("conversation", talk.as_str()), ("after", last.sent_at.as_str())];
    let page: Page<Message> = ben.call("messages_after", &fields).await.json();
    let seqs: Vec<_> = page.items.iter().map(|message| message.seq).collect();
    assert_eq!((seqs, page.newer), ((3..=12).collect(), None));
    last = page.items.last().expect("messages").clone();
    let fields = [("conversation", talk.as_str()), ("after", last.sent_at.as_str())];
    let page: Page<Message> = ben.call("messages_after", &fields).await.json();
    assert_eq!(page.items, []);
    let all: Page<Message> = ben.call("messages_after", &[("conversation", &talk)]).await.json();
    assert_eq!(all.items.len(), 12);

    assert_eq!(cy.call("messages_after", &fields).await.status, StatusCode::NOT_FOUND);
    let odd = ben.call("messages_after", &[("conversation", &talk), ("after", "yesterday")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.browser().call("messages_after", &fields).await.status, StatusCode::UNAUTHORIZED);
    let nowhere = ben.call("messages_after", &[("conversation", &new_id())]).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_page_open_is_there_for_those_they_write_with_and_for_nobody_else() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let her: User = ana.call("current_user", &[]).await.json();
    let him: User = ben.call("current_user", &[]).await.json();
    ana.start("ben", "hello").await;
    let mut hers = Stream::open(&ana).await;
    let mut strangers = Stream::open(&cy).await;
    let mut his = Stream::open(&ben).await;
    assert_eq!(his.next_of_all().await, Some(Event::PeoplePresent { people: vec![her.id] }));
    assert_eq!(hers.next_of_all().await, Some(Event::PersonArrived { person: him.id }));
    // A page that is loaded again has not left.
    drop(his);
    his = Stream::open(&ben).await;
    assert_eq!(hers.next_of_all().await, Some(Event::PersonArrived { person: him.id }));
    drop(his);
    assert_eq!(hers.next_of_all().await, Some(Event::PersonLeft { person: him.id }));
    // The first that a stranger hears of her is when she writes to them.
    ana.start("cy", "and you?").await;
    assert_eq!(strangers.next_of_all().await, Some(Event::PersonArrived { person: her.id }));
}

/// Asks to send a message, whole, and hears nothing of it: dropped, the answer is in vain.
async fn ask_to_send(app: &TestApp, sender: &Browser, talk: &str, body: &str) -> TcpStream {
    let fields = [("conversation", talk), ("id", &*new_id()), ("body", body)];
    let form = serde_urlencoded::to_string(fields).expect("fields of text");
    let request = format!(
        "POST /rpc/send_message HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nsec-fetch-site: same-origin\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        app.address,
        sender.cookie.as_deref().expect("a session"),
        form.len()
    );
    let mut connection = TcpStream::connect(app.address).await.expect("a connection");
    connection.write_all(request.as_bytes()).await.expect("the server takes it");
    connection
}

/// Everything that is stored of a conversation, in the order of storing.
async fn stored(reader: &mut Browser, talk: &str) -> Vec<String> {
    let page: Page<Message> = reader.call("messages_after", &[("conversation", talk)]).await.json();
    page.items.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_stored_is_told_even_where_who_sent_it_has_gone_away() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let mut his = Stream::open(&ben).await;
    let talk = ana.start("ben", "the beginning").await;
    let begun = Instant::now();
    ana.say(&talk, "in peace").await;
    let takes = begun.elapsed();
    for n in 0..LEFT {
        let connection = ask_to_send(&app, &ana, &talk, &n.to_string()).await;
        // Each time a little later: before the message is stored, while it is being stored, and after.
        sleep(takes * n / LEFT).await;
        drop(connection);
    }
    ana.say(&talk, "the end").await;

    let mut told = vec![his.sent().await.body];
    while told.last().is_some_and(|text| text != "the end") {
        told.push(his.sent().await.body);
    }
    let mut there = stored(&mut ben, &talk).await;
    // Those that were still under way are told after it.
    while told.len() < there.len() {
        told.push(his.sent().await.body);
        there = stored(&mut ben, &talk).await;
    }
    assert!(there.len() > 3, "some were stored though nobody heard of it");
    // Of two that are under way at once, either may be told first.
    told.sort();
    there.sort();
    assert_eq!(told, there);
}
