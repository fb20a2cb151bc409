//! Headers and error pages of the server, and its behavior without its dependencies.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::{Router, http};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cruddur_messages::domain::emoji::{TABLE_FILE, TABLE_FOLDER};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::http::assets::PUBLIC_FILES;
use cruddur_messages::server::http::error_page;
use cruddur_messages::server::http::layers::{self, ErrorResponse};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::ServiceExt;

use crate::support::app::{Answer, Browser, TestApp, form, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::wait_until::wait_until;

/// Longest time that a page may take while a dependency does not respond: users and proxies give up later.
const RESPONSE_MAX: Duration = Duration::from_secs(15);

/// Returns a listener that accepts connections and never responds, as long as it is not dropped.
async fn unresponsive_service() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port")
}

fn address_of(service: &TcpListener) -> String {
    service.local_addr().expect("a bound listener has an address").to_string()
}

/// Asserts that pages answer in time with 503.
async fn assert_unavailable(browser: &Browser) {
    let requests = ["/messages", "/messages/new", "/messages/5ae290ed-55d1-47a0-bc6d-fe2bc2700399"].map(|path| {
        let mut browser = browser.clone();
        async move { (path, timeout(RESPONSE_MAX, browser.get(path)).await) }
    });
    for (path, answer) in join_all(requests).await {
        let answer = answer.unwrap_or_else(|_| panic!("{path} takes longer than {RESPONSE_MAX:?}"));
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.text);
        assert!(answer.text.contains("<h1"), "{path} shows a page: {}", answer.text);
        assert!(!answer.header("retry-after").is_empty(), "{path}");
    }
}

