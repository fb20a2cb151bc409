//! Sessions: cookies, expiry, and storage.

use std::time::{Duration, Instant};

use axum::http::{HeaderValue, header};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::http::session::cookie;
use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, form};
use crate::support::browser::{Browser, config, server};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::FakePool;
use crate::support::session_fixture::SessionFixture;
use crate::support::wait_until::wait_until;

#[tokio::test]
async fn the_database_holds_neither_the_cookie_nor_the_refresh_token() {
    let fixture = SessionFixture::start().await;
    let rows: Vec<String> = sqlx::query_scalar("select sessions::text from sessions")
        .fetch_all(&fixture.database.pool)
        .await
        .expect("rows");
    let cookie = fixture.ana.cookie.clone().expect("a cookie");
    assert_eq!((rows.len(), cookie.len()), (1, 43));
    // PostgreSQL prints bytes in hex.
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!rows[0].contains(&cookie) && !rows[0].contains(&hex(&cookie)));
    let revoked = { fixture.ana.clone().sign_out().await.expect("signs out") };
    assert_eq!(revoked, "/signin");
    fixture.pool.wait_for("RevokeToken", 1).await;
    let token = fixture.pool.last("RevokeToken")["Token"].as_str().expect("a token").to_owned();
    assert!(!rows[0].contains(&hex(&token)) && rows[0].contains("Test browser"), "{rows:?}");
}

