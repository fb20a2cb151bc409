//! Events on the streams of users.

use std::collections::BTreeSet;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::user;
use reqwest::StatusCode;

use super::actors::suspend;
use crate::deletion::fixtures::request as request_deletion;
use crate::live::Stream;
use crate::presence::whoami;
use crate::support::app::{Browser, TestApp, new_id};

/// Text of the last message to each listener.
const END: &str = "the end";

/// Event that no page gets: it is for servers only.
const FOR_SERVERS: &str = "BlockEnded";

/// User with an open page, what the user may hear of, and what the user has heard.
struct Listener {
    name: &'static str,
    browser: Browser,
    id: user::Id,
    stream: Option<Stream>,
    conversations: Vec<conversation::Id>,
    /// Requests that the user has received.
    requests: Vec<conversation::Id>,
    /// Other members of these conversations, without those with a block.
    peers: Vec<user::Id>,
    /// True if the user marks conversations as unread.
    marks: bool,
    heard: Vec<Event>,
}

impl Listener {
    async fn new(app: &TestApp, name: &'static str) -> Self {
        let mut browser = app.sign_in(name).await;
        let id = whoami(&mut browser).await.id;
        let (conversations, requests, peers) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, browser, id, stream: None, conversations, requests, peers, marks: false, heard: Vec::new() }
    }

    async fn open(&mut self) {
        self.stream = Some(Stream::open(&self.browser).await);
    }

    /// Makes a call. Returns whether it has been carried out.
    async fn call(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> bool {
        let answer = self.browser.call(endpoint, fields).await;
        assert!(!answer.status.is_server_error(), "{endpoint}: {}", answer.text);
        answer.status == StatusCode::OK
    }

    /// Listens until an event comes for which this is true.
    async fn listen_until(&mut self, is_wanted: impl Fn(&Event) -> bool) {
        let stream = self.stream.as_mut().expect("an open stream");
        loop {
            let event = stream.next_of_any_kind().await.expect("an open stream");
            let is_last = is_wanted(&event);
            self.heard.push(event);
            if is_last {
                return;
            }
        }
    }

    /// Returns the kinds of the events that the user has heard.
    fn kinds(&self) -> BTreeSet<String> {
        self.heard.iter().map(kind).collect()
    }

    /// True if the user may get this event. The match is complete, so a new kind of event does not compile without a
    /// rule.
    fn may_hear(&self, event: &Event) -> bool {
        let is_member = |conversation| self.conversations.contains(conversation);
        let is_shown = |conversation| is_member(conversation) || self.requests.contains(conversation);
        let is_peer = |person| self.peers.contains(person);
        match event {
            Event::MessageSent { conversation, .. } => is_member(conversation),
            // A text that is taken back disappears from all pages.
            Event::MessageChanged { conversation, message } => match message.deleted_at {
                Some(_) => is_shown(conversation),
                None => is_member(conversation),
            },
            Event::ConversationRead { conversation, reader, .. } => {
                is_shown(conversation) && *reader == self.id || is_member(conversation) && is_peer(reader)
            }
            Event::MessagesDelivered { conversation, reader, .. } => is_member(conversation) && is_peer(reader),
            Event::Typing { conversation, author } => is_member(conversation) && is_peer(author),
            Event::ConversationMarked { conversation, .. } => is_shown(conversation) && self.marks,
            Event::PersonArrived { person } | Event::PersonLeft { person, .. } => is_peer(person),
            Event::PeoplePresent { people } => people.iter().all(is_peer),
            Event::BlockChanged { by, .. } => *by == self.id,
            Event::BlockEnded { .. } => false,
            Event::PresenceSwitched { of, .. } => *of == self.id,
            Event::Resync => true,
        }
    }
}

/// Starts a conversation, and gives both the right to hear of it, and of each other.
async fn start(one: &mut Listener, other: &mut Listener) -> String {
    let conversation = one.browser.start(other.name, "hello").await;
    let id = conversation.parse().expect("an id");
    one.peers.push(other.id);
    other.peers.push(one.id);
    one.conversations.push(id);
    other.conversations.push(id);
    conversation
}

