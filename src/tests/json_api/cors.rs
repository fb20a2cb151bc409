//! CORS: scripts of configured origins may call the API with a token; scripts of other origins may read nothing.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::fixtures::{ApiClient, new_user};
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

/// Adds the headers that a browser sends for a script of `origin`.
fn cross_origin(origin: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors")
}

async fn preflight(client: &ApiClient, origin: &str, path: &str) -> Answer {
    let request = cross_origin(origin, client.request(Method::OPTIONS, path));
    let request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key");
    client.send(request).await
}

fn cors_headers(answer: &Answer) -> Vec<&str> {
    answer.headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("access-control-")).collect()
}

fn varies_by_origin(answer: &Answer) -> bool {
    let values = answer.headers.get_all("vary").into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("origin"))
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_a_configured_origin_may_send_and_read() {
    let app = app().await;
    let (_, ana) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let preflight = preflight(&ana, OURS, "/api/messages").await;
    assert_eq!((preflight.status, &*preflight.text), (StatusCode::OK, ""));
    assert_eq!(preflight.header("access-control-allow-origin"), OURS);
    assert_eq!(preflight.header("access-control-allow-methods"), "GET,POST");
    assert_eq!(preflight.header("access-control-allow-headers"), "authorization,content-type,idempotency-key");
    assert_eq!(preflight.header("access-control-max-age"), "3600");
    assert!(varies_by_origin(&preflight));

    let message = json!({ "message": "hello", "handle": "ben" });
    let sent = ana.send(cross_origin(OURS, ana.request(Method::POST, "/api/messages").json(&message))).await;
    let read = ana.send(cross_origin(OURS, ana.request(Method::GET, "/api/message_groups"))).await;
    let anonymous = ApiClient::anonymous(&app);
    let refused = anonymous.send(cross_origin(OURS, anonymous.request(Method::GET, "/api/message_groups"))).await;
    for (answer, status) in [(&sent, StatusCode::OK), (&read, StatusCode::OK), (&refused, StatusCode::UNAUTHORIZED)] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        assert_eq!(answer.header("access-control-expose-headers"), "link,retry-after,www-authenticate");
        assert!(varies_by_origin(answer));
    }
    for answer in [&preflight, &sent, &read, &refused] {
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins_are_allowed_nothing() {
    let configured = app().await;
    let unconfigured = TestApp::start().await;
    for app in [&configured, &unconfigured] {
        let (_, ana) = new_user(app, "ana").await;
        let ours = [OURS].into_iter().filter(|_| app.address == unconfigured.address);
        for origin in OTHERS.into_iter().chain(ours) {
            let preflight = preflight(&ana, origin, "/api/messages").await;
            let read = ana.send(cross_origin(origin, ana.request(Method::GET, "/api/message_groups"))).await;
            for answer in [preflight, read] {
                assert_eq!(cors_headers(&answer), Vec::<&str>::new(), "{origin}");
                assert!(varies_by_origin(&answer), "{origin}");
            }
        }
        // A client that is not a browser sends no origin, and gets no CORS headers.
        let plain = ana.get("/api/message_groups").await;
        assert_eq!(cors_headers(&plain), Vec::<&str>::new());
        assert!(varies_by_origin(&plain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_origin_may_call_the_api_and_nothing_else() {
    let app = app().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    for path in ["/rpc/sign_out", "/signout"] {
        let request = client.request(Method::POST, path).header("cookie", ana.cookie.clone().expect("a session"));
        let request = form(cross_origin(OURS, request), &[]).build().expect("a request");
        let answer = reqwest::Client::new().execute(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK, "still signed in");
}
