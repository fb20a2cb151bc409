//! Presence: visible to the peers in all conversations of a user, and to no stranger.

use std::time::Duration;

use cruddur_messages::domain::conversation::ConversationView;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::{self, Body, SentAt};
use cruddur_messages::domain::page::PAGE_SIZE;
use cruddur_messages::domain::presence::PRESENCE_QUERY_MAX;
use cruddur_messages::domain::user::{self, User};
use reqwest::StatusCode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::timeout;
use uuid::Uuid;

use crate::live::Stream;
use crate::live_servers::Nats;
use crate::processes::Process;
use crate::support::app::{Browser, TestApp, new_id};
use crate::support::dynamodb::TABLE;
use crate::support::items;
use crate::support::wait_until::wait_until;

/// Returns the signed-in user of a browser.
pub(crate) async fn whoami(browser: &mut Browser) -> User {
    browser.call("current_user", &[]).await.json()
}

/// Adds a page of newer conversations to a user, so that the existing ones need a presence subscription.
pub(crate) async fn add_newer_conversations(app: &TestApp, user: &User) {
    let body = Body::parse("hello").expect("a text");
    for _ in 0..PAGE_SIZE {
        let (peer, id) = (User::deleted(user::Id(Uuid::now_v7())), message::Id(Uuid::now_v7()));
        let conversations = &app.state.store.conversations;
        let access = conversations.direct_access(user, &peer).await.expect("a right");
        conversations.start(&access, id, &body).await.expect("it is stored");
    }
}