/// Sends a first message, which remains a request. Its sender hears of the conversation, and neither hears of the
/// other. Returns the conversation and its message.
async fn request(sender: &mut Listener, recipient: &mut Listener) -> (String, Message) {
    let conversation = sender.browser.request_conversation(recipient.name, "hello").await;
    let id = conversation.parse().expect("an id");
    sender.conversations.push(id);
    recipient.requests.push(id);
    let message = sender.browser.say(&conversation, "second").await;
    (conversation, message)
}

/// Does all in a conversation of which the other member hears, unless there is a block. Returns whether all was carried
/// out.
async fn act(author: &mut Listener, reader: &mut Listener, conversation: &str, message: &Message) -> bool {
    let named = ("conversation", conversation);
    let (id, sent_at) = (message.id.to_string(), message.sent_at.as_str());
    let of_message = [named, ("message", &*id), ("sent_at", sent_at)];
    reader.marks = true;
    let done = [
        author.call("typing", &[named]).await,
        author.call("send_message", &[named, ("id", &new_id()), ("body", "third")]).await,
        reader.call("react", &[&of_message[..], &[("emoji", "👍"), ("on", "true")]].concat()).await,
        author.call("edit_message", &[&of_message[..], &[("edits", "0"), ("body", "edited")]].concat()).await,
        reader.call("mark_delivered", &[named, ("seq", "99")]).await,
        reader.call("mark_read", &[named, ("seq", "99")]).await,
        reader.call("mark_unread", &[named]).await,
        reader.call("save_settings", &[("receipts", "true"), ("presence", "true")]).await,
        author.call("watch_presence", &[("conversations[0]", conversation)]).await,
        // Also with a block: the text is taken back.
        author.call("delete_message", &of_message).await,
    ];
    done.iter().all(|done| *done)
}

/// Returns the names of the kinds of events, as their type lists them.
fn kinds() -> BTreeSet<String> {
    let source = include_str!("../../domain/event.rs");
    let (_, rest) = source.split_once("pub enum Event {\n").expect("the type");
    let (variants, _) = rest.split_once("\n}\n").expect("its end");
    let lines = variants.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(char::is_uppercase));
    names.filter_map(|line| line.split(|it: char| !it.is_alphanumeric()).next()).map(str::to_owned).collect()
}

