//! Media types and encodings of request bodies.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::json_api::fixtures::new_user;
use crate::support::app::{TestApp, new_id};

/// `Content-Type` headers of a form in UTF-8; RFC 9110, sections 5.6.6 and 8.3.
const FORM_TYPES: [&str; 9] = [
    "application/x-www-form-urlencoded",
    "Application/X-WWW-Form-Urlencoded",
    "application/x-www-form-urlencoded;charset=utf-8",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "application/x-www-form-urlencoded ; charset=utf-8",
    "application/x-www-form-urlencoded\t;\tcharset=\"UTF-8\"",
    "application/x-www-form-urlencoded; charset=utf8",
    "application/x-www-form-urlencoded;",
    "application/x-www-form-urlencoded; boundary=\"a;b\\\"c\"; Charset=\"utf-8\"",
];

/// `Content-Type` headers of another type, charset or form.
const OTHER_TYPES: [&str; 11] = [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/json",
    "multipart/form-data; boundary=a",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "application/x-www-form-urlencoded; charset=\"utf-16\"",
    "application/x-www-form-urlencoded-x",
    "application/x-www-form-urlencoded, text/plain",
    "application / x-www-form-urlencoded",
    "x-www-form-urlencoded",
    "*/*",
];

// F53
#[tokio::test(flavor = "multi_thread")]
async fn a_json_body_is_accepted_in_every_spelling_of_its_type() {
    let app = TestApp::start().await;
    let (mut browser, ana) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let conversation = browser.start("ben", "a").await;
    let good = json!({ "message": "a", "handle": "ben" }).to_string();
    let types = [
        "application/json",
        "application/json ; charset=utf-8",
        "APPLICATION/JSON;CHARSET=UTF-8",
        "application/json\t;\tcharset=\"utf-8\"",
        "application/json;",
        "application/json; profile=\"a;b\"; charset=utf-8",
        "application/vnd.cruddur+json ; v=1",
    ];
    let with_mark = format!("\u{feff}{good}");
    for (number, (kind, body)) in types.iter().flat_map(|kind| [(kind, &good), (kind, &with_mark)]).enumerate() {
        let request = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, *kind).body(body.clone());
        let answer = ana.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{number} {kind}: {}", answer.text);
    }
    for kind in [
        "text/json",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json, application/json",
        "multipart/form-data; boundary=a",
        "",
    ] {
        let request = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, kind).body(good.clone());
        let answer = ana.send(request).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (415, r#"["not_json"]"#), "{kind}");
    }
    let twice = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, "application/json");
    let twice = ana.send(twice.header(CONTENT_TYPE, "application/json").body(good)).await;
    assert_eq!(twice.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "two types");
    // A second mark is no part of JSON, and neither is one in UTF-16.
    for body in [&b"\xef\xbb\xbf\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"\xef\xbb\xbf"] {
        let request = ana.request(Method::POST, "/api/messages").header(CONTENT_TYPE, "application/json");
        let answer = ana.send(request.body(body)).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (400, r#"["malformed_json"]"#), "{body:?}");
    }
    assert_eq!(browser.texts(&conversation).await.len(), 1 + 2 * types.len());
}

// F53 F63
#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_accepted_in_every_spelling_of_its_type_and_in_no_other_type() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let page = format!("/messages/{conversation}");
    let body = |text: &str| format!("conversation={conversation}&id={}&body={text}", new_id());
    for kind in FORM_TYPES {
        let request = ana.request(Method::POST, &page).header(CONTENT_TYPE, kind).body(body("form"));
        assert_eq!(ana.send(request).await.status, StatusCode::SEE_OTHER, "{kind}");
        let request = ana.request(Method::POST, "/rpc/send_message").header(CONTENT_TYPE, kind).body(body("script"));
        assert_eq!(ana.send(request).await.status, StatusCode::OK, "{kind}");
    }
    for kind in OTHER_TYPES.map(Some).into_iter().chain([None]) {
        for (path, status) in
            [(&*page, StatusCode::UNPROCESSABLE_ENTITY), ("/rpc/send_message", StatusCode::UNSUPPORTED_MEDIA_TYPE)]
        {
            let mut request = ana.request(Method::POST, path).body(body("stranger"));
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let answer = ana.send(request).await;
            assert_eq!(answer.status, status, "{path} {kind:?}: {}", answer.text);
        }
    }
    let texts = ana.texts(&conversation).await;
    assert_eq!(texts.len(), 1 + 2 * FORM_TYPES.len(), "{texts:?}");
}

// F63
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_utf_8_is_rejected_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let page = format!("/messages/{conversation}");
    for text in [
        &b"%ff"[..],
        b"\xff",
        b"caf%E9",
        b"caf\xe9",
        b"%C3",
        b"%C3&x=%A9",
        b"%ED%A0%80",
        b"%F0%9F%98",
        b"%C0%80",
        b"a&%FF=b",
        b"%\xff",
    ] {
        for (path, fields) in [(&*page, "body"), ("/rpc/send_message", "body")] {
            let mut body = format!("conversation={conversation}&id={}&{fields}=", new_id()).into_bytes();
            body.extend_from_slice(text);
            let request = ana.request(Method::POST, path).header(CONTENT_TYPE, FORM_TYPES[0]).body(body);
            let answer = ana.send(request).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {text:?}: {}", answer.text);
        }
    }
    let forms = ["/signin", "/signup", "/confirm", "/forgot", "/settings", "/signout", "/messages/new/ben"];
    let settings =
        ["sessions", "blocked", "profile", "password", "export", "delete"].map(|page| format!("/settings/{page}"));
    for path in forms.map(str::to_owned).into_iter().chain(settings) {
        let request = ana.request(Method::POST, &path).header(CONTENT_TYPE, FORM_TYPES[0]).body("email=%ff&handle=ben");
        let answer = ana.send(request).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(answer.text.contains("<h1>Invalid request</h1>"), "{path}: {}", answer.text);
    }
    assert_eq!(ana.texts(&conversation).await, ["first"]);
    // Decoders keep an incomplete percent code as text.
    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", "100% é 😀 %zz %")];
    assert_eq!(ana.submit(&page, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.texts(&conversation).await, ["first", "100% é 😀 %zz %"]);
}
