//! Other sites' scripts: those of configured origins may call with a token, those of others may read nothing.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Program, arrive};
use crate::support::app::{Answer, TestApp, form};

const OURS: &str = "https://app.example.com";
const OTHERS: [&str; 5] = [
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    "null",
    "https://app.example.com:444",
];

async fn app() -> TestApp {
    TestApp::start_with(|config| {
        config.api_origins = format!("http://localhost:3000, {OURS}").parse().expect("two origins");
    })
    .await
}

/// A request as a script of `origin` makes it.
fn from(origin: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors")
}

async fn preflight(program: &Program, origin: &str, path: &str) -> Answer {
    let request = from(origin, program.request(Method::OPTIONS, path));
    let asked = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key");
    program.send(asked).await
}

fn cors_headers(answer: &Answer) -> Vec<&str> {
    answer.headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("access-control-")).collect()
}

fn varies_by_origin(answer: &Answer) -> bool {
    let values = answer.headers.get_all("vary").into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("origin"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_of_a_configured_origin_may_ask_send_and_read() {
    let app = app().await;
    let (_, ana) = arrive(&app, "ana").await;
    app.sign_in("ben").await;
    let asked = preflight(&ana, OURS, "/api/messages").await;
    assert_eq!((asked.status, &*asked.text), (StatusCode::OK, ""));
    assert_eq!(asked.header("access-control-allow-origin"), OURS);
    assert_eq!(asked.header("access-control-allow-methods"), "GET,POST");
    assert_eq!(asked.header("access-control-allow-headers"), "authorization,content-type,idempotency-key");
    assert_eq!(asked.header("access-control-max-age"), "3600");
    assert!(varies_by_origin(&asked));

    let message = json!({ "message": "hello", "handle": "ben" });
    let sent = ana.send(from(OURS, ana.request(Method::POST, "/api/messages").json(&message))).await;
    let read = ana.send(from(OURS, ana.request(Method::GET, "/api/message_groups"))).await;
    let refused = Program::anonymous(&app);
    let refused = refused.send(from(OURS, refused.request(Method::GET, "/api/message_groups"))).await;
    for (answer, status) in [(&sent, StatusCode::OK), (&read, StatusCode::OK), (&refused, StatusCode::UNAUTHORIZED)] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        assert_eq!(answer.header("access-control-expose-headers"), "link,retry-after,www-authenticate");
        assert!(varies_by_origin(answer));
    }
    for answer in [&asked, &sent, &read, &refused] {
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins_are_allowed_nothing() {
    let configured = app().await;
    let unconfigured = TestApp::start().await;
    for app in [&configured, &unconfigured] {
        let (_, ana) = arrive(app, "ana").await;
        let ours = [OURS].into_iter().filter(|_| app.address == unconfigured.address);
        for origin in OTHERS.into_iter().chain(ours) {
            let asked = preflight(&ana, origin, "/api/messages").await;
            let read = ana.send(from(origin, ana.request(Method::GET, "/api/message_groups"))).await;
            for answer in [asked, read] {
                assert_eq!(cors_headers(&answer), Vec::<&str>::new(), "{origin}");
                assert!(varies_by_origin(&answer), "{origin}");
            }
        }
        // A program sends no origin, and has no use for these headers.
        let plain = ana.get("/api/message_groups").await;
        assert_eq!(cors_headers(&plain), Vec::<&str>::new());
        assert!(varies_by_origin(&plain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_origin_may_call_the_api_and_nothing_else() {
    let app = app().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    for path in ["/rpc/sign_out", "/signout"] {
        let request = program.request(Method::POST, path).header("cookie", ana.cookie.clone().expect("a session"));
        let request = form(from(OURS, request), &[]).build().expect("a request");
        let answer = reqwest::Client::new().execute(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK, "still signed in");
}
