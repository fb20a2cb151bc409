//! `GET /events`: recipients of events, and the end of streams.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::position::Position;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::live::hub::STREAMS_MAX;
use reqwest::{Method, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::wait_until::wait_until;

/// Timeout for the next event or the end of a stream.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time that a stream stays open after a sign-out.
pub(crate) const SIGN_OUT_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of messages whose sender disconnects at once. The whole test stays below the rate limit on sending.
const DISCONNECTS: u32 = 20;

/// Number of pages that are rendered while a message is sent. The whole test stays below the rate limit on sending.
const RENDERED: u32 = 10;

/// Event stream of a page.
pub(crate) struct Stream {
    response: reqwest::Response,
    unread: String,
    /// The first event.
    hello: String,
}

impl Stream {
    /// Opens a stream and waits for its `hello` event.
    pub(crate) async fn open(browser: &Browser) -> Self {
        let stream = Self::open_at(browser, "/events").await;
        assert!(stream.hello.contains("event: hello"), "{}", stream.hello);
        stream
    }

    /// Opens a stream that continues after a position.
    pub(crate) async fn open_after(browser: &Browser, position: Position) -> Self {
        Self::open_at(browser, &format!("/events?after={position}")).await
    }

    /// Returns whether the stream continues where it was asked to.
    pub(crate) fn is_resumed(&self) -> bool {
        self.hello.contains("event: resumed")
    }

    /// Position at which the stream begins.
    pub(crate) fn position(&self) -> Position {
        let id = self.hello.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
        Position::parse(id).expect("a position")
    }

    async fn open_at(browser: &Browser, path: &str) -> Self {
        let response = browser.request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let mut stream = Self { response, unread: String::new(), hello: String::new() };
        stream.hello = stream.block().await.expect("an event");
        // Browsers do not dispatch events without data.
        assert!(stream.hello.contains("data: "), "{}", stream.hello);
        stream
    }

    /// Returns the next event that is not about presence. `None` if the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            match self.next_of_any_kind().await? {
                Event::PersonArrived { .. } | Event::PeoplePresent { .. } | Event::PersonLeft { .. } => {}
                event => return Some(event),
            }
        }
    }

    /// Returns the next event. `None` if the stream has ended.
    pub(crate) async fn next_of_any_kind(&mut self) -> Option<Event> {
        loop {
            let block = timeout(TIMEOUT, self.block()).await.expect("an event or an end in time")?;
            if let Some(data) = block.lines().next().and_then(|line| line.strip_prefix("data: ")) {
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

    /// Returns the next event, which must be a message.
    pub(crate) async fn next_message(&mut self) -> Message {
        match self.next().await {
            Some(Event::MessageSent { message, .. }) => message,
            other => panic!("not a message: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_every_page_of_both_members_and_no_stranger() {
    let app = TestApp::start().await;
    let (mut ana, ben, cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    for handle in ["ben", "cy"] {
        ana.start(handle, "the first message, which is a request").await;
    }
    let (mut hers, mut his, mut his_other) =
        (Stream::open(&ana).await, Stream::open(&ben).await, Stream::open(&ben).await);
    let mut strangers = Stream::open(&cy).await;
    let conversation = ana.start("ben", "hello").await;
    for stream in [&mut hers, &mut his, &mut his_other] {
        assert_eq!(stream.next_message().await.body, "hello");
    }
    let sent = ana.say(&conversation, "more").await;
    for stream in [&mut hers, &mut his, &mut his_other] {
        assert_eq!(stream.next_message().await, sent);
    }
    // The first event of the stranger is a message sent to the stranger.
    ana.start("cy", "to you").await;
    assert_eq!(strangers.next_message().await.body, "to you");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_every_page_of_both_members_and_no_stranger() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    ana.start("cy", "the first message, which is a request").await;
    let conversation = ana.start("ben", "hello").await;
    let message = ana.say(&conversation, "mistke").await;
    let (mut hers, mut his, mut his_other) =
        (Stream::open(&ana).await, Stream::open(&ben).await, Stream::open(&ben).await);
    let mut strangers = Stream::open(&cy).await;
    let about = (&*conversation, &message);
    let edited: Message = ana.call_about("edit_message", about, &[("edits", "0"), ("body", "mistake")]).await.json();
    let reacted: Message = ben.call_about("react", about, &[("emoji", "👍"), ("on", "true")]).await.json();
    let deleted: Message = ana.call_about("delete_message", about, &[]).await.json();
    assert_eq!([&edited, &reacted, &deleted].map(|message| message.changed), [1, 2, 3]);
    for stream in [&mut hers, &mut his, &mut his_other] {
        for state in [&edited, &reacted, &deleted] {
            let expected =
                Event::MessageChanged { conversation: conversation.parse().expect("an id"), message: state.clone() };
            assert_eq!(stream.next().await, Some(expected));
        }
    }
    // The first event of the stranger is a message sent to the stranger.
    ana.start("cy", "to you").await;
    assert_eq!(strangers.next_message().await.body, "to you");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_is_published_to_all_pages_of_both_members_and_typing_to_the_peer() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "hello").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    let read = ben.call("mark_read", &[("conversation", &conversation), ("seq", "99")]).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    assert!(matches!(his.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert_eq!(cy.call("typing", &[("conversation", &conversation)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.call("typing", &[("conversation", &conversation)]).await.status, StatusCode::OK);
    assert!(matches!(hers.next().await, Some(Event::Typing { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_signed_in_user_can_open_streams_and_only_a_limited_number() {
    let app = TestApp::start().await;
    let anonymous = app.browser().request(Method::GET, "/events").send().await.expect("an answer");
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let ana = app.sign_in("ana").await;
    let mut first = Stream::open(&ana).await;
    let mut others = Vec::new();
    // F19: the newest stream is never refused.
    for _ in 0..STREAMS_MAX {
        others.push(Stream::open(&ana).await);
    }
    assert_eq!(first.block().await.as_deref(), Some("event: gave-way\ndata: gave-way"));
    assert_eq!(first.block().await, None);
    assert_eq!(app.state.hub.stream_count(), STREAMS_MAX);
}

// F21
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_reopens_its_stream_gets_what_it_missed_and_loads_nothing_again() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    ana.start("ben", "the first message, which is a request").await;
    let position = Stream::open(&ben).await.position();
    ana.start("ben", "while he was away").await;
    let mut his = Stream::open_after(&ben, position).await;
    assert!(his.is_resumed(), "{}", his.hello);
    assert_eq!(his.next_message().await.body, "while he was away");
    for unknown in ["00000000000000000000000000000000-1", "1", "%00", ""] {
        let his = Stream::open_at(&ben, &format!("/events?after={unknown}")).await;
        assert!(his.hello.contains("event: hello"), "{}", his.hello);
    }
}

/// Returns the position in the HTML of a page, if it has one.
pub(crate) fn page_position(html: &str) -> Option<Position> {
    html.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-').find_map(Position::parse)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendered_page_gets_what_was_published_since_once_and_in_order() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "rendered").await;
    for path in ["/messages", &format!("/messages/{conversation}")] {
        let page = ben.get(path).await.text;
        assert!(page.contains("rendered"), "{path}");
        let position = page_position(&page).expect("a position");
        let since = [ana.say(&conversation, "one").await, ana.say(&conversation, "two").await];
        let mut his = Stream::open_after(&ben, position).await;
        assert_eq!((his.is_resumed(), his.position()), (true, position), "{path}");
        let later = ana.say(&conversation, "three").await;
        for message in since.into_iter().chain([later]) {
            assert_eq!(his.next_message().await, message, "{path}");
        }
    }
    // Pages without messages, and a redirect to the sign-in.
    for (browser, path) in [(&mut ben, "/settings"), (&mut app.browser(), "/signin"), (&mut app.browser(), "/messages")]
    {
        assert_eq!(page_position(&browser.get(path).await.text), None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_while_a_page_is_rendered_is_on_the_page_or_in_its_stream() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let path = format!("/messages/{conversation}");
    for round in 0..RENDERED {
        let text = format!("meanwhile number {round}.");
        let (sent, page) = tokio::join!(ana.say(&conversation, &text), ben.get(&path));
        let position = page_position(&page.text).expect("a position");
        let mut his = Stream::open_after(&ben, position).await;
        assert!(his.is_resumed());
        let last = ana.say(&conversation, "the last one").await;
        let mut streamed = vec![his.next_message().await];
        while streamed.last() != Some(&last) {
            streamed.push(his.next_message().await);
        }
        assert!(page.text.contains(&text) || streamed.contains(&sent), "round {round}: {streamed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendered_page_that_has_missed_too_much_is_told_so() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let position = page_position(&ben.get("/messages").await.text).expect("a position");
    for round in 0..10 {
        mark_unread_and_read(&mut ben, &conversation, round).await;
    }
    let his = Stream::open_after(&ben, position).await;
    assert!(!his.is_resumed() && his.position() > position, "{}", his.hello);
}

/// Publishes two events to the pages of the user.
async fn mark_unread_and_read(browser: &mut Browser, conversation: &str, round: u32) {
    for (endpoint, fields) in [("mark_unread", [].as_slice()), ("mark_read", &[("seq", "1")])] {
        let answer = browser.call(endpoint, &[&[("conversation", conversation)], fields].concat()).await;
        assert_eq!(answer.status, StatusCode::OK, "round {round}: {}", answer.text);
    }
}

// F21
#[tokio::test(flavor = "multi_thread")]
async fn not_all_browsers_are_told_to_come_back_after_the_same_time() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let mut delays = BTreeSet::new();
    for _ in 0..8 {
        let hello = Stream::open(&ana).await.hello;
        let delay = hello.lines().find_map(|line| line.strip_prefix("retry: ")).expect("a delay").to_owned();
        delays.insert(delay.parse::<u64>().expect("milliseconds"));
    }
    assert!(delays.len() > 4, "{delays:?}");
    assert!(delays.iter().all(|delay| (1_000..5_000).contains(delay)), "{delays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_soon_after_its_session_and_the_streams_of_others_stay_open() {
    let app = TestApp::start().await;
    let (mut ana, ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    cy.start("ben", "the first message, which is a request").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    ana.call("sign_out", &[]).await;
    let end = timeout(SIGN_OUT_TIMEOUT, hers.next()).await.expect("the stream ends in time");
    assert_eq!(end, None);
    cy.start("ben", "still there?").await;
    assert_eq!(his.next_message().await.body, "still there?");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_server_shuts_down() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let mut hers = Stream::open(&ana).await;
    app.state.closing.cancel();
    assert_eq!(hers.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_read_exactly_the_messages_that_it_missed() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "1").await;
    let mut last = ana.say(&conversation, "2").await;
    for n in 3..=12 {
        ana.say(&conversation, &n.to_string()).await;
    }
    let fields = [("conversation", conversation.as_str()), ("after", last.sent_at.as_str())];
    let page: Page<Message> = ben.call("messages_after", &fields).await.json();
    let seqs: Vec<_> = page.items.iter().map(|message| message.seq).collect();
    assert_eq!((seqs, page.newer), ((3..=12).collect(), None));
    last = page.items.last().expect("messages").clone();
    let fields = [("conversation", conversation.as_str()), ("after", last.sent_at.as_str())];
    let page: Page<Message> = ben.call("messages_after", &fields).await.json();
    assert_eq!(page.items, []);
    let all: Page<Message> = ben.call("messages_after", &[("conversation", &conversation)]).await.json();
    assert_eq!(all.items.len(), 12);

    assert_eq!(cy.call("messages_after", &fields).await.status, StatusCode::NOT_FOUND);
    let odd = ben.call("messages_after", &[("conversation", &conversation), ("after", "yesterday")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.browser().call("messages_after", &fields).await.status, StatusCode::UNAUTHORIZED);
    let nowhere = ben.call("messages_after", &[("conversation", &new_id())]).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

/// Returns the next event other than the arrival of this user.
async fn next_besides_arrival(stream: &mut Stream, user: &User) -> Option<Event> {
    let arrival = Some(Event::PersonArrived { person: user.id });
    let mut event = stream.next_of_any_kind().await;
    while event == arrival {
        event = stream.next_of_any_kind().await;
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_an_open_page_is_online_for_peers_and_for_no_stranger() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let her: User = ana.call("current_user", &[]).await.json();
    let him: User = ben.call("current_user", &[]).await.json();
    ana.start("ben", "hello").await;
    // The server announces a user some time after it has opened their stream, and then sends them the presence of their
    // peers. Dee is online before, so that this event comes and shows that Ana has been announced.
    let mut dee = app.sign_in("dee").await;
    let dees: User = dee.call("current_user", &[]).await.json();
    ana.start("dee", "hello").await;
    let _observer = Stream::open(&dee).await;
    wait_until("Dee is online", async || app.state.presence.connected().contains(&dees.id)).await;
    let mut hers = Stream::open(&ana).await;
    let event = next_besides_arrival(&mut hers, &dees).await;
    assert_eq!(event, Some(Event::PeoplePresent { people: vec![dees.id] }));

    let mut strangers = Stream::open(&cy).await;
    let mut his = Stream::open(&ben).await;
    assert_eq!(his.next_of_any_kind().await, Some(Event::PeoplePresent { people: vec![her.id] }));
    assert_eq!(next_besides_arrival(&mut hers, &dees).await, Some(Event::PersonArrived { person: him.id }));
    // A page reload does not end the presence.
    drop(his);
    his = Stream::open(&ben).await;
    assert_eq!(next_besides_arrival(&mut hers, &dees).await, Some(Event::PersonArrived { person: him.id }));
    drop(his);
    let left = next_besides_arrival(&mut hers, &dees).await;
    assert!(matches!(left, Some(Event::PersonLeft { person, at: Some(_) }) if person == him.id), "{left:?}");
    // The first event of the stranger comes when ana writes to the stranger. It tells of no user until they accept.
    let request = ana.request_conversation("cy", "and you?").await;
    assert_eq!(strangers.next_of_any_kind().await, Some(Event::Resync));
    assert_eq!(cy.call("accept_request", &[("conversation", &request)]).await.status, StatusCode::OK);
    assert_eq!(strangers.next_of_any_kind().await, Some(Event::PersonArrived { person: her.id }));
}

/// Sends the complete request for a message without reading the response. Dropping the connection disconnects the
/// sender.
async fn request_to_send(app: &TestApp, sender: &Browser, conversation: &str, body: &str) -> TcpStream {
    let fields = [("conversation", conversation), ("id", &*new_id()), ("body", body)];
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

/// Returns the texts of all stored messages of a conversation, oldest first.
async fn stored(reader: &mut Browser, conversation: &str) -> Vec<String> {
    let page: Page<Message> = reader.call("messages_after", &[("conversation", conversation)]).await.json();
    page.items.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_message_is_published_even_if_its_sender_disconnects() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "the first message, which is a request").await;
    let mut his = Stream::open(&ben).await;
    ana.say(&conversation, "the beginning").await;
    let started = Instant::now();
    ana.say(&conversation, "without a disconnect").await;
    let duration = started.elapsed();
    for n in 0..DISCONNECTS {
        let connection = request_to_send(&app, &ana, &conversation, &n.to_string()).await;
        // The disconnects cover all stages: before, during and after the storing of the message. The last ones come
        // late enough on a machine that is busy with other tests.
        sleep(4 * duration * n / DISCONNECTS).await;
        drop(connection);
    }
    ana.say(&conversation, "the end").await;

    let before = "the first message, which is a request".to_owned();
    let mut published = vec![before, his.next_message().await.body];
    while published.last().is_some_and(|text| text != "the end") {
        published.push(his.next_message().await.body);
    }
    let mut in_store = stored(&mut ben, &conversation).await;
    // Messages that were still being sent are published after it.
    while published.len() < in_store.len() {
        published.push(his.next_message().await.body);
        in_store = stored(&mut ben, &conversation).await;
    }
    assert!(in_store.len() > 3, "some messages were stored after a disconnect");
    // Concurrent messages may be published in any order.
    published.sort();
    in_store.sort();
    assert_eq!(published, in_store);
}
