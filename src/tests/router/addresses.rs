//! Canonical addresses, static files and decoding.

use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, form, new_id};
use crate::support::log::Log;
use crate::support::raw_http::head;

const ID: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

// F52
#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_an_address_redirects_to_the_canonical_one() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let (upper, simple) = (ID.to_uppercase(), ID.replace('-', ""));
    let page = format!("/messages/{ID}");
    let ids = [
        format!("/messages/{ID}/"),
        format!("/messages/{upper}"),
        format!("/messages/{simple}"),
        format!("/messages/%7B{ID}%7D"),
        format!("/messages/urn:uuid:{ID}"),
        format!("/messages/%35{}", &ID[1..]),
        format!("//messages///{upper}//"),
    ];
    let others = [
        ("/signin/", "/signin"),
        ("/signup//", "/signup"),
        ("//settings", "/settings"),
        ("/messages/", "/messages"),
        ("/messages//new/", "/messages/new"),
        ("/messages/new/ben/", "/messages/new/ben"),
        (
            "/messages/new/user/5AE290ED-55D1-47A0-BC6D-FE2BC2700399",
            "/messages/new/user/5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
        ),
        ("/healthz/", "/healthz"),
        ("/nowhere/", "/nowhere"),
        ("//", "/"),
        ("//api//message_groups", "/api/message_groups"),
    ];
    let pairs = ids.iter().map(|path| (path.as_str(), page.as_str())).chain(others);
    for (path, canonical) in pairs {
        for query in ["", "?", "?q=a%2Fb+c%2541&x"] {
            let (address, target) = (format!("{path}{query}"), format!("{canonical}{query}"));
            for method in ["GET", "HEAD", "POST"] {
                let cookie = format!("cookie: {}", ana.cookie.as_deref().expect("she is signed in"));
                let lines = [&format!("{method} {address} HTTP/1.1"), "host: a.test", "content-length: 0", &cookie];
                let answer = head(app.address, &lines).await;
                let seen = (answer.status(), answer.header("location"));
                assert_eq!(seen, (StatusCode::PERMANENT_REDIRECT, target.as_str()), "{method} {address}");
            }
        }
    }
}

// F52
#[tokio::test(flavor = "multi_thread")]
async fn a_form_posted_to_another_spelling_of_its_address_arrives_after_the_redirect() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", "second")];
    let redirect = ana.submit(&format!("/messages/{}/", conversation.to_uppercase()), &fields).await;
    assert_eq!(redirect.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(ana.texts(&conversation).await, ["first"]);
    let path = redirect.location().to_owned();
    assert_eq!(ana.submit(&path, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.texts(&conversation).await, ["first", "second"]);
}

// F52
#[tokio::test(flavor = "multi_thread")]
async fn a_canonical_address_and_one_of_a_program_are_left_alone() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let page = format!("/messages/{ID}");
    for (path, status) in [
        ("/settings", 200),
        ("/settings/sessions", 200),
        ("/settings/blocked", 200),
        ("/settings/profile", 200),
        ("/settings/password", 200),
        ("/settings/export", 200),
        ("/settings/delete", 200),
        ("/settings/nothing", 404),
        ("/messages", 200),
        ("/messages/new", 200),
        ("/messages/new/Ana.%C3%A9", 404),
        (page.as_str(), 404),
        ("/nowhere", 404),
        ("/favicon.svg", 200),
        ("/api/messages/", 404),
        ("/api/users/@a//short", 404),
        ("/rpc/sign_out/", 404),
        ("/pkg/", 404),
        ("/pkg//a.js", 404),
    ] {
        assert_eq!(ana.get(path).await.status.as_u16(), status, "{path}");
    }
}

// F52
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_never_leads_to_another_site() {
    let app = TestApp::start().await;
    for path in [
        "//evil.example/",
        "///evil.example/",
        "//evil.example/%2f..",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\\/evil.example//",
        "//evil.example//..",
        "/.//evil.example/",
        "/%5cevil.example/",
        "/%2fevil.example/",
        "/%09/evil.example/",
        "//user@evil.example/",
        "//evil.example:443/",
        "http://evil.example//evil.example/",
    ] {
        let answer = head(app.address, &[&format!("GET {path} HTTP/1.1"), "host: a.test"]).await;
        assert!(!answer.status().is_server_error(), "{path}: {}", answer.text);
        let target = answer.header("location");
        assert_eq!(answer.status().is_redirection(), !target.is_empty(), "{path}: {}", answer.text);
        if !target.is_empty() {
            // As a browser resolves it.
            let base: reqwest::Url = "https://a.test/x".parse().expect("a URL");
            assert_eq!(base.join(target).expect("a URL").host_str(), Some("a.test"), "{path} to {target}");
        }
    }
}

