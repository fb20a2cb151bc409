//! What the server says on every answer, and what it does without its parts.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, form};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
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
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_in_public_is_served() {
    let app = TestApp::start().await;
    for file in std::fs::read_dir("public").expect("a folder") {
        let name = file.expect("a file").file_name().into_string().expect("UTF-8");
        assert_eq!(app.browser().get(&format!("/{name}")).await.status, StatusCode::OK, "{name}");
    }
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
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {name}: {value}");
        }
    }
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
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
async fn the_server_says_which_part_is_missing_and_recovers() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    assert_eq!(ana.get("/healthz").await.status, StatusCode::OK);
    let ready = ana.get("/readyz").await;
    assert_eq!((ready.status, &*ready.text), (StatusCode::OK, r#"{"postgres":true,"dynamodb":true,"cognito":true}"#));

    app.database.execute("alter table users rename to away").await;
    let broken = ana.get("/messages").await;
    assert!(broken.status.is_server_error(), "{}", broken.status);
    app.database.execute("alter table away rename to users").await;
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_parts_starts_answers_503_and_says_so() {
    let app = TestApp::start_with(|config| {
        config.database_url = "postgres://nobody@127.0.0.1:1/none".to_owned().into();
        config.cognito_endpoint = Some("http://127.0.0.1:1".to_owned());
    })
    .await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    let ready = browser.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.text, r#"{"postgres":false,"dynamodb":true,"cognito":false}"#);
    assert_eq!(browser.get("/signin").await.status, StatusCode::OK);
    let fields = [("email", "ana@example.com"), ("password", "Some-password-1")];
    let answer = browser.submit("/signin", &fields).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(!answer.header("retry-after").is_empty());
    browser.cookie = Some(format!("__Host-session={}", "A".repeat(43)));
    assert_eq!(browser.get("/messages").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_when_it_is_told_to() {
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
    tokio::time::timeout(std::time::Duration::from_secs(5), stopped).await.expect("it stops within 5 s");
}
