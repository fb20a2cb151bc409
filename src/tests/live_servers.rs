//! Live events between two server processes, with and without a real NATS.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use cruddur_messages::domain::conversation::ReceiptsByReader;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::position::Position;
use cruddur_messages::domain::user::{self, User};
use reqwest::StatusCode;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::live::{SIGN_OUT_TIMEOUT, Stream, page_position};
use crate::presence::{add_newer_conversations, wait_for, wait_until_gone, watch_presence, whoami};
use crate::processes::Process;
use crate::support::app::{Browser, TestApp};
use crate::support::wait_until::wait_until;

/// A NATS server. Killed when dropped.
pub(crate) struct Nats {
    port: u16,
    _child: Child,
}

impl Nats {
    pub(crate) async fn start() -> Self {
        Self::start_at(free_port()).await
    }

    async fn start_at(port: u16) -> Self {
        Self::start_with(port, &[]).await
    }

    /// Starts a server with further options.
    async fn start_with(port: u16, options: &[&str]) -> Self {
        let child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &port.to_string()])
            .args(options)
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nats-server is installed, as bin/test sees to");
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { port, _child: child }
    }

    async fn kill(mut self) {
        self._child.kill().await.expect("it runs");
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    free.local_addr().expect("a bound listener has an address").port()
}

/// Certificate for this machine that no authority has signed, with its key. Removed when dropped.
struct Certificate {
    folder: PathBuf,
}

