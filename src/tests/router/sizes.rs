//! Limits of bodies, heads and connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::raw_http::{exchange, head};
use crate::support::wait_until::wait_until;

/// Number of connections that send as much as they can.
const CONNECTIONS: usize = 200;

/// Size of a head that is far too large.
const LARGE_HEAD: usize = 390_000;

/// Largest increase of the server's memory, in kB. The heads of all connections would be 78 MB.
const GROWTH_MAX: u64 = 16_000;

// F66
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_announced_as_too_large_is_rejected_before_it_is_sent() {
    let app = TestApp::start().await;
    for (path, kind) in [
        ("/signin", "application/x-www-form-urlencoded"),
        ("/rpc/send_message", "application/x-www-form-urlencoded"),
        ("/messages/5ae290ed-55d1-47a0-bc6d-fe2bc2700399", "text/plain"),
        ("/api/messages", "application/json"),
        ("/nowhere", "text/plain"),
    ] {
        for length in ["65537", "99000000", "9223372036854775807"] {
            let started = Instant::now();
            let lines = [
                &format!("POST {path} HTTP/1.1"),
                "host: a.test",
                "sec-fetch-site: same-origin",
                "expect: 100-continue",
                &format!("content-type: {kind}"),
                &format!("content-length: {length}"),
            ];
            let answer = head(app.address, &lines).await;
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path} {length}: {}", answer.text);
            assert!(!answer.text.contains("HTTP/1.1 100"), "{path} {length}: {}", answer.text);
            assert!(started.elapsed() < Duration::from_secs(2), "{path} {length}: {:?}", started.elapsed());
        }
    }
    // Without `Expect`, a client that has begun to send gets its answer soon, too.
    for start in ["", &"a".repeat(1000)] {
        let started = Instant::now();
        let head = "POST /signin HTTP/1.1\r\nhost: a.test\r\nsec-fetch-site: same-origin\r\n\
                    content-length: 99000000\r\nconnection: close\r\n\r\n";
        let answer = exchange(app.address, format!("{head}{start}").as_bytes()).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

// F66
#[tokio::test(flavor = "multi_thread")]
async fn a_large_head_is_rejected_and_a_usual_one_is_not() {
    let app = TestApp::start().await;
    for (length, status) in [(1000, 200), (16_000, 200), (24_000, 200), (70_000, 431), (LARGE_HEAD, 431)] {
        let line = format!("cookie: theme={}", "a".repeat(length));
        let answer = head(app.address, &["GET /healthz HTTP/1.1", "host: a.test", &line]).await;
        assert_eq!(answer.status().as_u16(), status, "{length}: {}", answer.text);
    }
}

/// Opens a connection and sends the beginning of a head.
async fn send_part_of_head(server: SocketAddr, length: usize) -> TcpStream {
    let mut connection = TcpStream::connect(server).await.expect("a connection");
    let part = format!("GET / HTTP/1.1\r\nhost: a.test\r\ncookie: theme={}", "a".repeat(length));
    // The server may close the connection before it has read everything.
    let _ = connection.write_all(part.as_bytes()).await;
    connection
}

/// Returns the resident memory of a process in kB.
fn memory_kb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

// F66
#[tokio::test(flavor = "multi_thread")]
async fn large_heads_on_many_connections_take_little_memory() {
    let app = TestApp::start().await;
    let server = Process::start(&app).await;
    let id = server.child.id().expect("it runs");
    let healthy = async || reqwest::get(format!("http://{}/healthz", server.address)).await.is_ok();
    assert!(healthy().await);
    let before = memory_kb(id);
    for length in [30_000, LARGE_HEAD] {
        let open = join_all((0..CONNECTIONS).map(|_| send_part_of_head(server.address, length))).await;
        // The server has read what it will read once it answers others.
        wait_until("the server answers", healthy).await;
        let growth = memory_kb(id).saturating_sub(before);
        assert!(growth < GROWTH_MAX, "{growth} kB for {CONNECTIONS} heads of {length} bytes");
        drop(open);
    }
}

// F66
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_connections_is_limited_and_a_closed_one_makes_room() {
    let app = TestApp::start_with(|config| config.connections_max = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut connection = TcpStream::connect(app.address).await.expect("a connection");
        connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: a.test\r\n\r\n").await.expect("the server reads");
        let mut start = [0; 12];
        connection.read_exact(&mut start).await.expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200");
        open.push(connection);
    }
    let mut fourth = TcpStream::connect(app.address).await.expect("the kernel accepts it");
    let mut nothing = Vec::new();
    // Closed without an answer.
    let _ = fourth.read_to_end(&mut nothing).await;
    assert_eq!(nothing, b"");
    drop(open.pop());
    wait_until("there is room again", async || {
        let mut next = TcpStream::connect(app.address).await.expect("a connection");
        let request = next.write_all(b"GET /healthz HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n").await;
        let mut answer = Vec::new();
        request.is_ok() && next.read_to_end(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
    })
    .await;
}
