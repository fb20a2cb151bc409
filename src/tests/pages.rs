//! Every page, as a browser without script sees it.

use reqwest::StatusCode;
use sqlx::AssertSqlSafe;

use crate::support::app::{TestApp, new_id};

const STRANGE: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_need_somebody_lead_to_sign_in_and_back() {
    let app = TestApp::start().await;
    for (path, next) in [
        ("/messages", "%2Fmessages"),
        ("/messages/new?q=be", "%2Fmessages%2Fnew%3Fq%3Dbe"),
        ("/messages/new/ben", "%2Fmessages%2Fnew%2Fben"),
        (&format!("/messages/{STRANGE}"), &format!("%2Fmessages%2F{STRANGE}")),
    ] {
        let answer = app.browser().get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*format!("/signin?next={next}")));
    }
    assert_eq!(app.browser().get("/").await.location(), "/signin");
    for path in ["/signin", "/signup", "/confirm", "/forgot"] {
        assert_eq!(app.browser().get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_goes_straight_to_the_conversations() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for path in ["/", "/signin", "/signup"] {
        let answer = ana.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/messages"), "{path}");
    }
    for path in ["/messages", "/messages/new", "/messages/new?q=ben"] {
        assert_eq!(ana.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_is_not_yours_look_the_same() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "between us").await;
    let mut cy = app.sign_in("cy").await;
    let theirs = cy.get(&format!("/messages/{talk}")).await;
    let nothing = cy.get(&format!("/messages/{STRANGE}")).await;
    for page in [&theirs, &nothing] {
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.text.contains("between us"));
        assert!(page.text.contains("There is nothing here"), "{}", page.text);
        assert!(page.text.contains("<title>Nothing here · Cruddur</title>"), "{}", page.text);
    }
    for path in ["/nowhere", "/messages/@bayko", "/messages/new/nobody-here", "/messages/%FF", "/messages/a/b/c"] {
        let page = cy.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("<main"), "{path} is a page of ours");
    }
    assert_eq!(cy.get("/messages/new/cy").await.status, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_without_script() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let first = ana.submit("/messages/new/ben", &[("handle", "ben"), ("id", &new_id()), ("body", "Hello Ben")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let path = first.location().to_owned();
    let talk = path.strip_prefix("/messages/").expect("a conversation").to_owned();

    let list = ben.get("/messages").await.text;
    assert!(list.contains("Hello Ben") && list.contains("<bdi>ana</bdi>"), "{list}");
    assert!(ben.get(&path).await.text.contains("Hello Ben"));
    let fields = [("conversation", &*talk), ("id", &*new_id()), ("body", "Hello\r\nAna")];
    let answer = ben.submit(&path, &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*path));
    // Posted twice, as by a reload: stored once.
    ben.submit(&path, &fields).await;
    assert_eq!(ana.texts(&talk).await, ["Hello Ben", "Hello\nAna"]);
    assert!(ana.get("/messages").await.text.contains("Hello\nAna"));
    // A page for a first message to somebody with whom there is a conversation leads there.
    let answer = ana.get("/messages/new/ben").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, &*path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_refused_comes_back_with_its_text_and_the_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let path = format!("/messages/{talk}");
    let long = format!("</textarea><b>{}", "x".repeat(1024));
    let page = ana.submit(&path, &[("conversation", &talk), ("id", &new_id()), ("body", &long)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("A message has at most 1024 characters"), "{}", page.text);
    assert!(page.text.contains("&lt;/textarea>&lt;b>xxx") && !page.text.contains("</textarea><b>"));

    let page = app.browser().submit("/signin", &[("email", "ana@example.com"), ("password", "wrong-Password-1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("ana@example.com") && !page.text.contains("wrong-Password-1"));
    let unreadable = ana.submit(&path, &[("conversation", &talk), ("id", "no-id"), ("body", "kept text")]).await;
    assert_eq!(unreadable.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unreadable.text.contains("kept text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_reaches_only_the_conversation_that_it_was_rendered_for() {
    let app = TestApp::start().await;
    let (mut ana, _ben, _cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (with_ben, with_cy) = (ana.start("ben", "to Ben").await, ana.start("cy", "to Cy").await);
    let fields = [("conversation", &*with_ben), ("id", &*new_id()), ("body", "for Ben only")];
    let page = ana.submit(&format!("/messages/{with_cy}"), &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    let fields = [("handle", "ben"), ("id", &*new_id()), ("body", "for Ben only")];
    assert_eq!(ana.submit("/messages/new/cy", &fields).await.status, StatusCode::CONFLICT);
    assert_eq!((ana.texts(&with_ben).await.len(), ana.texts(&with_cy).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_leads_to_sign_in_and_back() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let path = format!("/messages/{talk}");
    let old_cookie = ana.cookie.clone();
    let answer = ana.submit("/signout", &[]).await;
    assert_eq!((answer.status, ana.cookie.as_deref()), (StatusCode::SEE_OTHER, None));
    ana.cookie = old_cookie;
    let answer = ana.submit(&path, &[("conversation", &talk), ("id", &new_id()), ("body", "late")]).await;
    assert!(answer.location().starts_with("/signin?next=%2Fmessages%2F"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_never_markup() {
    const HOSTILE: &str =
        "</textarea></title></script><script>window.pwned=1</script><img src=x onerror=alert(1)>\\0\"'";
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let rename = format!("update users set display_name = $q${}$q$", &HOSTILE[..60]);
    sqlx::raw_sql(AssertSqlSafe(rename)).execute(&app.database.pool).await.expect("renamed");
    let talk = ana.start("ben", HOSTILE).await;
    for path in ["/messages".to_owned(), format!("/messages/{talk}"), "/messages/new?q=%3Cscript%3Ewindow".to_owned()] {
        let page = ben.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        for raw in ["<script>window", "<img src=x", "</textarea></title>"] {
            assert!(!page.text.contains(raw), "{path} holds {raw}");
        }
    }
    assert_eq!(ben.texts(&talk).await, [HOSTILE]);
}