#[tokio::test]
async fn a_request_without_a_cookie_causes_no_query() {
    let pool = FakePool::start().await;
    // The database does not exist: a query would end as 503.
    let server = server(config("postgres://127.0.0.1:1/none", &pool.address())).await;
    let started = Instant::now();
    assert_eq!(Browser::new(&server).whoami().await, Err(AppError::Unauthenticated));
    assert!(started.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn a_postgres_outage_signs_no_user_out() {
    let pool = FakePool::start().await;
    let server = server(config("postgres://127.0.0.1:1/none", &pool.address())).await;
    let cookie = "A".repeat(43);
    let mut ana = Browser { server, cookie: Some(cookie.clone()) };
    assert_eq!(ana.whoami().await, Err(AppError::Unavailable));
    assert_eq!(ana.sign_out().await, Err(AppError::Unavailable));
    assert_eq!(ana.cookie, Some(cookie), "the browser keeps its cookie");
}

#[tokio::test]
async fn an_expired_or_malformed_cookie_is_removed_from_the_browser() {
    let fixture = SessionFixture::start().await;
    for value in ["A".repeat(43), "garbled".to_owned()] {
        let mut stranger = Browser { server: fixture.server.clone(), cookie: Some(value) };
        assert_eq!(stranger.whoami().await, Err(AppError::Unauthenticated));
        assert_eq!(stranger.cookie, None);
    }
    let active = fixture.ana.get().await;
    assert!(!active.headers().contains_key(header::SET_COOKIE), "an active session keeps its cookie");
}

#[tokio::test]
async fn two_session_cookies_in_one_request_are_both_rejected() {
    let fixture = SessionFixture::start().await;
    let cookie = fixture.ana.cookie.clone().expect("a cookie");
    let both = format!("{cookie}; {}={cookie}", cookie::NAME);
    let mut browser = Browser { server: fixture.server.clone(), cookie: Some(both) };
    assert_eq!(browser.whoami().await, Err(AppError::Unauthenticated));
}

#[tokio::test]
async fn removing_an_expired_cookie_does_not_override_the_cookie_of_a_new_sign_in() {
    use axum::body::Body;
    use axum::http::Request;
    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use cruddur_messages::server::http::session::cookie::Secret;
    use cruddur_messages::server::http::session::resolve;
    use tower::ServiceExt;
    let fixture = SessionFixture::start().await;
    let secret = Secret::new();
    let set = secret.set_cookie();
    let router = Router::new()
        .route(
            "/",
            get({
                let set = set.clone();
                async move || [(header::SET_COOKIE, set)]
            }),
        )
        .layer(from_fn_with_state(fixture.server.clone(), resolve));
    let expired = format!("{}={}", cookie::NAME, "A".repeat(43));
    let request = Request::get("/").header(header::COOKIE, expired).body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, [&set]);
}

#[tokio::test]
async fn a_session_expires_after_a_week_without_a_visit_or_after_thirty_days() {
    let mut fixture = SessionFixture::start().await;
    let days = |column: &str| format!("select extract(day from {column} - created_at)::int8 from sessions");
    assert_eq!(fixture.database.number(&days("idle_ends_at")).await, 7);
    assert_eq!(fixture.database.number(&days("ends_at")).await, 30);
    fixture.update_sessions("idle_ends_at = now() - interval '1 s'").await;
    assert_eq!(fixture.ana.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(fixture.server.store.sessions.delete_expired().await.expect("a clean-up"), 1);
    assert_eq!(fixture.sessions().await, 0);
}

#[tokio::test]
async fn a_visit_is_recorded_every_few_minutes_and_never_extends_the_absolute_expiry() {
    let mut fixture = SessionFixture::start().await;
    let recorded = "select count(*) from sessions where last_seen_at > now() - interval '1 minute'";
    fixture.update_sessions("last_seen_at = now() - interval '4 minutes'").await;
    fixture.ana.whoami().await.expect("ana");
    assert_eq!(fixture.database.number(recorded).await, 0, "a visit after four minutes is not recorded");
    let long_ago = "last_seen_at = now() - interval '6 minutes', ends_at = now() + interval '1 day',
        idle_ends_at = now() + interval '1 hour'";
    fixture.update_sessions(long_ago).await;
    fixture.ana.whoami().await.expect("ana");
    // In the background: no answer waits for it.
    wait_until("the visit is recorded", async || fixture.database.number(recorded).await == 1).await;
    assert_eq!(fixture.database.number("select count(*) from sessions where idle_ends_at = ends_at").await, 1);
}

#[tokio::test]
async fn case_45_an_ended_session_is_rejected_by_every_server_even_if_its_token_is_still_valid() {
    let mut fixture = SessionFixture::start().await;
    let other_server = server(config(&fixture.database.url, &fixture.pool.address())).await;
    let (mut on_other_server, mut unknown_there) = (fixture.ana.at(&other_server), fixture.ana.clone());
    on_other_server.whoami().await.expect("ana");
    let mut on_this_server = fixture.ana.clone();
    fixture.ana.sign_out().await.expect("signs out");
    let since = Instant::now();
    assert_eq!(on_this_server.whoami().await, Err(AppError::Unauthenticated), "at once on the same server");
    unknown_there = unknown_there.at(&server(config(&fixture.database.url, &fixture.pool.address())).await);
    assert_eq!(unknown_there.whoami().await, Err(AppError::Unauthenticated), "and where it was not known");
    // A server that knows the session and is not connected to the bus.
    wait_until("the session has ended", async || on_other_server.whoami().await.is_err()).await;
    assert!(since.elapsed() <= Duration::from_secs(5), "{:?}", since.elapsed());
    assert_eq!(on_other_server.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(on_other_server.cookie, None);
}

// F23
#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_of_another_app_on_the_host_signs_a_user_out() {
    let app = TestApp::start_with(|config| config.budgets_factor = 10).await;
    let ana = app.sign_in("ana").await;
    let ours = ana.cookie.clone().expect("a cookie").into_bytes();
    let long = [b"long=".to_vec(), vec![b'x'; 8000]].concat();
    let neighbors: [&[u8]; 22] = [
        "name=Zo\u{eb}".as_bytes(),
        b"name=Zo\xeb",
        b"raw=\xff\xfe\x80",
        b"quoted=\"a; b\"",
        b"quote=\"",
        b"__Host-sessions=1",
        b"x__Host-session=1",
        b"__host-session=1",
        b"empty=",
        b"=nameless",
        b"nameless",
        b"=",
        b"",
        b" ; ;; ",
        b"twice=1; twice=2",
        b"a=b=c==",
        b"json={\"a\":[1,2],\"b\":\"c\"}",
        b"comma=a,b, c",
        b"space=a b",
        b"tab=a\tb",
        b"percent=%E2%82%AC%",
        &long,
    ];
    for neighbor in neighbors {
        let positions: [Vec<Vec<u8>>; 6] = [
            vec![[neighbor, b"; ", &ours].concat()],
            vec![[&ours, b"; ".as_slice(), neighbor].concat()],
            vec![[neighbor, b"; ", &ours, b"; ", neighbor].concat()],
            vec![[neighbor, b";", &ours, b";", neighbor].concat()],
            vec![neighbor.to_vec(), ours.clone()],
            vec![ours.clone(), neighbor.to_vec()],
        ];
        for lines in positions {
            let mut request = app.browser().request(Method::GET, "/messages");
            for line in &lines {
                request = request.header(header::COOKIE, HeaderValue::from_bytes(line).expect("a value"));
            }
            let answer = app.browser().send(request).await;
            let sent: Vec<_> = lines.iter().map(|line| line.escape_ascii().to_string()).collect();
            assert_eq!(answer.status, StatusCode::OK, "{sent:?}");
            assert!(!answer.headers.contains_key(header::SET_COOKIE), "{sent:?}");
        }
    }
}

// F23
#[tokio::test(flavor = "multi_thread")]
async fn an_odd_cookie_of_another_app_does_not_prevent_a_sign_in() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    let odd = HeaderValue::from_bytes("name=Zo\u{eb}; __Host-session=old".as_bytes()).expect("a value");
    let mut ana = app.browser();
    let request = ana.request(Method::POST, "/signin").header(header::COOKIE, &odd);
    let signed_in = ana.send(form(request, &[("email", "ana@example.com"), ("password", PASSWORD)])).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

// F24
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_no_cookie_is_told_so_after_the_sign_in() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    for next in ["", "/messages/new?q=ben"] {
        let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let signed_in = app.browser().submit("/signin", &fields).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
        let mut without_cookies = app.browser();
        let sent_back = without_cookies.get(signed_in.location()).await;
        assert_eq!(sent_back.status, StatusCode::SEE_OTHER, "{}", sent_back.text);
        let form = without_cookies.get(sent_back.location()).await;
        for words in ["role=\"alert\"", "did not keep the cookie", "Allow cookies", "https://"] {
            assert!(form.text.contains(words), "{words}: {}", form.text);
        }
        let kept = if next.is_empty() { "/messages" } else { next };
        assert!(form.text.contains(&format!("name=\"next\" value=\"{kept}\"")), "{}", form.text);
        let untouched = without_cookies.get("/messages").await;
        assert_eq!(untouched.location(), "/signin?next=%2Fmessages", "a user who has not signed in is not told so");
    }
}

// F24
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_its_cookie_gets_an_address_without_a_mark() {
    let app = TestApp::start().await;
    app.pool.add("ana").await;
    for next in ["/messages", "/messages/new?q=ben"] {
        let mut ana = app.browser();
        let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let signed_in = ana.submit("/signin", &fields).await;
        let first = ana.get(signed_in.location()).await;
        assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, next));
        assert_eq!(ana.get(next).await.status, StatusCode::OK);
    }
}