impl Certificate {
    async fn create() -> Self {
        let folder = std::env::temp_dir().join(format!("nats-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        let certificate = Self { folder };
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"])
            .args(["-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", &certificate.file("key"), "-out", &certificate.file("certificate")])
            .output()
            .await
            .expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        certificate
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// Returns the next message on a stream, and skips all other events.
async fn next_message(stream: &mut Stream) -> Message {
    loop {
        if let Event::MessageSent { message, .. } = stream.next().await.expect("an open stream") {
            return message;
        }
    }
}

async fn next_resync(stream: &mut Stream) {
    while stream.next().await.expect("an open stream") != Event::Resync {}
}

/// Returns the texts that were sent to a conversation after `message`.
async fn texts_after(browser: &mut Browser, conversation: &str, message: &Message) -> Vec<String> {
    let fields = [("conversation", conversation), ("after", message.sent_at.as_str())];
    let page: Page<Message> = browser.call("messages_after", &fields).await.json();
    page.items.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_exchange_events_and_survive_an_outage_of_the_bus() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let (one, two) = Process::start_two(&app, &[("NATS_URL", &nats.url())]).await;
    let (mut ana, mut ben) = (ana.at(one.address), ben.at(two.address));
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);

    let her: User = ana.call("current_user", &[]).await.json();
    // Her presence arrives in response to his connection, or as her arrival if the bus delivers that late.
    let online = [Event::PeoplePresent { people: vec![her.id] }, Event::PersonArrived { person: her.id }];
    let event = his.next_of_any_kind().await.expect("an open stream");
    assert!(online.contains(&event), "{event:?} about a user on the other server");
    // A user without conversations has no peers, so no page gets their presence.
    let mut cy = app.sign_in("cy").await.at(one.address);
    let them: User = cy.call("current_user", &[]).await.json();
    let _theirs = Stream::open(&cy).await;
    for n in 0..3 {
        let sent = ana.say(&conversation, &format!("meanwhile {n}")).await;
        while let event = his.next_of_any_kind().await.expect("an open stream")
            && !matches!(&event, Event::MessageSent { message, .. } if *message == sent)
        {
            assert_ne!(event, Event::PersonArrived { person: them.id });
        }
        assert_eq!(next_message(&mut hers).await, sent);
    }

    let sent = ana.say(&conversation, "over the bus").await;
    assert_eq!(next_message(&mut his).await, sent);
    assert_eq!(next_message(&mut hers).await, sent);
    let edit = [("edits", "0"), ("body", "changed over the bus")];
    let edited: Message = ana.call_about("edit_message", (&conversation, &sent), &edit).await.json();
    for stream in [&mut his, &mut hers] {
        while let event = stream.next().await.expect("an open stream")
            && !matches!(&event, Event::MessageChanged { message, .. } if *message == edited)
        {}
    }

    let port = nats.port;
    nats.kill().await;
    ana.say(&conversation, "while it is away").await;
    assert_eq!(next_message(&mut hers).await.body, "while it is away", "each server still serves its own pages");
    next_resync(&mut his).await;
    assert_eq!(texts_after(&mut ben, &conversation, &sent).await, ["while it is away"]);

    let _nats = Nats::start_at(port).await;
    next_resync(&mut his).await;
    // The servers may reconnect at different times. A message that is sent in between is pulled after a resync.
    next_resync(&mut hers).await;
    wait_until("a message travels over the bus again", async || {
        ana.say(&conversation, "it is back").await;
        let event = timeout(Duration::from_secs(1), next_message(&mut his)).await;
        event.is_ok_and(|message| message.body == "it is back")
    })
    .await;
}

/// Requests the list of conversations until it has a position, which it has not right after a message of another
/// server.
async fn position_of_settled_list(browser: &mut Browser) -> Position {
    let mut position = None;
    wait_until("the list has a position", async || {
        position = page_position(&browser.get("/messages").await.text);
        position.is_some()
    })
    .await;
    position.expect("a position")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_one_server_misses_no_event_of_the_other_and_learns_of_an_outage_of_the_bus() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let (one, two) = Process::start_two(&app, &[("NATS_URL", &nats.url())]).await;
    let (mut ana, mut ben, ben_elsewhere) = (ana.at(one.address), ben.at(two.address), ben.at(one.address));
    assert_eq!(page_position(&ben.get("/messages").await.text), None, "the server has just joined the bus");
    let position = position_of_settled_list(&mut ben).await;
    let sent = ana.say(&conversation, "over the bus").await;
    let mut his = Stream::open_after(&ben, position).await;
    assert!(his.is_resumed());
    assert_eq!(next_message(&mut his).await, sent);
    assert_eq!(page_position(&ben.get("/messages").await.text), None, "its inbox row may not have moved yet");
    let there = Stream::open_after(&ben_elsewhere, position).await;
    assert!(!there.is_resumed() && there.position().partial_cmp(&position).is_none(), "of another server");
    drop((his, there));

    let position = position_of_settled_list(&mut ben).await;
    nats.kill().await;
    ana.say(&conversation, "while the bus is away").await;
    wait_until("the server knows that the bus is away", async || {
        page_position(&ben.get("/messages").await.text).is_none()
    })
    .await;
    let mut his = Stream::open_after(&ben, position).await;
    assert!(his.is_resumed());
    assert_eq!(his.next().await, Some(Event::Resync));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_exchange_events_over_a_bus_that_demands_tls_and_a_password() {
    let (app, certificate) = tokio::join!(TestApp::start(), Certificate::create());
    let (key, file) = (certificate.file("key"), certificate.file("certificate"));
    let options = ["--tls", "--tlscert", &file, "--tlskey", &key, "--user", "cruddur", "--pass", "p@ss/word"];
    let nats = Nats::start_with(free_port(), &options).await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let url = format!("tls://cruddur:p%40ss%2Fword@127.0.0.1:{}", nats.port);
    let variables = [("NATS_URL", &*url), ("NATS_ROOT_CERTIFICATE", &*file)];
    let (one, two) = Process::start_two(&app, &variables).await;
    let (mut ana, mut his) = (ana.at(one.address), Stream::open(&ben.at(two.address)).await);
    wait_until("a message travels over the bus", async || {
        ana.say(&conversation, "over the bus").await;
        timeout(Duration::from_secs(1), next_message(&mut his)).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_subscription_on_one_server_covers_users_on_the_other() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "long ago").await;
    add_newer_conversations(&app, &her).await;
    add_newer_conversations(&app, &him).await;
    let (one, two) = Process::start_two(&app, &[("NATS_URL", &nats.url())]).await;
    let (mut ana, ben) = (ana.at(one.address), ben.at(two.address));
    let (mut hers, his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    let online = Event::PeoplePresent { people: vec![him.id] };
    // The servers may need a moment to connect to the bus.
    wait_until("the subscription works", async || {
        watch_presence(&mut ana, &conversation).await;
        timeout(Duration::from_secs(1), wait_for(&mut hers, &online)).await.is_ok()
    })
    .await;
    drop(his);
    wait_until_gone(&mut hers, him.id).await;
    let _his = Stream::open(&ben).await;
    wait_for(&mut hers, &online).await;
    // The subscription may also be made on the other server.
    watch_presence(&mut ana.at(two.address), &conversation).await;
    wait_for(&mut hers, &online).await;
}

/// Types, reads, reports a delivery and subscribes to presence in a conversation with two messages.
async fn be_present(browser: &mut Browser, conversation: &str) {
    for (endpoint, more) in
        [("typing", None), ("mark_read", Some(("seq", "2"))), ("mark_delivered", Some(("seq", "2")))]
    {
        let fields: Vec<_> = [("conversation", conversation)].into_iter().chain(more).collect();
        assert_eq!(browser.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
    }
    watch_presence(browser, conversation).await;
}

/// Reads a stream until the deletions of so many messages have arrived, and asserts that nothing else has but what the
/// user's own pages do, and the end of the peer's presence.
async fn assert_quiet_until_deleted(stream: &mut Stream, me: user::Id, deletions: usize) {
    let (mut deleted, mut has_left) = (0, false);
    while deleted < deletions {
        match stream.next_of_any_kind().await.expect("an open stream") {
            Event::MessageChanged { message, .. } if message.is_deleted() => deleted += 1,
            Event::ConversationRead { reader, .. } if reader == me => {}
            Event::BlockChanged { by, .. } if by == me => {}
            // The bus may bring the block to the other server after the stream has begun: then the peer leaves, once.
            Event::PersonLeft { .. } if !std::mem::replace(&mut has_left, true) => {}
            other => panic!("{other:?} after the block"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_typing_receipt_or_presence_passes_on_any_server_after_a_block_that_one_has_acknowledged() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "first").await;
    let second = ben.say(&conversation, "second").await;
    let third = ben.say(&conversation, "third").await;
    let (one, two) = Process::start_two(&app, &[("NATS_URL", &nats.url())]).await;
    let [mut hers, mut his] = [&ana, &ben].map(|user| [user.at(one.address), user.at(two.address)]);
    // The servers may need a moment to connect to the bus.
    let mut before = Stream::open(&hers[1]).await;
    wait_until("typing travels over the bus", async || {
        his[0].call("typing", &[("conversation", &conversation)]).await;
        let typing = async { while !matches!(before.next().await, Some(Event::Typing { .. })) {} };
        timeout(Duration::from_secs(1), typing).await.is_ok()
    })
    .await;
    drop(before);

    let block = [("user", &*him.id.to_string()), ("on", "true")];
    assert_eq!(hers[0].call("block_user", &block).await.status, StatusCode::OK);
    let mut streams = Vec::new();
    for (browsers, me) in [(&hers, her.id), (&his, him.id)] {
        for browser in browsers {
            streams.push((Stream::open(browser).await, me));
        }
    }
    for browser in hers.iter_mut().chain(&mut his) {
        be_present(browser, &conversation).await;
        let receipts: ReceiptsByReader = browser.call("find_receipts", &[("conversation", &conversation)]).await.json();
        assert_eq!(receipts, ReceiptsByReader::default());
    }
    // New pages on both servers, and then something that does pass from each of them.
    let _more = [Stream::open(&hers[0]).await, Stream::open(&his[1]).await];
    for (browser, message) in his.iter_mut().zip([&second, &third]) {
        let deleted = browser.call_about("delete_message", (&conversation, message), &[]).await;
        assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text);
    }
    for (stream, me) in &mut streams {
        assert_quiet_until_deleted(stream, *me, 2).await;
    }

    // The same streams carry it all again once the block has ended.
    let end = [("user", &*him.id.to_string()), ("on", "false")];
    assert_eq!(hers[0].call("block_user", &end).await.status, StatusCode::OK);
    let arrived = Event::PersonArrived { person: him.id };
    wait_for(&mut streams[1].0, &arrived).await;
    his[0].call("typing", &[("conversation", &conversation)]).await;
    let conversation = conversation.parse().expect("an id");
    wait_for(&mut streams[1].0, &Event::Typing { conversation, author: him.id }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_server_ends_a_stream_on_the_other() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (one, two) = Process::start_two(&app, &[]).await;
    let (mut here, there) = (ana.at(one.address), ana.at(two.address));
    let mut ben = ben.at(two.address);
    let (mut hers, mut his) = (Stream::open(&there).await, Stream::open(&ben).await);
    assert_eq!(here.call("sign_out", &[]).await.status, StatusCode::OK);
    let end = timeout(SIGN_OUT_TIMEOUT, hers.next()).await.expect("the stream ends in time");
    assert_eq!(end, None);
    ben.start("ana", "still there?").await;
    assert_eq!(next_message(&mut his).await.body, "still there?", "the streams of other users stay open");
}
