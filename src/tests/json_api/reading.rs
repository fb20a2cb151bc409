//! Reading: order, shape and pages of the lists, and access to the data of other users.

use std::time::Duration;

use cruddur_messages::domain::conversation::{self, ConversationView, SentMessage};
use cruddur_messages::domain::message;
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixtures::{ApiClient, UNKNOWN_CONVERSATION, assert_some_rate_limited, concurrently, new_user, put_message};
use crate::support::app::{Answer, TestApp};
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::FaultProxy;
use crate::support::statement_counter::StatementCounter;

/// Returns the link to another page of a list (RFC 8288).
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let links = answer.headers.get_all("link").into_iter().map(|link| link.to_str().expect("visible ASCII"));
    let wanted = links.filter_map(|link| link.strip_suffix(&format!(">; rel=\"{rel}\""))?.strip_prefix('<'));
    wanted.map(str::to_owned).next()
}

fn texts(answer: &Answer) -> Vec<String> {
    let rows: Vec<Value> = answer.json();
    rows.iter().map(|row| row["message"].as_str().expect("a text").to_owned()).collect()
}

async fn uuid_of(app: &TestApp, handle: &str) -> Value {
    ApiClient::anonymous(app).get(&format!("/api/users/@{handle}/short")).await.json::<Value>()["uuid"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_listed_newest_first_with_the_peer_and_the_whole_text() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, _) = new_user(&app, "ben").await;
    app.sign_in("cy").await;
    assert_eq!(client.get("/api/message_groups").await.text, "[]");

    let (with_ben, with_cy) = (ana.start("ben", "first").await, ana.start("cy", "second").await);
    let long = "🎈".repeat(1024);
    let newest = ben.say(&with_ben, &long).await;
    let second: Vec<Value> = client.get(&format!("/api/messages/{with_cy}")).await.json();

    let answer = client.get("/api/message_groups").await;
    let rows = json!([
        {
            "created_at": newest.sent_at, "display_name": "ben", "handle": "ben", "message": long, "uuid": with_ben,
        },
        {
            "created_at": second[0]["created_at"], "display_name": "cy", "handle": "cy", "message": "second",
            "uuid": with_cy,
        },
    ]);
    assert_eq!((answer.status, answer.text), (StatusCode::OK, rows.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_listed_oldest_first_with_their_authors() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, bens_client) = new_user(&app, "ben").await;
    let conversation = ana.start("ben", "zero").await;
    let (one, two) = (ben.say(&conversation, "one").await, ana.say(&conversation, "two\nlines").await);

    let answer = client.get(&format!("/api/messages/{conversation}")).await;
    let zero = answer.json::<Vec<Value>>()[0].clone();
    let row = |message: &message::Message, name: &str| {
        json!({
            "created_at": message.sent_at, "display_name": name, "handle": name, "message": message.body,
            "uuid": message.id,
        })
    };
    assert_eq!((&zero["message"], &zero["handle"]), (&json!("zero"), &json!("ana")));
    assert_eq!(answer.text, json!([zero, row(&one, "ben"), row(&two, "ana")]).to_string());
    assert_eq!(bens_client.get(&format!("/api/messages/{}", conversation.to_uppercase())).await.text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_messages_have_their_texts_of_today_and_deleted_ones_none() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = ana.start("ben", "zero").await;
    let (one, two) = (ana.say(&conversation, "mistke").await, ben.say(&conversation, "regretted").await);
    let id = one.id.to_string();
    let answer = [("id", "5ae290ed-55d1-47a0-bc6d-fe2bc2700311"), ("body", "an answer"), ("reply_to", &*id)];
    let answer =
        [&answer[..], &[("conversation", &*conversation), ("reply_to_sent_at", one.sent_at.as_str())]].concat();
    let answer: SentMessage = ben.call("send_message", &answer).await.json();
    let edit = [("edits", "0"), ("body", "mistake")];
    let edited: message::Message = ana.call_about("edit_message", (&conversation, &one), &edit).await.json();
    let react = [("emoji", "👍"), ("on", "true")];
    let reacted: message::Message = ben.call_about("react", (&conversation, &one), &react).await.json();
    let deleted: message::Message = ben.call_about("delete_message", (&conversation, &two), &[]).await.json();

    let rows: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    let row = |sent_at: &message::SentAt, name: &str, text: &str, uuid: message::Id| json!({ "created_at": sent_at, "display_name": name, "handle": name, "message": text, "uuid": uuid });
    let mut expected = [
        row(&one.sent_at, "ana", "mistake", one.id),
        row(&two.sent_at, "ben", "", two.id),
        row(&answer.message.sent_at, "ben", "an answer", answer.message.id),
    ];
    expected[0]["edited_at"] = json!(edited.edited_at);
    expected[0]["reactions"] = json!([{ "emoji": "👍", "users": reacted.reactions[0].users }]);
    expected[1]["deleted_at"] = json!(deleted.deleted_at);
    expected[2]["reply_to"] = json!(one.id);
    assert_eq!(rows[1..], expected);

    ben.call_about("delete_message", (&conversation, &answer.message), &[]).await;
    let groups: Vec<Value> = client.get("/api/message_groups").await.json();
    assert_eq!((groups.len(), &groups[0]["message"]), (1, &json!("")));
    let rows: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    assert_eq!((&rows[3]["message"], rows[3].get("reply_to")), (&json!(""), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_after_a_deletion_says_so() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let conversation = ana.start("ben", "zero").await;
    let key = Uuid::now_v7().to_string();
    let message = json!({ "message": "regretted", "message_group_uuid": conversation });
    let first: Value = client.post_with_key(&key, &message).await.json();
    assert_eq!((&first["message"], first.get("deleted_at")), (&json!("regretted"), None));
    let view: ConversationView = ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
    let sent = view.messages.items.last().expect("a message").clone();
    let deleted: message::Message = ana.call_about("delete_message", (&conversation, &sent), &[]).await.json();
    let again: Value = client.post_with_key(&key, &message).await.json();
    assert_eq!((&again["message"], &again["deleted_at"]), (&json!(""), &json!(deleted.deleted_at)));
    assert_eq!(again["uuid"], first["uuid"]);
}

// F58
#[tokio::test(flavor = "multi_thread")]
async fn reading_messages_costs_only_the_answer() {
    let dynamodb = DynamoDb::start().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let postgres = StatementCounter::start(&std::env::var("DATABASE_URL").expect("DATABASE_URL is set")).await;
    let app = TestApp::start_with_endpoint(dynamodb, proxy.endpoint(), |config| {
        config.database_url = postgres.url(config.database_url.expose_secret()).into();
    })
    .await;
    let (mut anas_browser, ana) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = anas_browser.start("ben", "hello").await;
    let path = format!("/api/messages/{conversation}");
    let cost = async |is_known: bool| {
        // Work in the background that follows a message.
        app.state.store.inbox_updates.finish(Duration::from_secs(5)).await;
        if !is_known {
            app.state.store.remembered.forget_all();
        }
        proxy.take_count();
        postgres.take();
        assert_eq!(ana.get(&path).await.status, StatusCode::OK);
        (proxy.take_count(), postgres.take())
    };
    // The first request prepares its statements.
    cost(false).await;
    assert_eq!(cost(false).await, (2, 1), "the head and a page of messages; the caller, who is the only author");
    ben.say(&conversation, "hi").await;
    cost(false).await;
    assert_eq!(cost(false).await, (2, 2), "the other author's name, too");
    assert_eq!(cost(true).await, (2, 0), "users who have been read a moment ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_messages_of_any_year_and_author_are_listed() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    new_user(&app, "ben").await;
    new_user(&app, "cy").await;
    let conversation = ana.start("ben", "new").await;
    let cy: Uuid = uuid_of(&app, "cy").await.as_str().and_then(|id| id.parse().ok()).expect("an id");
    for (at, author) in [("2022-12-31T23:59:59", cy), ("2023-01-01T00:00:00.000001+00:00", Uuid::nil())] {
        let (handle, display_name) = (Some(Handle::stored("old".to_owned())), DisplayName::stored("Old".to_owned()));
        let row = MessageRow::new(
            conversation.parse::<conversation::Id>().expect("an id"),
            SortTime::stored(at).expect("a time"),
            message::Id(Uuid::new_v4()),
            User { id: user::Id(author), handle, display_name },
            at.to_owned(),
            0,
        );
        put_message(&app, row).await;
    }
    let rows: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    let listed: Vec<_> = rows.iter().map(|row| (row["created_at"].as_str(), row["handle"].as_str())).collect();
    assert_eq!(listed[0], (Some("2022-12-31T23:59:59.000000+00:00"), Some("cy")));
    assert_eq!(listed[1], (Some("2023-01-01T00:00:00.000001+00:00"), Some("")));
    assert_eq!(rows[1]["display_name"], "Deleted user");
    assert_eq!(rows[2]["message"], "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_long_conversation_are_linked() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let conversation = ana.start("ben", "0").await;
    for number in 1..25 {
        ana.say(&conversation, &number.to_string()).await;
    }
    let numbers = |range: std::ops::Range<u32>| range.map(|it| it.to_string()).collect::<Vec<_>>();

    let newest = client.get(&format!("/api/messages/{conversation}")).await;
    assert_eq!(texts(&newest), numbers(5..25));
    assert_eq!(link(&newest, "prev"), None);
    let older = client.get(&link(&newest, "next").expect("older ones")).await;
    assert_eq!(texts(&older), numbers(0..5));
    assert_eq!(link(&older, "next"), None);
    let newer = client.get(&link(&older, "prev").expect("newer ones")).await;
    assert_eq!(texts(&newer), numbers(5..25));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_the_newest_and_no_longer_than_others_however_many_messages_are_unread() {
    let app = TestApp::start().await;
    let (_ana, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = ben.start("ana", "0").await;
    for number in 1..25 {
        ben.say(&conversation, &number.to_string()).await;
    }
    let newest = client.get(&format!("/api/messages/{conversation}")).await;
    assert_eq!(texts(&newest), (5..25).map(|it| it.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_long_list_of_conversations_are_linked() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let add = "insert into users (display_name, handle, email, cognito_user_id)
        select 'Person', 'person' || n, n || '@example.org', gen_random_uuid()::text from generate_series(1, 21) n";
    app.database.execute(add).await;
    for number in 1..=21 {
        ana.start(&format!("person{number}"), &number.to_string()).await;
    }
    let newest = client.get("/api/message_groups").await;
    assert_eq!(texts(&newest), (2..=21).rev().map(|it| it.to_string()).collect::<Vec<_>>());
    let next = link(&newest, "next").expect("one more");
    assert!(next.starts_with("/api/message_groups?cursor="), "{next}");
    let older = client.get(&next).await;
    assert_eq!(texts(&older), ["1"]);
    assert!(older.header("link").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_valid_for_its_own_list_only() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let conversation = ana.start("ben", "0").await;
    for number in 1..21 {
        ana.say(&conversation, &number.to_string()).await;
    }
    let here = format!("/api/messages/{conversation}");
    let next = link(&client.get(&here).await, "next").expect("older ones");
    let (_, cursor) = next.split_once('=').expect("a cursor");
    for path in [
        format!("/api/message_groups?cursor={cursor}"),
        format!("{here}?cursor="),
        format!("{here}?cursor=x"),
        format!("{here}?cursor={cursor}&cursor={cursor}"),
        format!("{here}?cursor=%00%ff"),
        "/api/message_groups?cursor=..".to_owned(),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.text, r#"["cursor_invalid"]"#);
    }
    assert_eq!(
        client.get(&format!("{here}?year=2026&x=%ff")).await.status,
        StatusCode::OK,
        "other parameters are ignored"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_with_an_impossible_time_is_invalid() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    let conversation = ana.start("ben", "0").await;
    for list in [format!("/api/messages/{conversation}"), "/api/message_groups".to_owned()] {
        for at in ["yesterday", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00%2B01:00"] {
            for side in ["before", "after"] {
                let answer = client.get(&format!("{list}?cursor={side}-{at}")).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{list} {side} {at}: {}", answer.text);
                assert_eq!(answer.text, r#"["cursor_invalid"]"#);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_tell_a_conversation_from_a_missing_one() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("ben").await;
    let (_, cy) = new_user(&app, "cy").await;
    let conversation = ana.start("ben", "between us").await;
    let theirs = cy.get(&format!("/api/messages/{conversation}")).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let without_hyphens = conversation.replace('-', "");
    for other in [UNKNOWN_CONVERSATION, "@bayko", "%ff", "%00", "0", &without_hyphens] {
        let nothing = cy.get(&format!("/api/messages/{other}")).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text.clone()), "{other}");
    }
    assert_eq!(cy.get("/api/message_groups").await.text, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_can_be_looked_up_without_a_token() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let me: User = ana.call("current_user", &[]).await.json();
    let anonymous = ApiClient::anonymous(&app);
    for handle in ["@ana", "@ANA", "%40ana"] {
        let answer = anonymous.get(&format!("/api/users/{handle}/short")).await;
        let shown = json!({ "display_name": "ana", "handle": "ana", "uuid": me.id });
        assert_eq!((answer.status, answer.text), (StatusCode::OK, shown.to_string()), "{handle}");
    }
    for unknown in ["@nobody", "ana", "@", "@%00", "%ff", "@a%2Fb", "@анна", "@undefined"] {
        let answer = anonymous.get(&format!("/api/users/{unknown}/short")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_up_handles_is_rate_limited_per_address() {
    let app = TestApp::start().await;
    let anonymous = ApiClient::anonymous(&app);
    let answers = concurrently(60, || anonymous.get("/api/users/@nobody/short")).await;
    assert_some_rate_limited(&answers, StatusCode::NOT_FOUND);
    let other = ApiClient::anonymous(&app).get("/api/users/@nobody/short").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}
