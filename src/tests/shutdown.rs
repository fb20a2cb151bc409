//! Shutdown of one of two servers, which users should not notice.

use std::time::{Duration, Instant};

use cruddur_messages::domain::event::Event;
use futures::future::join_all;
use reqwest::StatusCode;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::live::Stream;
use crate::live_servers::Nats;
use crate::processes::Process;
use crate::support::app::{Browser, TestApp};
use crate::support::wait_until::wait_until;

/// Time for which connections are accepted after the signal, and over which the streams are ended after that.
const DELAY: Duration = Duration::from_secs(2);
const CLOSE_TIME: Duration = Duration::from_secs(4);

/// Time that the server may take for any of it.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Number of streams. Less than the maximum of a user.
const STREAMS: usize = 20;

/// Waits until messages reach the stream over the bus.
async fn wait_for_bus(sender: &mut Browser, conversation: &str, stream: &mut Stream) {
    wait_until("a message travels over the bus", async || {
        sender.say(conversation, "over the bus").await;
        timeout(Duration::from_secs(1), stream.next()).await.is_ok()
    })
    .await;
}

/// Waits until a stream ends. Returns the time since `began`.
async fn end_of(mut stream: Stream, began: Instant) -> Duration {
    while stream.next_of_any_kind().await.is_some() {}
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_sigterm_a_server_is_unready_goes_on_serving_and_ends_its_streams_one_by_one() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let (url, delay, close) = (nats.url(), DELAY.as_secs().to_string(), CLOSE_TIME.as_secs().to_string());
    let variables = [("NATS_URL", &*url), ("SHUTDOWN_DELAY_SECS", &*delay), ("STREAM_CLOSE_SECS", &*close)];
    let (mut one, two) = Process::start_two(&app, &variables).await;
    let (mut ana, mut his) = (ana.at(one.address), Stream::open(&ben.at(two.address)).await);
    wait_for_bus(&mut ana, &conversation, &mut his).await;
    let streams = join_all((0..STREAMS).map(|_| Stream::open(&ana))).await;

    let began = Instant::now();
    one.terminate().await;
    wait_until("it is not ready", async || {
        let ready = ana.get("/readyz").await;
        ready.status == StatusCode::SERVICE_UNAVAILABLE && ready.text.contains(r#""shutting_down":true"#)
    })
    .await;
    assert!(began.elapsed() < DELAY, "at once: {:?}", began.elapsed());
    assert_eq!(Browser::new(one.address).get("/signin").await.status, StatusCode::OK, "on a new connection");
    let sent = ana.say(&conversation, "still served").await;
    while let event = his.next().await.expect("an open stream")
        && !matches!(&event, Event::MessageSent { message, .. } if *message == sent)
    {}

    let refused = wait_until("connections are refused", async || TcpStream::connect(one.address).await.is_err());
    let refused = async {
        refused.await;
        began.elapsed()
    };
    let ends = streams.into_iter().map(|stream| end_of(stream, began));
    let (refused, ends) = tokio::join!(refused, join_all(ends));
    assert!((DELAY..DELAY + TOLERANCE).contains(&refused), "{refused:?}");
    let (first, last) = (ends.iter().min().expect("streams"), ends.iter().max().expect("streams"));
    assert!(*first >= DELAY && *last <= DELAY + CLOSE_TIME + TOLERANCE, "{ends:?}");
    // Twenty random moments lie within a quarter of the time once in a billion runs.
    assert!(*last - *first >= CLOSE_TIME / 4, "{ends:?}");
    let ended = timeout(TOLERANCE, one.child.wait()).await.expect("it ends after the last stream");
    assert!(ended.expect("it ran").success());
}