/// Asserts that the response is an error page with a link back, for browsers without script.
fn assert_error_page(what: &str, answer: &Answer, status: StatusCode, words: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{what}");
    assert!(answer.text.contains(&format!("<h1>{words}</h1>")), "{what} has the heading: {}", answer.text);
    assert!(answer.text.contains("href=\"/messages\""), "{what} links back: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_carries_the_security_headers() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for path in ["/messages", "/nowhere", "/healthz", "/readyz", "/favicon.svg", "/pkg/none.js", "/api/nowhere"] {
        let answer = ana.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'nonce-"), "{path}: {policy}");
        assert!(policy.contains("'wasm-unsafe-eval'") && !policy.contains("'unsafe-"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(!answer.header("x-request-id").is_empty() && answer.header("server").is_empty(), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: the server does not know of https");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_server_sends_strict_transport_security() {
    let app = TestApp::start_with(|config| config.public_origin = Some("https://a.example".to_owned())).await;
    for path in ["/signin", "/messages", "/nowhere", "/healthz", "/favicon.svg", "/rpc/nowhere", "/api/nowhere"] {
        let answer = app.browser().get(path).await;
        let policy = answer.header("strict-transport-security");
        assert_eq!(policy, "max-age=63072000; includeSubDomains; preload", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_in_public_is_served() {
    let app = TestApp::start().await;
    for folder in ["", TABLE_FOLDER] {
        for file in std::fs::read_dir(format!("public/{folder}")).expect("a folder") {
            let name = file.expect("a file").file_name().into_string().expect("UTF-8");
            if name != TABLE_FOLDER {
                let path = format!("{folder}/{name}");
                let path = path.trim_start_matches('/');
                assert_eq!(app.browser().get(&format!("/{path}")).await.status, StatusCode::OK, "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_says_that_it_is_utf_8() {
    let app = TestApp::start().await;
    let files = PUBLIC_FILES.map(|name| format!("/{name}")).into_iter().chain([format!("/{TABLE_FILE}")]);
    let pages = ["/signin", "/privacy", "/nowhere", "/healthz", "/.well-known/security.txt"].map(str::to_owned);
    for path in files.chain(pages) {
        let answer = app.browser().get(&path).await;
        let media_type = answer.header("content-type");
        let is_text = ["text/", "image/svg+xml"].iter().any(|kind| media_type.starts_with(kind));
        assert!(is_text && media_type.ends_with("; charset=utf-8"), "{path}: {media_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_emoji_table_has_the_hash_of_its_content() {
    let app = TestApp::start().await;
    let answer = app.browser().get(&format!("/{TABLE_FILE}")).await;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, answer.text.as_bytes());
    let hash = &URL_SAFE_NO_PAD.encode(digest)[..22];
    assert_eq!(TABLE_FILE, format!("emoji/{hash}.tsv"), "`npm run emoji-table` prints the name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_not_cached_and_its_scripts_carry_the_nonce_of_its_policy() {
    let app = TestApp::start().await;
    let page = app.sign_in("ana").await.get("/messages").await;
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
    let scripts = page.text.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.text.matches(&format!("nonce=\"{nonce}\"")).count(), scripts, "{}", page.text);
    assert!(!page.text.contains(" style=\""), "no inline style");
    let again = app.browser().get("/signin").await;
    assert!(!again.header("content-security-policy").contains(nonce), "a nonce is used once");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_make_a_browser_change_anything() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for path in ["/signout", "/rpc/sign_out", "/messages/new/ben"] {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
        {
            let request = form(ana.request(Method::POST, path).header(name, value), &[("a", "b")]);
            let mut request = request.build().expect("a request");
            if name == "origin" {
                request.headers_mut().remove("sec-fetch-site");
            } else {
                request.headers_mut().insert("sec-fetch-site", value.parse().expect("a value"));
            }
            let answer = reqwest::Client::new().execute(request).await.expect("an answer");
            let (status, headers) = (answer.status(), answer.headers().clone());
            let answer = Answer { status, headers, text: answer.text().await.expect("text") };
            if path.starts_with("/rpc/") {
                assert_eq!((answer.status, answer.error()), (StatusCode::FORBIDDEN, AppError::Forbidden), "{path}");
            } else {
                let what = format!("{path} {name}: {value}");
                assert_error_page(&what, &answer, StatusCode::FORBIDDEN, "Request not allowed");
            }
        }
    }
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_gets_an_error_page() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let (path, long) = (format!("/messages/{conversation}"), "a".repeat(70_000));
    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", &*long)];
    let sent = ana.submit(&path, &fields).await;
    assert_error_page(&path, &sent, StatusCode::PAYLOAD_TOO_LARGE, "Request too large");
    let sign_in = app.browser().submit("/signin", &[("email", &long), ("password", "x")]).await;
    assert_error_page("/signin", &sign_in, StatusCode::PAYLOAD_TOO_LARGE, "Request too large");
    assert_eq!(ana.texts(&conversation).await, ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_not_a_form_gets_an_error_page() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for path in [
        "/signin",
        "/signup",
        "/confirm",
        "/forgot",
        "/settings",
        "/settings/sessions",
        "/settings/blocked",
        "/settings/profile",
        "/settings/password",
        "/settings/export",
        "/settings/delete",
        "/signout",
        "/signout-everywhere",
        "/messages/5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
        "/messages/new/ben",
    ] {
        let request = ana.request(Method::POST, path).header("content-type", "application/json").body("{}");
        let answer = ana.send(request).await;
        assert_error_page(path, &answer, StatusCode::UNPROCESSABLE_ENTITY, "Invalid request");
    }
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_panic_is_answered_with_an_error_page_or_with_json() {
    async fn panicking() -> &'static str {
        panic!("cause of the panic")
    }
    let layer = from_fn_with_state(ErrorResponse(error_page::for_path), layers::catch_panic);
    let router: Router = Router::new().fallback(panicking).layer(layer);
    for path in ["/messages", "/rpc/typing"] {
        let request = http::Request::get(path).body(Body::empty()).expect("a request");
        let (head, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
        let text = axum::body::to_bytes(body, 10_000).await.expect("a body").to_vec();
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(!text.contains("cause of the panic"), "{path} hides the cause: {text}");
        let answer = Answer { status: head.status, headers: head.headers, text };
        if path.starts_with("/rpc/") {
            let error = (answer.status, answer.error());
            assert_eq!(error, (StatusCode::INTERNAL_SERVER_ERROR, AppError::Unexpected), "{path}");
        } else {
            assert_error_page(path, &answer, StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    let fields = [("email", "ana@example.com"), ("password", crate::support::cognito::PASSWORD)];
    let answer = app.browser().submit("/signin", &fields).await;
    let cookie = answer.header("set-cookie");
    let attributes: BTreeSet<&str> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax"] {
        assert!(attributes.contains(attribute), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_error_hides_its_cause_and_the_server_recovers() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    assert_eq!(ana.get("/healthz").await.status, StatusCode::OK);
    let ready = ana.get("/readyz").await;
    assert_eq!((ready.status, &*ready.text), (StatusCode::OK, r#"{"postgres":true,"dynamodb":true,"cognito":true}"#));

    app.database.execute("alter table users rename to away").await;
    app.state.store.remembered.forget_all();
    let broken = ana.get("/messages").await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    for words in ["Your conversations couldn't be loaded.", "Something went wrong. Try again."] {
        assert!(broken.text.contains(words), "{}", broken.text);
    }
    assert!(!broken.text.contains("does not exist"), "the cause belongs in the log: {}", broken.text);
    app.database.execute("alter table away rename to users").await;
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_dependencies_starts_and_answers_503() {
    let app = TestApp::start_with(|config| {
        config.database_url = "postgres://nobody@127.0.0.1:1/none".to_owned().into();
        config.cognito_endpoint = Some("http://127.0.0.1:1".to_owned());
    })
    .await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    let ready = browser.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.text, r#"{"postgres":false,"dynamodb":true,"cognito":false,"problems":["unreachable"]}"#);
    assert_eq!(browser.get("/signin").await.status, StatusCode::OK);
    let fields = [("email", "ana@example.com"), ("password", "Some-password-1")];
    let answer = browser.submit("/signin", &fields).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(!answer.header("retry-after").is_empty());
    browser.cookie = Some(format!("__Host-session={}", "A".repeat(43)));
    assert_eq!(browser.get("/messages").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sign_out_says_so_and_can_be_retried() {
    let app = TestApp::start_with(|config| {
        config.database_url = "postgres://nobody@127.0.0.1:1/none".to_owned().into();
    })
    .await;
    let cookie = Some(format!("__Host-session={}", "A".repeat(43)));
    for path in ["/signout", "/signout-everywhere"] {
        let mut ana = app.browser();
        ana.cookie = cookie.clone();
        let answer = ana.submit(path, &[]).await;
        assert_error_page(path, &answer, StatusCode::SERVICE_UNAVAILABLE, "You may still be signed in");
        assert!(answer.text.contains("Service temporarily unavailable."), "{path}: {}", answer.text);
        assert!(answer.text.contains(&format!("<form method=\"post\" action=\"{path}\">")), "{}", answer.text);
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        assert_eq!(ana.cookie, cookie, "{path}: the browser keeps its cookie");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unresponsive_postgresql_times_out() {
    let service = unresponsive_service().await;
    let url = format!("postgres://nobody@{}/none", address_of(&service));
    let app = TestApp::start_with(|config| config.database_url = url.into()).await;
    let mut browser = app.browser();
    browser.cookie = Some(format!("__Host-session={}", "A".repeat(43)));
    assert_unavailable(&browser).await;
    let ready = timeout(RESPONSE_MAX, browser.get("/readyz")).await.expect("an answer in time");
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text.starts_with(r#"{"postgres":false,"dynamodb":true,"#), "{}", ready.text);
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unresponsive_dynamodb_times_out() {
    let service = unresponsive_service().await;
    let endpoint = format!("http://{}", address_of(&service));
    let app = TestApp::start_with_endpoint(DynamoDb::start().await, &endpoint, |_| {}).await;
    let mut ana = app.sign_in("ana").await;
    assert_unavailable(&ana).await;
    assert_eq!(ana.get("/settings").await.status, StatusCode::OK, "pages without messages work");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_on_shutdown() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    app.state.closing.cancel();
    let request = browser.request(Method::GET, "/healthz");
    let stopped = async {
        while request.try_clone().expect("no body").send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), stopped).await.expect("it stops within 5 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_at_shutdown_is_answered_first() {
    const BODY: &str = "email=&password=";
    let app = TestApp::start().await;
    let answered = async {
        let mut connection = TcpStream::connect(app.address).await.expect("a connection");
        let head = format!(
            "POST /signin HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\nexpect: 100-continue\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            app.address,
            BODY.len()
        );
        connection.write_all(head.as_bytes()).await.expect("the server takes the head");
        // The server sends 100 when the handler starts to read the body: from then on the request is in flight.
        let mut interim = Vec::new();
        while !interim.ends_with(b"\r\n\r\n") {
            interim.push(connection.read_u8().await.expect("the server asks for the body"));
        }
        assert!(interim.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&interim));

        app.state.closing.cancel();
        wait_until("new connections are refused", async || TcpStream::connect(app.address).await.is_err()).await;
        connection.write_all(BODY.as_bytes()).await.expect("the server takes the body");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.expect("an answer, and the end of the connection");
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = timeout(RESPONSE_MAX, answered).await.expect("an answer in time");
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    assert!(answer.contains("Enter your e-mail address."), "the server has read the body: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_whole_is_the_clients_fault() {
    let app = TestApp::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let cases = ["/rpc/search_users", "/signin", "/api/messages"].into_iter().flat_map(|path| {
        [
            (path, "content-length: 30\r\n\r\nabc", false, 408),
            (path, "transfer-encoding: chunked\r\n\r\nzz\r\nabc", false, 400),
            (path, "content-length: 30\r\n\r\nabc", true, 400),
        ]
    });
    let answers = cases.map(async |(path, rest, ends, status)| {
        let mut connection = TcpStream::connect(app.address).await.expect("a connection");
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{form}{rest}");
        connection.write_all(head.as_bytes()).await.expect("the server takes the beginning");
        if ends {
            connection.shutdown().await.expect("the end");
        }
        let mut answer = Vec::new();
        timeout(RESPONSE_MAX, connection.read_to_end(&mut answer)).await.expect("in time").expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) || answer.is_empty() && ends, "{path} {answer}");
    });
    join_all(answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_finish_a_request_head_is_closed() {
    let app = TestApp::start_with(|config| config.header_read_timeout_secs = 1).await;
    for partial_head in ["", "P", "GET /healthz HTTP/1.1\r\nhost: a\r\n"] {
        let mut connection = TcpStream::connect(app.address).await.expect("a connection");
        connection.write_all(partial_head.as_bytes()).await.expect("the server takes the beginning");
        let closed = timeout(RESPONSE_MAX, connection.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "it is still open after {partial_head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_head_sent_byte_by_byte_does_not_keep_a_connection_open() {
    let app = TestApp::start_with(|config| config.header_read_timeout_secs = 1).await;
    let mut connection = TcpStream::connect(app.address).await.expect("a connection");
    connection.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").await.expect("the server takes the beginning");
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let drip = async {
        while connection.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    };
    timeout(RESPONSE_MAX, drip).await.expect("it is closed in time");
}
