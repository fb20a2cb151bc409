//! Request lines and `Host` headers.

use reqwest::StatusCode;

use crate::support::app::TestApp;
use crate::support::log::Log;
use crate::support::raw_http::{exchange, head};

// F56 F60
#[tokio::test]
async fn a_request_line_that_no_browser_sends_is_a_client_error_and_no_line_in_the_log() {
    let (log, _guard) = Log::capture();
    let app = TestApp::start().await;
    for (line, status) in [
        ("CONNECT a:80 HTTP/1.1", 405),
        ("CONNECT a.test:443 HTTP/1.1", 405),
        ("CONNECT / HTTP/1.1", 405),
        ("CONNECT /signin HTTP/1.1", 405),
        ("TRACE / HTTP/1.1", 405),
        ("TRACE /api/messages HTTP/1.1", 405),
        ("GET healthz HTTP/1.1", 400),
        ("GET a.test:80 HTTP/1.1", 400),
        ("POST signin HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET ftp://a.test/ HTTP/1.1", 400),
        ("GET http://me:secret@a.test/healthz HTTP/1.1", 400),
        ("GET http:///healthz HTTP/1.1", 400),
        ("GET ?q=1 HTTP/1.1", 400),
        ("GET /../signin HTTP/1.1", 400),
        ("GET /messages/./new HTTP/1.1", 400),
        ("GET /%2E%2e/signin HTTP/1.1", 400),
        ("GET /api/../signin HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 204),
        ("BREW /signin HTTP/1.1", 405),
        ("DELETE /signin HTTP/1.1", 405),
    ] {
        let answer = head(app.address, &[line, "host: a.test"]).await;
        assert_eq!(answer.status().as_u16(), status, "{line}: {}", answer.text);
        let is_refused = answer.status() == StatusCode::METHOD_NOT_ALLOWED;
        assert_eq!(!answer.header("allow").is_empty(), is_refused || status == 204, "{line}: {}", answer.text);
        if line.starts_with("TRACE /api/") {
            assert_eq!(answer.header("allow"), "POST", "the methods of the path");
        }
    }
    assert!(!log.text().contains(" ERROR "), "{}", log.text());
}

// F60
#[tokio::test(flavor = "multi_thread")]
async fn an_absolute_address_is_served_as_its_path() {
    let app = TestApp::start().await;
    for line in ["GET http://a.test/healthz HTTP/1.1", "GET https://a.test:8443/healthz HTTP/1.1"] {
        let answer = head(app.address, &[line, "host: b.test"]).await;
        assert!(answer.status() == StatusCode::OK && answer.text.ends_with("ok\n"), "{line}: {}", answer.text);
    }
    let page = head(app.address, &["GET http://a.test/messages?before=x HTTP/1.1", "host: a.test"]).await;
    assert_eq!(page.header("location"), "/signin?next=%2Fmessages%3Fbefore%3Dx");
    // The host of the address counts, not that of the header (RFC 9112, section 3.2.2).
    for (origin, status) in
        [("http://a.test", StatusCode::UNPROCESSABLE_ENTITY), ("http://b.test", StatusCode::FORBIDDEN)]
    {
        let lines = [
            "POST http://a.test/signin HTTP/1.1",
            "host: b.test",
            &format!("origin: {origin}"),
            "content-type: application/x-www-form-urlencoded",
            "content-length: 0",
        ];
        assert_eq!(head(app.address, &lines).await.status(), status, "{origin}");
    }
}

// F64
#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_exactly_one_valid_host_is_a_client_error() {
    let app = TestApp::start().await;
    for path in
        ["/healthz", "/signin", "/favicon.svg", "/events", "/api/message_groups", "/nowhere", "http://a.test/signin"]
    {
        let line = format!("GET {path} HTTP/1.1");
        for hosts in [
            &[][..],
            &["host:"],
            &["host: "],
            &["host: a.test", "host: a.test"],
            &["host: a.test", "host: b.test"],
            &["host: a.test, b.test"],
            &["host: a.test/signin"],
            &["host: http://a.test"],
            &["host: me@a.test"],
            &["host: a b"],
            &["host: a.test:port"],
            &["host: a.test:65536"],
            &["host: a.test:+80"],
            &["host: a.test:80:80"],
            &["host: [::1"],
            &["host: ::1"],
            &["host: [a.test]"],
            &["host: :80"],
            &["host: a\u{e9}.test"],
            &["host: a<b>.test"],
        ] {
            let answer = head(app.address, &[&[&*line], hosts].concat()).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path} {hosts:?}: {}", answer.text);
        }
    }
    for host in [
        "a.test",
        "A.Test.",
        "a.test:8080",
        "a.test:",
        "localhost",
        "my_host",
        "127.0.0.1:3000",
        "[::1]",
        "[2001:db8::1]:80",
    ] {
        let answer = head(app.address, &["GET /healthz HTTP/1.1", &format!("host: {host}")]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{host}");
    }
    // HTTP/1.0 knows no `Host`.
    assert_eq!(exchange(app.address, b"GET /healthz HTTP/1.0\r\n\r\n").await.status(), StatusCode::OK);
    let twice = exchange(app.address, b"GET /healthz HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n").await;
    assert_eq!(twice.status(), StatusCode::BAD_REQUEST);
}

// F64
#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_its_error_in_json_for_a_bad_head() {
    let app = TestApp::start().await;
    let answer = head(app.address, &["GET /api/message_groups HTTP/1.1"]).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.text.ends_with("\r\n\r\n[\"bad_request\"]"), "{}", answer.text);
    assert!(!answer.header("x-request-id").is_empty() && answer.header("x-content-type-options") == "nosniff");
}