/// Subscribes to presence in a conversation. The events arrive on the stream.
pub(crate) async fn watch_presence(browser: &mut Browser, conversation: &str) {
    let answer = browser.call("watch_presence", &[("conversations[0]", conversation)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Waits for an event, and skips all others.
pub(crate) async fn wait_for(stream: &mut Stream, wanted: &Event) {
    while stream.next_of_any_kind().await.expect("an open stream") != *wanted {}
}

/// Waits until a user has left, for the user of a stream. Returns the time, if the user shows it.
pub(crate) async fn wait_until_gone(stream: &mut Stream, who: user::Id) -> Option<SentAt> {
    loop {
        if let Event::PersonLeft { person, at } = stream.next_of_any_kind().await.expect("an open stream")
            && person == who
        {
            return at;
        }
    }
}

/// Waits until a user is online for the user of a stream. The order in which they come decides by which event.
async fn wait_until_online(stream: &mut Stream, person: user::Id) {
    loop {
        match stream.next_of_any_kind().await.expect("an open stream") {
            Event::PersonArrived { person: arrived } if arrived == person => return,
            Event::PeoplePresent { people } if people.contains(&person) => return,
            _ => {}
        }
    }
}

/// Returns the sorted rows of the table, and a checksum of those in PostgreSQL, without the times when users were last
/// online.
async fn stored(app: &TestApp) -> (Vec<String>, i64) {
    let answer = app.dynamodb.client().scan().table_name(TABLE).consistent_read(true).send().await.expect("the rows");
    let mut rows: Vec<_> = answer.items().iter().map(|row| items::json(row).to_string()).collect();
    rows.sort();
    let sql = "select coalesce(sum(hashtext(line)), 0)::bigint from (
        select (to_jsonb(users) - 'last_seen_at')::text as line from users union all select sessions::text from sessions
    ) as lines";
    (rows, app.database.number(sql).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_subscription_covers_an_older_conversation() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "long ago").await;
    add_newer_conversations(&app, &her).await;
    add_newer_conversations(&app, &him).await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    watch_presence(&mut ana, &conversation).await;
    let online = Event::PeoplePresent { people: vec![him.id] };
    assert_eq!(hers.next_of_any_kind().await, Some(online.clone()), "no event before the subscription");
    ana.call("typing", &[("conversation", &conversation)]).await;
    let typing = his.next_of_any_kind().await;
    assert!(matches!(typing, Some(Event::Typing { .. })), "the peer is not notified of the subscription: {typing:?}");
    drop(his);
    wait_until_gone(&mut hers, him.id).await;
    let mut his = Stream::open(&ben).await;
    wait_for(&mut hers, &online).await;
    // A message makes the conversation one of the newest.
    ana.say(&conversation, "and now").await;
    wait_for(&mut his, &Event::PersonArrived { person: her.id }).await;
    drop(hers);
    wait_until_gone(&mut his, her.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_many_conversations_is_online_for_a_peer_with_few() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let him = whoami(&mut ben).await;
    ana.start("ben", "long ago").await;
    add_newer_conversations(&app, &him).await;
    let mut hers = Stream::open(&ana).await;
    let his = Stream::open(&ben).await;
    wait_for(&mut hers, &Event::PeoplePresent { people: vec![him.id] }).await;
    drop(his);
    wait_until_gone(&mut hers, him.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_presence_from_the_conversations_of_others() {
    let app = TestApp::start().await;
    let (mut ana, _ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let her = whoami(&mut ana).await;
    let conversation = ana.start("ben", "between us").await;
    let (mut hers, mut theirs) = (Stream::open(&ana).await, Stream::open(&cy).await);
    for without_membership in [&conversation, &new_id()] {
        watch_presence(&mut cy, without_membership).await;
    }
    // Neither gets presence of the other before they become peers.
    let request = ana.request_conversation("cy", "and you?").await;
    assert_eq!(theirs.next_of_any_kind().await, Some(Event::Resync));
    assert_eq!(cy.call("accept_request", &[("conversation", &request)]).await.status, StatusCode::OK);
    assert_eq!(theirs.next_of_any_kind().await, Some(Event::PersonArrived { person: her.id }));
    let them = whoami(&mut cy).await;
    assert!(matches!(hers.next_of_any_kind().await, Some(Event::MessageSent { .. })), "her own message");
    assert_eq!(hers.next_of_any_kind().await, Some(Event::PersonArrived { person: them.id }));
}

/// Saves the settings of a user.
async fn set_presence(browser: &mut Browser, on: bool) {
    let fields = if on { &[("receipts", "true"), ("presence", "true")][..] } else { &[("receipts", "true")] };
    assert_eq!(browser.call("save_settings", fields).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_presence_turned_off_is_offline_for_all_and_sees_no_presence() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    wait_until_online(&mut hers, him.id).await;
    wait_until_online(&mut his, her.id).await;

    set_presence(&mut ben, false).await;
    assert_eq!(wait_until_gone(&mut hers, him.id).await, None, "not when");
    wait_for(&mut his, &Event::PresenceSwitched { of: him.id, on: false }).await;
    // Neither a subscription, nor a new page, nor a message tells the one of the other.
    watch_presence(&mut ana, &conversation).await;
    watch_presence(&mut ben, &conversation).await;
    let (mut her_other, mut his_other) = (Stream::open(&ana).await, Stream::open(&ben).await);
    ana.say(&conversation, "are you there?").await;
    ben.say(&conversation, "for you only").await;
    for stream in [&mut hers, &mut her_other, &mut his, &mut his_other] {
        for _ in 0..2 {
            let event = stream.next_of_any_kind().await;
            assert!(matches!(event, Some(Event::MessageSent { .. })), "{event:?}");
        }
    }

    set_presence(&mut ben, true).await;
    wait_until_online(&mut hers, him.id).await;
    wait_until_online(&mut his, her.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_that_is_turned_off_on_one_server_ends_on_the_other() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let him = whoami(&mut ben).await;
    let conversation = ana.start("ben", "hello").await;
    let (one, two) = Process::start_two(&app, &[("NATS_URL", &nats.url())]).await;
    let (mut ana, ben) = (ana.at(one.address), ben.at(two.address));
    let (mut hers, _his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    let online = Event::PeoplePresent { people: vec![him.id] };
    // The servers may need a moment to connect to the bus.
    wait_until("they see each other", async || {
        watch_presence(&mut ana, &conversation).await;
        timeout(Duration::from_secs(1), wait_for(&mut hers, &online)).await.is_ok()
    })
    .await;
    assert_eq!(ben.at(one.address).call("save_settings", &[]).await.status, StatusCode::OK);
    wait_until_gone(&mut hers, him.id).await;
    watch_presence(&mut ana, &conversation).await;
    ana.say(&conversation, "are you there?").await;
    loop {
        match hers.next_of_any_kind().await {
            // Both servers may say so.
            Some(Event::PersonLeft { at: None, .. }) => {}
            event => break assert!(matches!(event, Some(Event::MessageSent { .. })), "{event:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_subscription_has_a_maximum_size_and_accepts_repeats() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let names: Vec<_> = (0..=PRESENCE_QUERY_MAX).map(|n| format!("conversations[{n}]")).collect();
    let mut fields: Vec<_> = names.iter().map(|name| (name.as_str(), conversation.as_str())).collect();
    let rejected = ana.call("watch_presence", &fields).await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", rejected.text);
    assert!(matches!(rejected.error(), AppError::Invalid(_)));
    fields.pop();
    let answer = ana.call("watch_presence", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_time_when_a_user_was_last_online_is_stored_of_typing_and_presence() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    let before = stored(&app).await;
    let (mut hers, his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    watch_presence(&mut ana, &conversation).await;
    wait_until_online(&mut hers, him.id).await;
    ben.call("typing", &[("conversation", &conversation)]).await;
    let id = conversation.parse().expect("an id");
    wait_for(&mut hers, &Event::Typing { conversation: id, author: him.id }).await;
    drop(his);
    wait_until_gone(&mut hers, him.id).await;
    assert_eq!(stored(&app).await, before);
    assert!(before.0.iter().any(|row| row.contains(&her.id.to_string())), "the snapshot contains rows");
}

/// Returns when the other member of a conversation was last online, as its page says.
async fn last_seen(browser: &mut Browser, conversation: &str) -> Option<SentAt> {
    let mut in_view = async || {
        let view: ConversationView = browser.call("open_conversation", &[("conversation", conversation)]).await.json();
        let page = browser.get(&format!("/messages/{conversation}")).await.text;
        (page.contains("Last seen"), view.last_seen.first().map(|it| it.at.clone()))
    };
    let (mut shown, mut known) = in_view().await;
    if shown != known.is_some() {
        // It was stored or removed in between.
        (shown, known) = in_view().await;
    }
    assert_eq!(shown, known.is_some());
    known
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_when_a_user_was_last_online() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    assert_eq!(last_seen(&mut ana, &conversation).await, None, "never");
    let (mut hers, his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    wait_until_online(&mut hers, him.id).await;
    drop(his);
    let left_at = wait_until_gone(&mut hers, him.id).await.expect("he shows it");
    wait_until("it is stored", async || last_seen(&mut ana, &conversation).await.is_some()).await;
    let stored = last_seen(&mut ana, &conversation).await.expect("it is stored");
    let [stored, left_at] = [&stored, &left_at].map(|at| OffsetDateTime::parse(at.as_str(), &Rfc3339).expect("a time"));
    assert!((stored - left_at).abs() < time::Duration::seconds(30), "{stored} {left_at}");
    let view: ConversationView = ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
    assert_eq!(view.last_seen.iter().map(|it| it.user).collect::<Vec<_>>(), [him.id], "not the own one");

    // One switch, both ways: hers off, then his.
    set_presence(&mut ana, false).await;
    wait_until("she no longer sees it", async || last_seen(&mut ana, &conversation).await.is_none()).await;
    assert_eq!(app.database.number("select count(*) from users where last_seen_at is not null").await, 1, "his");
    set_presence(&mut ana, true).await;
    wait_until("she sees it again", async || last_seen(&mut ana, &conversation).await.is_some()).await;
    set_presence(&mut ben, false).await;
    wait_until("he hides it", async || last_seen(&mut ana, &conversation).await.is_none()).await;
    let kept = format!("select count(*) from users where last_seen_at is not null and uuid = '{}'", him.id);
    assert_eq!(app.database.number(&kept).await, 0);
    app.state.store.users.set_last_seen(&[him.id, her.id]).await.expect("an answer");
    assert_eq!(app.database.number(&kept).await, 0, "while he hides it, it is not stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_block_nor_a_request_shows_when_a_user_was_last_online() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let mut ids = Vec::new();
    for browser in [&mut ana, &mut ben, &mut cy] {
        ids.push(whoami(browser).await.id);
    }
    let conversation = ana.start("ben", "hello").await;
    let request = ana.request_conversation("cy", "and you?").await;
    app.state.store.users.set_last_seen(&ids).await.expect("an answer");
    wait_until("it is shown", async || last_seen(&mut ana, &conversation).await.is_some()).await;
    for browser in [&mut ana, &mut cy] {
        assert_eq!(last_seen(browser, &request).await, None, "a request");
    }
    assert_eq!(cy.call("accept_request", &[("conversation", &request)]).await.status, StatusCode::OK);
    assert!(last_seen(&mut ana, &request).await.is_some(), "it has been accepted");
    let blocked = ids[1].to_string();
    assert_eq!(ana.call("block_user", &[("user", &blocked), ("on", "true")]).await.status, StatusCode::OK);
    for browser in [&mut ana, &mut ben] {
        assert_eq!(last_seen(browser, &conversation).await, None, "a block");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_pages_forget_when_a_user_was_last_online_who_turns_presence_off_afterwards() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let him = whoami(&mut ben).await;
    ana.start("ben", "hello").await;
    let older = cy.start("ben", "long ago").await;
    add_newer_conversations(&app, &him).await;
    let (mut hers, mut theirs, his) = (Stream::open(&ana).await, Stream::open(&cy).await, Stream::open(&ben).await);
    wait_until_online(&mut hers, him.id).await;
    watch_presence(&mut cy, &older).await;
    drop(his);
    for stream in [&mut hers, &mut theirs] {
        assert!(wait_until_gone(stream, him.id).await.is_some(), "he shows it");
    }
    // The page with the settings has no stream.
    set_presence(&mut ben, false).await;
    assert_eq!(wait_until_gone(&mut hers, him.id).await, None, "a peer");
    assert_eq!(wait_until_gone(&mut theirs, him.id).await, None, "a watcher");
}
