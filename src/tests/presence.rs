//! Who is there: for those who write with them, in whichever of their conversations, and for nobody else.

use cruddur_messages::domain::conversation::LOOKED_FOR_MAX;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::page::PAGE_SIZE;
use cruddur_messages::domain::user::{self, User};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::live::Stream;
use crate::support::app::{Browser, TestApp, new_id};
use crate::support::dynamodb::TABLE;
use crate::support::items;

/// Who is signed in at a browser.
pub(crate) async fn whoami(browser: &mut Browser) -> User {
    browser.call("current_user", &[]).await.json()
}

/// Puts so many newer conversations above those that a person has that the server does not tell of these by itself.
pub(crate) async fn bury(app: &TestApp, person: &User) {
    let body = Body::parse("hello").expect("a text");
    for _ in 0..PAGE_SIZE {
        let (other, id) = (User::who_left(user::Id(Uuid::now_v7())), message::Id(Uuid::now_v7()));
        app.state.store.conversations.start(person, &other, id, &body).await.expect("it is stored");
    }
}

/// Asks who is there in a conversation; the answer comes by the stream.
pub(crate) async fn look_for(browser: &mut Browser, talk: &str) {
    let answer = browser.call("look_for", &[("conversations[0]", talk)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Waits for an event, whatever else a stream tells before.
pub(crate) async fn hear(stream: &mut Stream, wanted: &Event) {
    while stream.next_of_all().await.expect("the stream goes on") != *wanted {}
}

/// All that is stored, in no order of its own: the rows of the table, and a number that changes with any in PostgreSQL.
async fn stored(app: &TestApp) -> (Vec<String>, i64) {
    let answer = app.dynamodb.client().scan().table_name(TABLE).consistent_read(true).send().await.expect("the rows");
    let mut rows: Vec<_> = answer.items().iter().map(|row| items::json(row).to_string()).collect();
    rows.sort();
    let sql = "select coalesce(sum(hashtext(line)), 0)::bigint from (
        select users::text as line from users union all select sessions::text from sessions
    ) as lines";
    (rows, app.database.number(sql).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_older_conversation_one_is_told_who_is_there_who_comes_and_who_goes_once_one_looks() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let talk = ana.start("ben", "long ago").await;
    bury(&app, &her).await;
    bury(&app, &him).await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    look_for(&mut ana, &talk).await;
    let there = Event::PeoplePresent { people: vec![him.id] };
    assert_eq!(hers.next_of_all().await, Some(there.clone()), "nothing before she looks");
    ana.call("typing", &[("conversation", &talk)]).await;
    let typing = his.next_of_all().await;
    assert!(matches!(typing, Some(Event::Typing { .. })), "he does not hear that she looks: {typing:?}");
    drop(his);
    hear(&mut hers, &Event::PersonLeft { person: him.id }).await;
    let mut his = Stream::open(&ben).await;
    hear(&mut hers, &there).await;
    // A message makes the conversation one of the newest.
    ana.say(&talk, "and now").await;
    hear(&mut his, &Event::PersonArrived { person: her.id }).await;
    drop(hers);
    hear(&mut his, &Event::PersonLeft { person: her.id }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_many_conversations_is_there_for_who_has_few() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let him = whoami(&mut ben).await;
    ana.start("ben", "long ago").await;
    bury(&app, &him).await;
    let mut hers = Stream::open(&ana).await;
    let his = Stream::open(&ben).await;
    hear(&mut hers, &Event::PeoplePresent { people: vec![him.id] }).await;
    drop(his);
    hear(&mut hers, &Event::PersonLeft { person: him.id }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_who_is_there_in_the_conversations_of_others() {
    let app = TestApp::start().await;
    let (mut ana, _ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let her = whoami(&mut ana).await;
    let talk = ana.start("ben", "between us").await;
    let (mut hers, mut theirs) = (Stream::open(&ana).await, Stream::open(&cy).await);
    for nothing_of_theirs in [&talk, &new_id()] {
        look_for(&mut cy, nothing_of_theirs).await;
    }
    // The first that either hears of the other is when they write.
    ana.start("cy", "and you?").await;
    assert_eq!(theirs.next_of_all().await, Some(Event::PersonArrived { person: her.id }));
    let them = whoami(&mut cy).await;
    assert_eq!(hers.next_of_all().await, Some(Event::PersonArrived { person: them.id }));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_for_so_many_conversations_at_once_and_for_one_twice() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "hello").await;
    let names: Vec<_> = (0..=LOOKED_FOR_MAX).map(|n| format!("conversations[{n}]")).collect();
    let mut fields: Vec<_> = names.iter().map(|name| (name.as_str(), talk.as_str())).collect();
    let refused = ana.call("look_for", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(matches!(refused.error(), AppError::Invalid(_)));
    fields.pop();
    let answer = ana.call("look_for", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_who_writes_nor_who_is_there_is_ever_stored() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let talk = ana.start("ben", "hello").await;
    let before = stored(&app).await;
    let (mut hers, his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    look_for(&mut ana, &talk).await;
    hear(&mut hers, &Event::PeoplePresent { people: vec![him.id] }).await;
    ben.call("typing", &[("conversation", &talk)]).await;
    let conversation = talk.parse().expect("an id");
    hear(&mut hers, &Event::Typing { conversation, author: him.id }).await;
    drop(his);
    hear(&mut hers, &Event::PersonLeft { person: him.id }).await;
    assert_eq!(stored(&app).await, before);
    assert!(before.0.iter().any(|row| row.contains(&her.id.to_string())), "the rows are there to be looked at");
}