/// Returns the name of the kind of an event.
fn kind(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Lets a user start a conversation with each of the others, so that a message to them is no request.
async fn befriend(zoe: &mut Browser, listeners: &mut [&mut Listener]) {
    for listener in listeners {
        let conversation = zoe.start(listener.name, "hello").await;
        listener.conversations.push(conversation.parse().expect("an id"));
    }
}

/// Sends a last message to each user, and lets them listen up to it.
async fn end(zoe: &mut Browser, listeners: &mut [&mut Listener]) {
    for listener in listeners {
        zoe.start(listener.name, END).await;
        let is_end = |event: &Event| matches!(event, Event::MessageSent { message, .. } if message.body == END);
        listener.listen_until(is_end).await;
        listener.heard.pop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_reaches_the_roles_that_may_see_it_and_no_other() {
    let app = TestApp::start().await;
    let new = |name| Listener::new(&app, name);
    let (mut ana, mut ben, mut cy) = (new("ana").await, new("ben").await, new("cy").await);
    let (mut blocker, mut blocked) = (new("dora").await, new("ed").await);
    let (mut fay, mut gus) = (new("fay").await, new("gus").await);
    // The sender and the recipient of a request.
    let (mut hal, mut ida) = (new("hal").await, new("ida").await);
    let with_ben = start(&mut ana, &mut ben).await;
    let with_blocked = start(&mut blocker, &mut blocked).await;
    start(&mut fay, &mut gus).await;
    let (requested, asked) = request(&mut hal, &mut ida).await;
    let hers = ana.browser.say(&with_ben, "second").await;
    let theirs = blocker.browser.say(&with_blocked, "second").await;
    assert!(blocker.call("block_user", &[("user", &blocked.id.to_string()), ("on", "true")]).await);
    blocker.peers.clear();
    blocked.peers.clear();
    let mut zoe = app.sign_in("zoe").await;
    let mut all = [&mut ana, &mut ben, &mut cy, &mut blocker, &mut blocked, &mut fay, &mut gus, &mut hal, &mut ida];
    befriend(&mut zoe, &mut all).await;

    for listener in [&mut ana, &mut cy, &mut blocker, &mut blocked, &mut fay, &mut hal, &mut ida] {
        listener.open().await;
    }
    ben.open().await;
    gus.open().await;
    let (him, gus_id) = (ben.id, gus.id);
    ana.listen_until(|event| *event == Event::PersonArrived { person: him }).await;
    fay.listen_until(|event| *event == Event::PersonArrived { person: gus_id }).await;
    assert!(act(&mut ana, &mut ben, &with_ben, &hers).await);
    assert!(!act(&mut blocked, &mut blocker, &with_blocked, &theirs).await);
    assert!(!act(&mut blocker, &mut blocked, &with_blocked, &theirs).await);
    assert!(!act(&mut hal, &mut ida, &requested, &asked).await, "no reaction before the acceptance");
    for on in ["true", "false"] {
        assert!(fay.call("block_user", &[("user", &gus_id.to_string()), ("on", on)]).await);
    }
    fay.listen_until(|event| matches!(event, Event::PersonLeft { person, .. } if *person == gus_id)).await;
    let mut all = [&mut ana, &mut ben, &mut cy, &mut blocker, &mut blocked, &mut fay, &mut gus, &mut hal, &mut ida];
    end(&mut zoe, &mut all).await;

    for listener in &all {
        for event in &listener.heard {
            assert!(listener.may_hear(event), "{} hears {event:?}", listener.name);
        }
    }
    assert!(cy.kinds().is_empty(), "a stranger hears {:?}", cy.kinds());
    let heard_by = |listener: &Listener, names: &[&str]| {
        let missing: Vec<_> = names.iter().filter(|name| !listener.kinds().contains(**name)).collect();
        assert!(missing.is_empty(), "{} does not hear {missing:?}", listener.name);
    };
    heard_by(&ana, &["MessageSent", "MessageChanged", "ConversationRead", "MessagesDelivered", "PeoplePresent"]);
    heard_by(&ben, &["MessageSent", "MessageChanged", "ConversationRead", "ConversationMarked", "Typing"]);
    heard_by(&ben, &["Resync", "PresenceSwitched"]);
    heard_by(&hal, &["MessageSent", "MessageChanged"]);
    heard_by(&ida, &["Resync", "ConversationRead", "ConversationMarked"]);
    heard_by(&fay, &["BlockChanged", "PersonArrived", "PersonLeft"]);
    let heard: BTreeSet<_> = [&ana, &ben, &fay].iter().flat_map(|listener| listener.kinds()).collect();
    let for_pages: BTreeSet<_> = kinds().into_iter().filter(|name| name != FOR_SERVERS).collect();
    assert_eq!(heard, for_pages, "this test makes every kind of event");
}

#[test]
fn every_event_is_classified() {
    let kinds = kinds();
    // `Listener::may_hear` has a rule for each, or it does not compile.
    assert!(kinds.contains("MessageSent") && kinds.contains("Resync") && kinds.contains(FOR_SERVERS), "{kinds:?}");
    assert_eq!(kind(&Event::Resync), "Resync");
    assert_eq!(kind(&Event::PersonLeft { person: user::Id(uuid::Uuid::nil()), at: None }), "PersonLeft");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_reaches_anonymous_suspended_and_deleted_users() {
    let app = TestApp::start().await;
    let new = |name| Listener::new(&app, name);
    let (mut ana, mut ben, mut cy) = (new("ana").await, new("ben").await, new("cy").await);
    let (with_ben, with_cy) = (start(&mut ana, &mut ben).await, start(&mut ana, &mut cy).await);
    let (for_ben, for_cy) = (ana.browser.say(&with_ben, "second").await, ana.browser.say(&with_cy, "second").await);
    ben.open().await;
    cy.open().await;
    suspend(&app, "ben").await;
    request_deletion(&mut cy.browser.clone(), false).await;
    for (mut gone, conversation, message) in [(ben, with_ben, for_ben), (cy, with_cy, for_cy)] {
        // The stream ends within seconds, and there is no other.
        while gone.stream.as_mut().expect("a stream").next_of_any_kind().await.is_some() {}
        act(&mut ana, &mut gone, &conversation, &message).await;
        assert_eq!(gone.browser.get("/events").await.status, StatusCode::UNAUTHORIZED, "{}", gone.name);
    }
    assert_eq!(app.browser().get("/events").await.status, StatusCode::UNAUTHORIZED);
}
