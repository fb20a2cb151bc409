//! Live events between two servers, each a process of its own, over a real NATS or without any.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use reqwest::StatusCode;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::live::{SIGNED_OUT, Stream};
use crate::presence::{bury, hear, look_for, whoami};
use crate::processes::Process;
use crate::support::app::{Browser, TestApp};
use crate::support::until::until;

/// A NATS server. Killed when dropped.
struct Nats {
    port: u16,
    _child: Child,
}

impl Nats {
    async fn start() -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("a bound listener has an address").port();
        drop(free);
        Self::start_at(port).await
    }

    async fn start_at(port: u16) -> Self {
        let child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &port.to_string()])
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

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// The next message that a stream tells of, whatever else it says before.
async fn next_message(stream: &mut Stream) -> Message {
    loop {
        if let Event::MessageSent { message, .. } = stream.next().await.expect("the stream goes on") {
            return message;
        }
    }
}

async fn next_resync(stream: &mut Stream) {
    while stream.next().await.expect("the stream goes on") != Event::Resync {}
}

/// What was written in a conversation after `message`.
async fn after(browser: &mut Browser, talk: &str, message: &Message) -> Vec<String> {
    let fields = [("conversation", talk), ("after", message.sent_at.as_str())];
    let page: Page<Message> = browser.call("messages_after", &fields).await.json();
    page.items.into_iter().map(|message| message.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_carry_events_for_each_other_and_do_without_when_the_bus_is_away() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "hello").await;
    let (url, port) = (nats.url(), nats.port);
    let variables = [("NATS_URL", url.as_str())];
    let (one, two) = tokio::join!(Process::start_with(&app, &variables), Process::start_with(&app, &variables));
    let (mut ana, mut ben) = (ana.at(one.address), ben.at(two.address));
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);

    let her: User = ana.call("current_user", &[]).await.json();
    // Said of her when he comes, or a little later, where the other server's word comes after him.
    let there = [Event::PeoplePresent { people: vec![her.id] }, Event::PersonArrived { person: her.id }];
    let told = his.next_of_all().await.expect("the stream goes on");
    assert!(there.contains(&told), "{told:?} of who is at the other server");
    // Who writes with nobody is nobody's business.
    let mut cy = app.sign_in("cy").await.at(one.address);
    let them: User = cy.call("current_user", &[]).await.json();
    let _theirs = Stream::open(&cy).await;
    for n in 0..3 {
        let told = ana.say(&talk, &format!("meanwhile {n}")).await;
        while let event = his.next_of_all().await.expect("the stream goes on")
            && !matches!(&event, Event::MessageSent { message, .. } if *message == told)
        {
            assert_ne!(event, Event::PersonArrived { person: them.id });
        }
        assert_eq!(next_message(&mut hers).await, told);
    }

    let told = ana.say(&talk, "over the bus").await;
    assert_eq!(next_message(&mut his).await, told);
    assert_eq!(next_message(&mut hers).await, told);

    nats.kill().await;
    ana.say(&talk, "while it is away").await;
    assert_eq!(next_message(&mut hers).await.body, "while it is away", "each serves its own people");
    next_resync(&mut his).await;
    assert_eq!(after(&mut ben, &talk, &told).await, ["while it is away"]);

    let _nats = Nats::start_at(port).await;
    next_resync(&mut his).await;
    // The other server may be back a little later.
    next_resync(&mut hers).await;
    ana.say(&talk, "it is back").await;
    assert_eq!(next_message(&mut his).await.body, "it is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_one_server_is_told_who_is_there_comes_and_goes_at_the_other() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let talk = ana.start("ben", "long ago").await;
    bury(&app, &her).await;
    bury(&app, &him).await;
    let url = nats.url();
    let variables = [("NATS_URL", url.as_str())];
    let (one, two) = tokio::join!(Process::start_with(&app, &variables), Process::start_with(&app, &variables));
    let (mut ana, ben) = (ana.at(one.address), ben.at(two.address));
    let (mut hers, his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    let there = Event::PeoplePresent { people: vec![him.id] };
    // The servers may find each other a little later.
    until("she is told", async || {
        look_for(&mut ana, &talk).await;
        timeout(Duration::from_secs(1), hear(&mut hers, &there)).await.is_ok()
    })
    .await;
    drop(his);
    hear(&mut hers, &Event::PersonLeft { person: him.id }).await;
    let _his = Stream::open(&ben).await;
    hear(&mut hers, &there).await;
    // Any server may be asked.
    look_for(&mut ana.at(two.address), &talk).await;
    hear(&mut hers, &there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_at_one_server_ends_a_stream_at_the_other() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (one, two) = tokio::join!(Process::start(&app), Process::start(&app));
    let (mut here, there) = (ana.at(one.address), ana.at(two.address));
    let mut ben = ben.at(two.address);
    let (mut hers, mut his) = (Stream::open(&there).await, Stream::open(&ben).await);
    assert_eq!(here.call("sign_out", &[]).await.status, StatusCode::OK);
    let end = timeout(SIGNED_OUT, hers.next()).await.expect("the stream ends in time");
    assert_eq!(end, None);
    ben.start("ana", "still there?").await;
    assert_eq!(next_message(&mut his).await.body, "still there?", "other people's streams go on");
}