// F60
#[tokio::test]
async fn a_strange_path_is_a_client_error_and_no_line_in_the_log() {
    let (log, _guard) = Log::capture();
    let app = TestApp::start().await;
    let long = "a".repeat(256);
    let longest = format!("{}.js", "a".repeat(252));
    let deep = "a/".repeat(2100);
    let mut paths = Vec::new();
    for folder in ["/pkg/", "/", "/messages/", "/messages/new/", "/build/a/pkg/", "/rpc/", "/api/messages/"] {
        for name in [
            &*long,
            &longest,
            &deep,
            "%00",
            "a%00.js",
            "..",
            "../..",
            "%2e%2e/%2e%2e/etc/passwd",
            "..%2f..%2fetc%2fpasswd",
            "%2fetc%2fpasswd",
            "..%5c..%5cetc",
            "%ff",
            "%",
            "%zz",
            "%2",
            "%25%30%30",
            "\\",
            "a.js%00.css",
            "con",
            "a;b",
            "[",
            "{a}",
        ] {
            paths.push(format!("{folder}{name}"));
        }
    }
    paths.extend(["/favicon.svg/x", "/favicon.svg%00", "/pkg", "/%"].map(str::to_owned));
    for path in paths {
        for method in ["GET", "HEAD"] {
            let answer = head(app.address, &[&format!("{method} {path} HTTP/1.1"), "host: a.test"]).await;
            let status = answer.status();
            // A private page leads to the sign-in first, and another spelling to the canonical one.
            assert!(status.is_client_error() || status.is_redirection(), "{method} {path}: {}", answer.text);
        }
    }
    let errors: Vec<_> = log.text().lines().filter(|line| line.contains(" ERROR ")).map(str::to_owned).collect();
    assert_eq!(errors, [""; 0]);
}

// F60
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_exist_is_not_found() {
    let app = TestApp::start().await;
    let deep = format!("/pkg/{}", "abc/".repeat(1500));
    let names = [250, 252, 255, 256, 300, 4000].map(|length| format!("/pkg/{}", "a".repeat(length)));
    for path in
        names.iter().map(String::as_str).chain([deep.as_str(), "/pkg/%00", "/pkg/a.js/b", "/pkg/..%2fCargo.toml"])
    {
        for method in [Method::GET, Method::HEAD] {
            let mut browser = app.browser();
            let request = browser.request(method.clone(), path).header("accept-encoding", "br, gzip");
            assert_eq!(browser.send(request).await.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}

// F56
#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_of_an_address_is_decoded_once() {
    let app = TestApp::start().await;
    let mut guest = app.browser();
    for path in ["/confirm", "/signin", "/forgot?sent=1&"] {
        let path = if path.contains('?') { path.to_owned() } else { format!("{path}?") };
        for (written, read) in [
            ("a%2541@example.com", "a%41@example.com"),
            ("a%252Bb%40example.com", "a%2Bb@example.com"),
            ("a%2Bb@example.com", "a+b@example.com"),
            ("a+b@example.com", "a b@example.com"),
            ("100%25@example.com", "100%@example.com"),
            ("a%26next%3D%2F@example.com", "a&amp;next=/@example.com"),
            ("%C3%A9@example.com", "é@example.com"),
        ] {
            let page = guest.get(&format!("{path}email={written}")).await;
            assert_eq!(page.status, StatusCode::OK, "{path} {written}");
            assert!(page.text.contains(&format!("value=\"{read}\"")), "{path} {written}: {}", page.text);
        }
    }
    // A name may be encoded, too, and of two parameters the first counts, as before a redirect to the sign-in.
    let page = guest.get("/confirm?%65mail=a%40example.com&email=b%40example.com").await;
    assert!(page.text.contains("value=\"a@example.com\""), "{}", page.text);
    let mut ana = app.sign_in("ana").await;
    let page = ana.get("/messages/new?q=100%2525").await;
    assert!(page.text.contains("value=\"100%25\""), "{}", page.text);
    let page = ana.get("/signin?next=%2Fmessages%2Fnew%3Fq%3D100%252525").await;
    assert_eq!(page.location(), "/messages/new?q=100%2525");
    app.sign_in("ben").await;
    for (path, status) in [("%62en", StatusCode::OK), ("%2562en", StatusCode::NOT_FOUND)] {
        assert_eq!(ana.get(&format!("/messages/new/{path}")).await.status, status, "{path}");
    }
    let request = form(ana.request(Method::POST, "/messages/new/a%2565"), &[("handle", "a%65"), ("body", "")]);
    assert_eq!(ana.send(request).await.status, StatusCode::UNPROCESSABLE_ENTITY, "path and field agree");
}
