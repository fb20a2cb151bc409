//! Every page as a browser without script sees it.

use cruddur_messages::domain::conversation::{self, ConversationView};
use cruddur_messages::domain::message;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::rows::{Head, MessageRow};
use cruddur_messages::server::store::dynamodb::table::Key;
use reqwest::StatusCode;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::app::{TestApp, new_id};
use crate::support::cognito::PASSWORD;

const UNKNOWN_ID: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_need_a_session_redirect_to_sign_in_and_back() {
    let app = TestApp::start().await;
    for (path, next) in [
        ("/messages", "%2Fmessages"),
        ("/messages/new?q=be", "%2Fmessages%2Fnew%3Fq%3Dbe"),
        ("/messages/new/ben", "%2Fmessages%2Fnew%2Fben"),
        (&format!("/messages/{UNKNOWN_ID}"), &format!("%2Fmessages%2F{UNKNOWN_ID}")),
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
async fn a_signed_in_user_is_redirected_to_the_conversations() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for (path, destination) in [
        ("/", "/messages"),
        ("/signin", "/messages"),
        ("/signup", "/messages"),
        ("/signin?next=%2Fmessages%2Fnew%3Fq%3Dbe", "/messages/new?q=be"),
        ("/signin?next=%2F%2Felsewhere.example", "/messages"),
    ] {
        let answer = ana.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, destination), "{path}");
    }
    for path in ["/messages", "/messages/new", "/messages/new?q=ben"] {
        assert_eq!(ana.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_conversation_and_one_of_other_users_look_the_same() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "between us").await;
    let mut cy = app.sign_in("cy").await;
    let theirs = cy.get(&format!("/messages/{conversation}")).await;
    let nothing = cy.get(&format!("/messages/{UNKNOWN_ID}")).await;
    for page in [&theirs, &nothing] {
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.text.contains("between us"));
        assert!(page.text.contains("Page not found"), "{}", page.text);
        assert!(page.text.contains("<title>Page not found · Cruddur</title>"), "{}", page.text);
    }
    for path in ["/nowhere", "/messages/@bayko", "/messages/new/nobody-here", "/messages/%FF", "/messages/a/b/c"] {
        let page = cy.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("<main"), "{path} shows a page");
    }
    assert_eq!(cy.get("/messages/new/cy").await.status, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_write_to_each_other_without_script() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let first = ana.submit("/messages/new/ben", &[("handle", "ben"), ("id", &new_id()), ("body", "Hello Ben")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let path = first.location().to_owned();
    let conversation = path.strip_prefix("/messages/").expect("a conversation").to_owned();

    // A first message is a request, which the answer accepts.
    let list = ben.get("/messages/requests").await.text;
    assert!(list.contains("Hello Ben") && list.contains("<bdi>ana"), "{list}");
    assert!(ben.get(&path).await.text.contains("Hello Ben"));
    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", "Hello\r\nAna")];
    let answer = ben.submit(&path, &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*path));
    // A second post, as by a reload, is not stored again.
    ben.submit(&path, &fields).await;
    assert_eq!(ana.texts(&conversation).await, ["Hello Ben", "Hello\nAna"]);
    assert!(ana.get("/messages").await.text.contains("Hello\nAna"));
    assert!(ben.get("/messages").await.text.contains("Hello\nAna"));
    // The page for a first message redirects to the conversation if there is one.
    let answer = ana.get("/messages/new/ben").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, &*path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_is_shown_again_with_its_text_and_the_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let path = format!("/messages/{conversation}");
    let long = format!("</textarea><b>{}", "x".repeat(1024));
    let page = ana.submit(&path, &[("conversation", &conversation), ("id", &new_id()), ("body", &long)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("A message can have at most 1024 characters"), "{}", page.text);
    assert!(page.text.contains("&lt;/textarea>&lt;b>xxx") && !page.text.contains("</textarea><b>"));

    let page = app.browser().submit("/signin", &[("email", "ana@example.com"), ("password", "wrong-Password-1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("ana@example.com") && !page.text.contains("wrong-Password-1"));
    let invalid_id =
        ana.submit(&path, &[("conversation", &conversation), ("id", "no-id"), ("body", "kept text")]).await;
    assert_eq!(invalid_id.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(invalid_id.text.contains("kept text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_first_message_is_shown_again_although_a_conversation_exists_by_now() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let path = format!("/messages/new/user/{}", ana.id_of("ben").await);
    let to = path.rsplit('/').next().expect("an id").to_owned();
    ben.start("ana", "I was first").await;
    assert_eq!(ana.get(&path).await.status, StatusCode::FOUND);
    let long = format!("kept {}", "x".repeat(1024));
    let page = ana.submit(&path, &[("to", &to), ("id", &new_id()), ("body", &long)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.headers.get("location").is_none(), "{:?}", page.headers);
    assert!(page.text.contains("A message can have at most 1024 characters") && page.text.contains(">\nkept xx"));
    let sent = ana.submit(&path, &[("to", &to), ("id", &new_id()), ("body", "kept")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
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
async fn an_ended_session_redirects_to_sign_in_and_back() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let path = format!("/messages/{conversation}");
    let old_cookie = ana.cookie.clone();
    let answer = ana.submit("/signout", &[]).await;
    assert_eq!((answer.status, ana.cookie.as_deref()), (StatusCode::SEE_OTHER, None));
    ana.cookie = old_cookie;
    let answer = ana.get(&path).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, &*format!("/signin?next=%2Fmessages%2F{conversation}"))
    );
    assert_eq!(ana.cookie, None, "the cookie is deleted with the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_posted_after_the_session_has_ended_is_given_back() {
    const TYPED: &str = "late\n\n</textarea><b>& \"more\"";
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let ended = ana.cookie.clone();
    ana.submit("/signout", &[]).await;
    let conversation_path = format!("/messages/{conversation}");
    for (path, bound_to, sign_in) in [
        (&*conversation_path, ("conversation", &*conversation), format!("/signin?next=%2Fmessages%2F{conversation}")),
        ("/messages/new/ben", ("handle", "ben"), "/signin?next=%2Fmessages%2Fnew%2Fben".to_owned()),
    ] {
        for cookie in [ended.clone(), None] {
            ana.cookie = cookie;
            let page = ana.submit(path, &[bound_to, ("id", &new_id()), ("body", TYPED)]).await;
            assert_eq!((page.status, page.location()), (StatusCode::UNAUTHORIZED, ""), "{path}");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
            assert!(page.text.contains("<h1>You are signed out</h1>"), "{path}: {}", page.text);
            assert!(page.text.contains(&format!("href=\"{sign_in}\"")), "{path}: {}", page.text);
            let kept = ">\nlate\n\n&lt;/textarea>&lt;b>&amp; \"more\"</textarea>";
            assert!(page.text.contains(kept), "{path}: {}", page.text);
        }
    }
    ana.submit("/signin", &[("email", "ana@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(ana.texts(&conversation).await, ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stays_with_one_member_when_the_row_of_the_other_is_deleted() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "Hello Ben").await;
    let (path, to_ben) = (format!("/messages/{conversation}"), "/messages/new/ben");
    ben.say(&conversation, "Hello Ana").await;
    app.database.execute("delete from users where handle = 'ben'").await;
    app.state.store.remembered.forget_all();

    let (list, page) = (ana.get("/messages").await, ana.get(&path).await);
    assert_eq!((list.status, page.status), (StatusCode::OK, StatusCode::OK), "{}{}", list.text, page.text);
    assert!(list.text.contains("<bdi>Deleted user") && list.text.contains("Hello Ana"), "{}", list.text);
    for part in ["<bdi>Deleted user", "Hello Ben", "Hello Ana"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    // F15: Ana can still read, but not write: the message would reach no user.
    let sent =
        ana.submit(&path, &[("conversation", &conversation), ("id", &new_id()), ("body", "Are you there?")]).await;
    assert_eq!(sent.status, StatusCode::CONFLICT, "{}", sent.text);
    assert_eq!(ana.texts(&conversation).await, ["Hello Ben", "Hello Ana"]);
    for (endpoint, field) in
        [("typing", None), ("mark_read", Some(("seq", "2"))), ("mark_delivered", Some(("seq", "2")))]
    {
        let fields: Vec<_> = [("conversation", &*conversation)].into_iter().chain(field).collect();
        assert_eq!(ana.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
    }
    let refused = ana.submit(to_ben, &[("handle", "ben"), ("id", &new_id()), ("body", "Hello?")]).await;
    assert_eq!((ana.get(to_ben).await.status, refused.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));

    let ended = ben.cookie.clone();
    let status = ben.call("open_conversation", &[("conversation", &conversation)]).await.status;
    assert_eq!((status, ben.cookie.as_deref()), (StatusCode::UNAUTHORIZED, None));
    ben.cookie = ended;
    assert_eq!(ben.get(&path).await.location(), format!("/signin?next=%2Fmessages%2F{conversation}"));
    // A user who signs in again with the same account and handle is a new user.
    let signed_in = ben.submit("/signin", &[("email", "ben@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    assert_eq!(ben.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(!ben.get("/messages").await.text.contains("Hello Ana"));
    assert_ne!(ana.start("ben", "Hello again").await, conversation);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_text_is_never_rendered_as_markup() {
    const HOSTILE: &str =
        "</textarea></title></script><script>window.pwned=1</script><img src=x onerror=alert(1)>\\0\"'";
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let rename = format!("update users set display_name = $q${}$q$", &HOSTILE[..60]);
    sqlx::raw_sql(AssertSqlSafe(rename)).execute(&app.database.pool).await.expect("renamed");
    app.state.store.remembered.forget_all();
    let conversation = ana.start("ben", HOSTILE).await;
    for path in
        ["/messages".to_owned(), format!("/messages/{conversation}"), "/messages/new?q=%3Cscript%3Ewindow".to_owned()]
    {
        let page = ben.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        for raw in ["<script>window", "<img src=x", "</textarea></title>"] {
            assert!(!page.text.contains(raw), "{path} contains {raw}");
        }
    }
    assert_eq!(ben.texts(&conversation).await, [HOSTILE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_announces_a_changed_handle_only_if_its_address_says_so() {
    const NOTE: &str = "The handle you asked for is taken or not allowed.";
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for (path, is_shown) in [
        ("/messages?handle_changed=true", true),
        ("/messages/new?handle_changed=true", true),
        ("/settings?handle_changed=true", true),
        ("/messages", false),
    ] {
        let page = ana.get(path).await;
        assert_eq!((page.status, page.text.contains(NOTE)), (StatusCode::OK, is_shown), "{path}: {}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_posts_to_a_conversation_gets_not_found_and_stores_nothing() {
    let app = TestApp::start().await;
    let (mut ana, _ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "between us").await;
    for id in [&*conversation, UNKNOWN_ID] {
        let fields = [("conversation", id), ("id", &*new_id()), ("body", "me too")];
        let page = cy.submit(&format!("/messages/{id}"), &fields).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
        assert!(page.text.contains("<title>Page not found · Cruddur</title>"), "{}", page.text);
        assert!(!page.text.contains("between us"), "{}", page.text);
    }
    assert_eq!(ana.texts(&conversation).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_link_to_a_part_of_a_conversation_is_rejected_with_a_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    for part in [
        "before=garbage",
        "after=garbage",
        "before=before-yesterday",
        "before=before-9999-12-31T23:59:59-23:59",
        "after=after-0000-01-01T00:00:00%2B01:00",
    ] {
        let page = ana.get(&format!("/messages/{conversation}?{part}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{part}");
        assert!(page.text.contains("This link to older or newer entries is invalid."), "{part}: {}", page.text);
        let way_out = format!("href=\"/messages/{conversation}\" rel=\"external\"");
        assert!(page.text.contains(&way_out) && page.text.contains("Start again"), "{part}: {}", page.text);
    }
    // F48: any date leads to the nearest page, and a text that is no date to the newest one.
    for part in [
        "on=0000-01-01",
        "on=0001-01-01",
        "on=2026-02-30",
        "on=9999-99-99",
        "on=9999-12-31",
        "on=275760-09-13",
        "on=-1",
        "on=30.2.2026",
        "on=tomorrow",
        "on=%00",
        "before=before-9999-12-31T23:59:59Z",
    ] {
        let page = ana.get(&format!("/messages/{conversation}?{part}")).await;
        assert_eq!(page.status, StatusCode::OK, "{part}: {}", page.text);
        assert!(page.text.contains(">first<"), "{part}: {}", page.text);
    }
}

/// Writes messages up to sequence number `last` straight into the table: the rate limit of the server allows fewer.
async fn fill(app: &TestApp, author: &User, conversation: &str, last: u64) {
    let table = app.dynamodb.table().await;
    let conversation: conversation::Id = conversation.parse().expect("an id");
    let head = table.get(&Key::Head(conversation)).await.expect("an answer");
    let mut head = head.as_ref().and_then(Head::from_item).expect("a head");
    let mut rows = Vec::new();
    while head.seq < last {
        head.seq += 1;
        head.last = head.last.next(head.last.at());
        let (at, id, body) = (head.last.clone(), message::Id(Uuid::now_v7()), format!("number {}", head.seq));
        rows.push(MessageRow::new(conversation, at, id, author.clone(), body, head.seq).item());
    }
    for some in rows.chunks(25) {
        let parts = some.iter().map(|row| table.put_if_absent(row.clone()).expect("a part")).collect();
        table.transact(parts).await.expect("an answer").expect("written");
    }
    let put = table.client().put_item().table_name(table.name()).set_item(Some(head.item(conversation)));
    put.send().await.expect("the head has moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_opens_at_the_first_unread_message_and_links_to_the_next_page() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "number 1").await;
    fill(&app, &ana.call("current_user", &[]).await.json(), &conversation, 300).await;
    assert_eq!(ben.call("mark_read", &[("conversation", &conversation), ("seq", "40")]).await.status, StatusCode::OK);
    let path = format!("/messages/{conversation}");
    let shows = |page: &str, n: u64| page.contains(&format!(">number {n}<"));

    let page = ben.get(&path).await.text;
    let (before, after) = page.split_once("unread-line").expect("a line");
    assert!(shows(before, 38) && shows(before, 40) && !shows(before, 41), "{page}");
    assert!(shows(after, 41) && shows(after, 141) && !shows(after, 142), "{page}");
    assert!(page.contains("Older messages") && page.contains("Newer messages"), "{page}");
    let newest = format!("{path}?before=newest");
    assert!(page.contains(&format!("href=\"{newest}\"")), "{page}");

    let view: ConversationView = ben.call("open_conversation", &[("conversation", &conversation)]).await.json();
    assert_eq!((view.read, view.newest), (40, 300), "opening a conversation does not mark it as read");
    let newer = view.messages.newer.expect("newer ones");
    let page = ben.get(&format!("{path}?after={newer}")).await.text;
    assert!(!shows(&page, 141) && shows(&page, 142) && shows(&page, 161) && !shows(&page, 162), "{page}");
    assert!(!page.contains("unread-line"), "the first unread message is on an earlier page: {page}");
    let page = ben.get(&newest).await.text;
    assert!(!shows(&page, 280) && shows(&page, 281) && shows(&page, 300), "{page}");
    assert!(!page.contains("unread-line") && !page.contains("Newer messages"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_page_of_the_list_links_to_the_newest() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    ana.start("ben", "first").await;
    for (path, links_on) in [("/messages", false), ("/messages?before=before-2100-01-01T00:00:00Z", true)] {
        let page = ana.get(path).await;
        assert_eq!(page.text.contains("Newest conversations"), links_on, "{path}: {}", page.text);
    }
}

/// Returns the error that a page shows beside a field.
fn field_error<'a>(page: &'a str, field: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{field}-error\"")).unwrap_or_else(|| panic!("no {field} in {page}"));
    rest.split_once("</p>").expect("a paragraph").0
}

/// Returns the error for a blank field.
fn blank_error(field: &str) -> &'static str {
    match field {
        "name" => "Enter your name.",
        "handle" => "Choose a handle.",
        "email" => "Enter your e-mail address.",
        "password" => "Enter your password.",
        "code" => "Enter the code.",
        other => panic!("no form has {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blank_fields_are_reported_beside_each_field() {
    let app = TestApp::start().await;
    for (path, names) in [
        ("/signin", &["email", "password"][..]),
        ("/signup", &["name", "handle", "email", "password"]),
        ("/confirm", &["email", "code"]),
        ("/forgot", &["email"]),
        ("/forgot", &["email", "code", "password"]),
    ] {
        let fields: Vec<_> = names.iter().map(|name| (*name, "")).collect();
        let page = app.browser().submit(path, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(page.text.contains(&format!("action=\"{path}\"")), "{path}: {}", page.text);
        for name in names {
            assert!(field_error(&page.text, name).contains(blank_error(name)), "{path}, {name}: {}", page.text);
        }
    }
    let page = app.browser().submit("/confirm", &[("email", ""), ("code", ""), ("resend", "1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(field_error(&page.text, "email").contains(blank_error("email")), "{}", page.text);
    assert!(!field_error(&page.text, "code").contains(blank_error("code")), "requesting another code needs none");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_every_session_of_the_user_and_redirects_to_sign_in() {
    let app = TestApp::start().await;
    let (mut phone, mut laptop, mut ben) = (app.sign_in("ana").await, app.browser(), app.sign_in("ben").await);
    let signed_in = laptop.submit("/signin", &[("email", "ana@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    let old_cookie = phone.cookie.clone();

    let answer = phone.submit("/signout-everywhere", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signin"));
    assert_eq!(phone.cookie, None);
    phone.cookie = old_cookie;
    for browser in [&mut phone, &mut laptop] {
        let answer = browser.get("/messages").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signin?next=%2Fmessages"));
    }
    assert_eq!(ben.get("/messages").await.status, StatusCode::OK, "other users stay signed in");
    assert_eq!(app.database.number("select count(*) from sessions").await, 1);
}

// F3, F4: a browser may keep texts of several users.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_deletes_nothing_of_other_users_in_the_browser() {
    let app = TestApp::start().await;
    for (name, path) in [("ana", "/signout"), ("ben", "/signout-everywhere")] {
        let answer = app.sign_in(name).await.submit(path, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(!answer.headers.contains_key("clear-site-data"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_user_does_not_end_the_session_of_the_signed_in_one() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (of_ana, of_ben) = (ben.id_of("ana").await, ana.id_of("ben").await);
    for path in ["/signout", "/signout-everywhere"] {
        assert_eq!(ana.submit(path, &[("of", &of_ben)]).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(ana.get("/messages").await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(ana.submit("/signout", &[("of", &of_ana)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.get("/messages").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_after_the_session_has_ended_redirects_to_sign_in() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let old_cookie = ana.cookie.clone();
    ana.submit("/signout", &[]).await;
    for path in ["/signout", "/signout-everywhere"] {
        for cookie in [old_cookie.clone(), None] {
            ana.cookie = cookie;
            let answer = ana.submit(path, &[]).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signin"), "{path}");
            assert_eq!(ana.cookie, None, "{path}");
        }
    }
}
