//! Faults on the way through the HTTP proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::audit::faults::{Faults, Rates};
use crate::audit::proxy::http::{self, Edit};
use crate::support::wait_until::wait_until;

type Received = Arc<Mutex<Vec<Bytes>>>;

/// A server that returns each request's body, behind a proxy.
struct Echo {
    proxy: SocketAddr,
    received: Received,
    running: DropGuard,
}

impl Echo {
    /// Starts both. The proxy injects a fault at these rates.
    async fn behind(rates: Rates, edit: Edit) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (received, running) = (Received::default(), CancellationToken::new());
        let router = Router::new().fallback(echo).with_state(received.clone());
        let stopped = running.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        let faults = Arc::new(Faults::new("a test", rates, 1));
        faults.set_enabled(true);
        let proxy = http::start(address, faults, edit).await.expect("a proxy");
        Self { proxy, received, running: running.drop_guard() }
    }

    /// Sends a request, and returns the body of the response.
    async fn send(&self, body: &'static str) -> reqwest::Result<String> {
        // The proxy delivers a late request after this timeout.
        let client = reqwest::Client::builder().timeout(Duration::from_millis(700));
        let request = client.build().expect("a client").post(format!("http://{}/", self.proxy)).body(body);
        request.send().await?.text().await
    }

    fn received(&self) -> Vec<Bytes> {
        self.received.lock().expect("no handler panics").clone()
    }
}

async fn echo(State(received): State<Received>, body: Bytes) -> Bytes {
    received.lock().expect("no test panics while it reads").push(body.clone());
    body
}

fn is_reset(error: &reqwest::Error) -> bool {
    let mut causes = anyhow::Chain::new(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::ConnectionReset)
}

#[tokio::test]
async fn without_faults_all_requests_pass_in_order() {
    let echo = Echo::behind(Rates::default(), Edit::None).await;
    let client = reqwest::Client::new();
    for sent in ["one", "two", "three"] {
        let response = client.post(format!("http://{}/", echo.proxy)).body(sent).send().await.expect("a response");
        assert_eq!(response.text().await.expect("text"), sent);
    }
    assert_eq!(echo.received(), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_connection_that_is_reset_before_the_request_delivers_nothing() {
    let echo = Echo::behind(Rates { cut_before: 1000, ..Rates::default() }, Edit::None).await;
    let error = echo.send("hello").await.expect_err("no response");
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(echo.received(), [""; 0]);
}

#[tokio::test]
async fn a_connection_that_is_reset_after_the_request_has_delivered_it() {
    let echo = Echo::behind(Rates { cut_after: 1000, ..Rates::default() }, Edit::None).await;
    let error = echo.send("hello").await.expect_err("no response");
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(echo.received(), ["hello"]);
}

#[tokio::test]
async fn a_late_request_is_delivered_although_the_client_has_given_up() {
    let echo = Echo::behind(Rates { late: 1000, ..Rates::default() }, Edit::None).await;
    let error = echo.send("hello").await.expect_err("no response in time");
    assert!(error.is_timeout() && echo.received().is_empty(), "{error:?}");
    wait_until("the request is delivered", async || echo.received() == ["hello"]).await;
}

#[tokio::test]
async fn a_half_open_connection_delivers_nothing_and_stays_silent() {
    let echo = Echo::behind(Rates { half_open: 1000, ..Rates::default() }, Edit::None).await;
    let error = echo.send("hello").await.expect_err("no response in time");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(echo.received(), [""; 0]);
}

#[tokio::test]
async fn a_duplicated_request_is_delivered_twice_and_answered_once() {
    let echo = Echo::behind(Rates { duplicate: 1000, ..Rates::default() }, Edit::None).await;
    // Often enough for each kind of duplicate: one after the other, or concurrently.
    for number in 1..=8 {
        assert_eq!(echo.send("hello").await.expect("a response"), "hello");
        assert_eq!(echo.received().len(), 2 * number);
    }
}

#[tokio::test]
async fn the_sdks_token_is_removed_and_the_length_is_kept() {
    let echo = Echo::behind(Rates::default(), Edit::RemoveToken).await;
    let sent = r#"{"TransactItems":[],"ClientRequestToken":"1"}"#;
    let received = echo.send(sent).await.expect("a response");
    assert!(!received.contains("ClientRequest") && received.len() == sent.len(), "{received}");
}

#[tokio::test]
async fn when_the_server_closes_its_connection_the_clients_is_closed_too() {
    let echo = Echo::behind(Rates::default(), Edit::None).await;
    let stream = TcpStream::connect(echo.proxy).await.expect("the proxy accepts");
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    let connection = tokio::spawn(connection);
    let response = sender.send_request(hyper::Request::new(Empty::<Bytes>::new())).await.expect("a response");
    response.into_body().collect().await.expect("its end");
    assert!(!connection.is_finished(), "it is kept alive");
    drop(echo.running);
    timeout(Duration::from_secs(5), connection).await.expect("it is closed").expect("no panic").expect("in order");
}
