//! Reading: lists in their order and shape, pages, and what is not theirs.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message;
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NOWHERE, Program, arrive, at_once, demand_some_refused, put};
use crate::support::app::{Answer, TestApp};

/// Where a list goes on.
fn way(answer: &Answer, rel: &str) -> Option<String> {
    let links = answer.headers.get_all("link").into_iter().map(|link| link.to_str().expect("visible ASCII"));
    let wanted = links.filter_map(|link| link.strip_suffix(&format!(">; rel=\"{rel}\""))?.strip_prefix('<'));
    wanted.map(str::to_owned).next()
}

fn texts(answer: &Answer) -> Vec<String> {
    let rows: Vec<Value> = answer.json();
    rows.iter().map(|row| row["message"].as_str().expect("a text").to_owned()).collect()
}

async fn uuid_of(app: &TestApp, handle: &str) -> Value {
    Program::anonymous(app).get(&format!("/api/users/@{handle}/short")).await.json::<Value>()["uuid"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_come_newest_first_with_the_other_person_and_the_whole_text() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    let (mut ben, _) = arrive(&app, "ben").await;
    app.sign_in("cy").await;
    assert_eq!(program.get("/api/message_groups").await.text, "[]");

    let (with_ben, with_cy) = (ana.start("ben", "first").await, ana.start("cy", "second").await);
    let long = "🎈".repeat(1024);
    let newest = ben.say(&with_ben, &long).await;
    let second: Vec<Value> = program.get(&format!("/api/messages/{with_cy}")).await.json();

    let answer = program.get("/api/message_groups").await;
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
async fn messages_come_oldest_to_newest_with_the_names_of_who_wrote_them() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    let (mut ben, bens) = arrive(&app, "ben").await;
    let talk = ana.start("ben", "zero").await;
    let (one, two) = (ben.say(&talk, "one").await, ana.say(&talk, "two\nlines").await);

    let answer = program.get(&format!("/api/messages/{talk}")).await;
    let zero = answer.json::<Vec<Value>>()[0].clone();
    let row = |message: &message::Message, name: &str| {
        json!({
            "created_at": message.sent_at, "display_name": name, "handle": name, "message": message.body,
            "uuid": message.id,
        })
    };
    assert_eq!((&zero["message"], &zero["handle"]), (&json!("zero"), &json!("ana")));
    assert_eq!(answer.text, json!([zero, row(&one, "ben"), row(&two, "ana")]).to_string());
    assert_eq!(bens.get(&format!("/api/messages/{}", talk.to_uppercase())).await.text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_app_wrote_is_read_whatever_its_year_and_its_author() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    arrive(&app, "ben").await;
    arrive(&app, "cy").await;
    let talk = ana.start("ben", "new").await;
    let cy: Uuid = uuid_of(&app, "cy").await.as_str().and_then(|id| id.parse().ok()).expect("an id");
    for (at, author) in [("2022-12-31T23:59:59", cy), ("2023-01-01T00:00:00.000001+00:00", Uuid::nil())] {
        let (handle, display_name) = (Handle::stored("old".to_owned()), DisplayName::stored("Old".to_owned()));
        let row = MessageRow {
            conversation: talk.parse::<conversation::Id>().expect("an id"),
            at: SortTime::stored(at).expect("a time"),
            id: message::Id(Uuid::new_v4()),
            author: User { id: user::Id(author), handle, display_name },
            body: at.to_owned(),
            seq: 0,
        };
        put(&app, row).await;
    }
    let rows: Vec<Value> = program.get(&format!("/api/messages/{talk}")).await.json();
    let told: Vec<_> = rows.iter().map(|row| (row["created_at"].as_str(), row["handle"].as_str())).collect();
    assert_eq!(told[0], (Some("2022-12-31T23:59:59.000000+00:00"), Some("cy")));
    assert_eq!(told[1], (Some("2023-01-01T00:00:00.000001+00:00"), Some("unknown")));
    assert_eq!(rows[2]["message"], "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_goes_on_by_its_links() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    app.sign_in("ben").await;
    let talk = ana.start("ben", "0").await;
    for number in 1..25 {
        ana.say(&talk, &number.to_string()).await;
    }
    let numbers = |range: std::ops::Range<u32>| range.map(|it| it.to_string()).collect::<Vec<_>>();

    let newest = program.get(&format!("/api/messages/{talk}")).await;
    assert_eq!(texts(&newest), numbers(5..25));
    assert_eq!(way(&newest, "prev"), None);
    let older = program.get(&way(&newest, "next").expect("older ones")).await;
    assert_eq!(texts(&older), numbers(0..5));
    assert_eq!(way(&older, "next"), None);
    let newer = program.get(&way(&older, "prev").expect("newer ones")).await;
    assert_eq!(texts(&newer), numbers(5..25));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_the_newest_and_no_longer_than_promised_however_many_are_unread() {
    let app = TestApp::start().await;
    let (_ana, program) = arrive(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let talk = ben.start("ana", "0").await;
    for number in 1..25 {
        ben.say(&talk, &number.to_string()).await;
    }
    let newest = program.get(&format!("/api/messages/{talk}")).await;
    assert_eq!(texts(&newest), (5..25).map(|it| it.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_conversations_goes_on_by_its_link() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    let add = "insert into users (display_name, handle, email, cognito_user_id)
        select 'Person', 'person' || n, n || '@example.org', gen_random_uuid()::text from generate_series(1, 21) n";
    app.database.execute(add).await;
    for number in 1..=21 {
        ana.start(&format!("person{number}"), &number.to_string()).await;
    }
    let newest = program.get("/api/message_groups").await;
    assert_eq!(texts(&newest), (2..=21).rev().map(|it| it.to_string()).collect::<Vec<_>>());
    let next = way(&newest, "next").expect("one more");
    assert!(next.starts_with("/api/message_groups?cursor="), "{next}");
    let older = program.get(&next).await;
    assert_eq!(texts(&older), ["1"]);
    assert!(older.header("link").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_good_for_its_own_list_only() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    app.sign_in("ben").await;
    let talk = ana.start("ben", "0").await;
    for number in 1..21 {
        ana.say(&talk, &number.to_string()).await;
    }
    let here = format!("/api/messages/{talk}");
    let next = way(&program.get(&here).await, "next").expect("older ones");
    let (_, cursor) = next.split_once('=').expect("a cursor");
    for path in [
        format!("/api/message_groups?cursor={cursor}"),
        format!("{here}?cursor="),
        format!("{here}?cursor=x"),
        format!("{here}?cursor={cursor}&cursor={cursor}"),
        format!("{here}?cursor=%00%ff"),
        "/api/message_groups?cursor=..".to_owned(),
    ] {
        let answer = program.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.text, r#"["cursor_invalid"]"#);
    }
    assert_eq!(
        program.get(&format!("{here}?year=2026&x=%ff")).await.status,
        StatusCode::OK,
        "others are not looked at"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_with_a_time_that_cannot_be_is_invalid() {
    let app = TestApp::start().await;
    let (mut ana, program) = arrive(&app, "ana").await;
    app.sign_in("ben").await;
    let talk = ana.start("ben", "0").await;
    for list in [format!("/api/messages/{talk}"), "/api/message_groups".to_owned()] {
        for at in ["yesterday", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00%2B01:00"] {
            for way in ["before", "after"] {
                let answer = program.get(&format!("{list}?cursor={way}-{at}")).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{list} {way} {at}: {}", answer.text);
                assert_eq!(answer.text, r#"["cursor_invalid"]"#);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_and_cannot_tell_whether_there_is_something() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("ben").await;
    let (_, cy) = arrive(&app, "cy").await;
    let talk = ana.start("ben", "between us").await;
    let theirs = cy.get(&format!("/api/messages/{talk}")).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let simple = talk.replace('-', "");
    for other in [NOWHERE, "@bayko", "%ff", "%00", "0", &simple] {
        let nothing = cy.get(&format!("/api/messages/{other}")).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text.clone()), "{other}");
    }
    assert_eq!(cy.get("/api/message_groups").await.text, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_ask_who_has_a_handle() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let me: User = ana.call("current_user", &[]).await.json();
    let anonymous = Program::anonymous(&app);
    for handle in ["@ana", "@ANA", "%40ana"] {
        let answer = anonymous.get(&format!("/api/users/{handle}/short")).await;
        let shown = json!({ "display_name": "ana", "handle": "ana", "uuid": me.id });
        assert_eq!((answer.status, answer.text), (StatusCode::OK, shown.to_string()), "{handle}");
    }
    for nobody in ["@nobody", "ana", "@", "@%00", "%ff", "@a%2Fb", "@анна", "@undefined"] {
        let answer = anonymous.get(&format!("/api/users/{nobody}/short")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nobody}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_many_handles_is_told_to_wait_and_others_are_not() {
    let app = TestApp::start().await;
    let anonymous = Program::anonymous(&app);
    let answers = at_once(60, || anonymous.get("/api/users/@nobody/short")).await;
    demand_some_refused(&answers, StatusCode::NOT_FOUND);
    let other = Program::anonymous(&app).get("/api/users/@nobody/short").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}
