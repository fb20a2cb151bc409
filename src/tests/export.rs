//! Download of the user's data.

use std::io::{Cursor, Read};
use std::time::Duration;

use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::request::REQUESTS_MAX;
use cruddur_messages::domain::user::{self, Handle, User};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;
use zip::ZipArchive;

use crate::support::app::{Browser, TestApp, form, new_id};

/// Files of an export.
struct Files(ZipArchive<Cursor<Vec<u8>>>);

impl Files {
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.file_names().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    fn text(&mut self, name: &str) -> String {
        let mut text = String::new();
        self.0.by_name(name).expect(name).read_to_string(&mut text).expect("text, and a valid checksum");
        text
    }

    fn json(&mut self, name: &str) -> Value {
        let text = self.text(name);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Returns the texts of all files.
    fn all(&mut self) -> String {
        self.names().iter().map(|name| self.text(name)).collect()
    }
}

async fn request(browser: &Browser) -> reqwest::Response {
    let request = form(browser.request(Method::POST, "/settings/export"), &[]);
    // Browsers accept compression, and the file is not compressed once more.
    request.header("accept-encoding", "gzip, br").send().await.expect("an answer")
}

async fn download(browser: &Browser) -> Files {
    let response = request(browser).await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    assert_eq!(header("content-type").as_deref(), Some("application/zip"));
    assert_eq!(header("content-disposition").as_deref(), Some("attachment; filename=\"cruddur-messages.zip\""));
    assert_eq!((header("content-encoding"), header("cache-control").as_deref()), (None, Some("no-store")));
    let bytes = response.bytes().await.expect("the whole file").to_vec();
    Files(ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file"))
}

/// Returns the texts of all files of an export.
pub(crate) async fn all_files(browser: &Browser) -> String {
    download(browser).await.all()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_the_user_can_read_and_nothing_else() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "first <b>").await;
    let edited = ana.say(&conversation, "mistke").await;
    let gone = ana.say(&conversation, "regretted").await;
    let reply_to = [("reply_to", &*gone.id.to_string()), ("reply_to_sent_at", gone.sent_at.as_str())];
    let answer = [("conversation", &*conversation), ("id", &*new_id()), ("body", "an answer")];
    assert_eq!(ana.call("send_message", &[&answer[..], &reply_to].concat()).await.status, StatusCode::OK);
    let change = |more: &[(&'static str, &'static str)]| more.to_vec();
    let edit = change(&[("edits", "0"), ("body", "mistake")]);
    assert_eq!(ana.call_about("edit_message", (&conversation, &edited), &edit).await.status, StatusCode::OK);
    let react = change(&[("emoji", "👍"), ("on", "true")]);
    assert_eq!(ben.call_about("react", (&conversation, &edited), &react).await.status, StatusCode::OK);
    assert_eq!(ana.call_about("delete_message", (&conversation, &gone), &[]).await.status, StatusCode::OK);
    let of_others = cy.start("ben", "not for ana").await;
    app.sign_in("dee").await;
    let dee = ana.id_of("dee").await;
    assert_eq!(ana.call("block_user", &[("user", &dee), ("on", "true")]).await.status, StatusCode::OK);

    let mut files = download(&ana).await;
    let (html, json) = (format!("conversations/{conversation}.html"), format!("conversations/{conversation}.json"));
    assert_eq!(files.names(), [html.as_str(), &json, "index.html", "profile.json"]);
    let dated = files.0.by_name("index.html").expect("a file").last_modified().map(|at| at.year());
    assert!(dated >= Some(2026), "{dated:?}");
    let profile = files.json("profile.json");
    assert_eq!((&profile["handle"], &profile["settings"]["receipts"]), (&Value::from("ana"), &Value::from(true)));
    assert_eq!((&profile["email"], &profile["blocked"][0]["handle"]), (&"ana@example.com".into(), &"dee".into()));
    assert!(profile["sessions"][0]["is_current"] == true && profile["sessions"].as_array().map(Vec::len) == Some(1));
    assert!(files.text("index.html").contains(&html));
    let messages = files.json(&json)["messages"].as_array().expect("messages").clone();
    let bodies: Vec<_> = messages.iter().map(|message| message["body"].as_str().expect("a text")).collect();
    assert_eq!(bodies, ["first <b>", "mistake", "", "an answer"]);
    let quote = &messages[3]["quote"];
    assert_eq!((&quote["text"], quote.get("version")), (&Value::Null, None), "{quote}");
    let versions: Vec<_> = messages[1]["versions"].as_array().expect("versions").iter().collect();
    assert_eq!((versions.len(), &versions[1]["body"]), (2, &Value::from("mistke")));
    assert!(messages[1]["reactions"].to_string().contains('👍'), "{}", messages[1]);
    let page = files.text(&html);
    for text in ["first &lt;b&gt;", "mistake", "mistke", "👍 ben", "Message deleted"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let all = files.all();
    for secret in ["regretted", "not for ana", &of_others, "cy@example.com", "ben@example.com"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(download(&cy).await.all().contains("not for ana"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_requests_beyond_the_list_deleted_ones_and_those_of_blocked_users() {
    let app = TestApp::start().await;
    let (mut ben, mut cy, mut dee) = (app.sign_in("ben").await, app.sign_in("cy").await, app.sign_in("dee").await);
    let mut ana = app.sign_in("ana").await;
    let listed = ben.request_conversation("ana", "request of ben").await;
    let deleted = cy.request_conversation("ana", "request of cy").await;
    assert_eq!(ana.call("delete_request", &[("conversation", &deleted)]).await.status, StatusCode::OK);
    let blocked = dee.request_conversation("ana", "request of dee").await;
    let her = ana.id_of("dee").await;
    assert_eq!(ana.call("block_user", &[("user", &her), ("on", "true")]).await.status, StatusCode::OK);
    let me = app.state.store.users.by_handle(&Handle::parse("ana").expect("a handle")).await.expect("an answer");
    let me = me.expect("ana");
    let mut more = Vec::new();
    for n in 0..REQUESTS_MAX {
        let stranger = User::deleted(user::Id(Uuid::now_v7()));
        let access = app.state.store.conversations.direct_access(&stranger, &me).await.expect("a right");
        let (id, body) = (message::Id(Uuid::now_v7()), Body::parse(&format!("request {n}")).expect("a text"));
        let sent = app.state.store.conversations.start(&access, id, &body).await.expect("stored");
        more.push(sent.conversation.to_string());
    }
    let shown: Vec<Value> = ana.call("list_requests", &[]).await.json();
    assert_eq!(shown.len(), REQUESTS_MAX);
    assert!(shown.iter().all(|request| request["id"] != *listed && request["id"] != *deleted));

    let mut files = download(&ana).await;
    for (conversation, text) in
        [(&listed, "of ben"), (&deleted, "of cy"), (&blocked, "of dee"), (&more[0], "request 0")]
    {
        // She can read it, so that it belongs to her data.
        assert!(ana.texts(conversation).await[0].contains(text));
        let json = files.json(&format!("conversations/{conversation}.json"));
        assert!(json["messages"][0]["body"].as_str().is_some_and(|body| body.contains(text)), "{text}: {json}");
        assert!(files.text("index.html").contains(conversation), "{text}");
    }
    assert_eq!(files.names().len(), 2 + 2 * (REQUESTS_MAX + 3));
}

/// Appends messages to a conversation without the rate limit.
async fn append(app: &TestApp, conversation: &str, count: usize, body: &str) {
    let handle = Handle::parse("ana").expect("a handle");
    let me: User = app.state.store.users.by_handle(&handle).await.expect("an answer").expect("ana");
    let conversation = conversation.parse().expect("an id");
    for n in 0..count {
        let conversations = &app.state.store.conversations;
        let membership = conversations.membership(me.id, conversation).await.expect("an answer").expect("a member");
        let access = conversations.write_access(membership).await.expect("she may write");
        let id: message::Id = new_id().parse().expect("an id");
        let body = Body::parse(&format!("{n} {body}")).expect("a text");
        app.state.store.messages.append(&access, &me, id, &body, None).await.expect("stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_many_messages_is_complete_and_waits_for_its_reader() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    append(&app, &conversation, 250, "a message of many").await;
    // Begun, and not read any further.
    let mut unread = request(&ana).await;
    assert!(unread.chunk().await.expect("a part").is_some_and(|part| part.starts_with(b"PK")));
    let mut files = download(&ana).await;
    let messages = files.json(&format!("conversations/{conversation}.json"))["messages"].as_array().cloned();
    let seqs: Vec<_> =
        messages.expect("messages").iter().map(|message| message["seq"].as_u64().expect("one")).collect();
    assert_eq!(seqs, (1..=251).collect::<Vec<_>>());
    let html = files.text(&format!("conversations/{conversation}.html"));
    assert_eq!(html.matches("<article>").count(), 251);
    // A file that is read late is complete as well, and came in several parts.
    let mut parts = 1;
    while timeout(Duration::from_secs(10), unread.chunk()).await.expect("in time").expect("no error").is_some() {
        parts += 1;
    }
    assert!(parts > 2, "{parts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_rate_limited_and_need_a_session() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    assert!(ana.get("/settings/export").await.text.contains("action=\"/settings/export\""));
    for _ in 0..3 {
        assert_eq!(download(&ana).await.names(), ["index.html", "profile.json"]);
    }
    let limited = ana.submit("/settings/export", &[]).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.text.contains("Too many attempts."), "{}", limited.text);
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|secs| secs <= 1_201));
    let signed_out = app.browser().submit("/settings/export", &[]).await;
    assert_eq!(signed_out.location(), "/signin?next=%2Fsettings%2Fexport");
}
