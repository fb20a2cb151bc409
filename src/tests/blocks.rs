//! Blocks of users, through the pages, the server functions, the JSON API and the event streams.

use std::collections::BTreeMap;

use cruddur_messages::domain::conversation::{ConversationView, ReceiptsByReader, Recipient};
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::user::{self, User};
use cruddur_messages::server::live;
use reqwest::StatusCode;
use serde_json::json;

use crate::json_api::fixtures::{ApiClient, new_user};
use crate::live::Stream;
use crate::presence::{wait_for, wait_until_gone, watch_presence, whoami};
use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::wait_until::wait_until;

/// Blocks the user with this id, or removes the block.
async fn set_block(browser: &mut Browser, user: &str, on: bool) {
    let answer = browser.call("block_user", &[("user", user), ("on", &on.to_string())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Waits until the server has announced both users: it does so some time after it has opened their streams.
async fn wait_until_online(app: &TestApp, pair: [user::Id; 2]) {
    let is_online = |user| app.state.presence.connected().contains(user);
    wait_until("both are online", async || pair.iter().all(is_online)).await;
}

async fn send(browser: &mut Browser, conversation: &str) -> Answer {
    let fields = [("conversation", conversation), ("id", &*new_id()), ("body", "hello?")];
    browser.call("send_message", &fields).await
}

/// Returns everything that a client sees of an answer but its time, its nonce and the id of the request.
pub(crate) fn seen(answer: &Answer) -> (StatusCode, BTreeMap<String, String>, String) {
    let mut headers = BTreeMap::new();
    for (name, value) in &answer.headers {
        // Each answer has a nonce of its own.
        let words = value.to_str().expect("visible ASCII").split(' ').filter(|word| !word.starts_with("'nonce-"));
        headers.insert(name.to_string(), words.collect::<Vec<_>>().join(" "));
    }
    headers.retain(|name, _| !["date", "x-request-id"].contains(&name.as_str()));
    (answer.status, headers, answer.text.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_user_gets_the_same_answers_as_for_a_user_who_takes_no_messages() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, _) = (app.sign_in("ben").await, app.sign_in("gone").await);
    let (with_ben, with_gone) = (ana.start("ben", "hello").await, ana.start("gone", "hello").await);
    let mut cy = app.sign_in("cy").await;
    let her = cy.id_of("ana").await;
    set_block(&mut ben, &her, true).await;
    app.database.execute("delete from users where handle = 'gone'").await;
    app.state.store.remembered.forget_all();

    let refused = send(&mut ana, &with_ben).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, AppError::Conflict(Conflict::Undeliverable)));
    assert_eq!(seen(&refused), seen(&send(&mut ana, &with_gone).await));
    let post = async |group: &str| client.post(&json!({ "message": "hello?", "message_group_uuid": group })).await;
    let (blocked, gone) = (post(&with_ben).await, post(&with_gone).await);
    assert_eq!(blocked.status, StatusCode::NOT_FOUND);
    assert_eq!(seen(&blocked), seen(&gone));
    // The way through the handle tells nothing else.
    let by_handle = client.post(&json!({ "message": "hello?", "handle": "ben" })).await;
    assert_eq!(seen(&by_handle), seen(&blocked));
    // Typing and positions seem to work.
    for browser in [&mut ana, &mut ben] {
        for (endpoint, more) in [("typing", None), ("mark_read", Some(("seq", "1"))), ("find_receipts", None)] {
            let fields: Vec<_> = [("conversation", &*with_ben)].into_iter().chain(more).collect();
            assert_eq!(browser.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
        }
    }
    assert_eq!(ben.texts(&with_ben).await, ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_user_does_not_find_the_blocker_and_the_blocker_finds_them() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (ben.id_of("ana").await, ana.id_of("ben").await);
    let found = async |browser: &mut Browser, query: &str| {
        let users: Vec<User> = browser.call("search_users", &[("query", query)]).await.json();
        users.into_iter().map(|user| user.handle_text().to_owned()).collect::<Vec<_>>()
    };
    set_block(&mut ana, &him, true).await;
    assert!(found(&mut ben, "ana").await.is_empty());
    assert!(!ben.get("/messages/new?q=ana").await.text.contains(&her));
    assert_eq!(found(&mut ana, "ben").await, ["ben"]);
    let recipient: Recipient = ben.call("find_recipient", &[("handle", "ana")]).await.json();
    assert!(!recipient.is_blocked, "a link to the page of a first message looks as ever");
    let refused = ben.call("send_first_message", &[("to", &her), ("id", &new_id()), ("body", "hello?")]).await;
    assert_eq!(refused.error(), AppError::Conflict(Conflict::Undeliverable));
    set_block(&mut ana, &him, false).await;
    assert_eq!(found(&mut ben, "ana").await, ["ana"]);
    ben.start("ana", "hello").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_set_and_removed_without_script_on_the_page_of_the_conversation() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let him = ana.id_of("ben").await;
    let path = format!("/messages/{}", ana.start("ben", "hello").await);
    let page = ana.get(&path).await.text;
    let form = format!(r#"<input type="hidden" name="user" value="{him}""#);
    assert!(page.contains(&form) && page.contains("<textarea"), "{page}");
    let done = ana.submit(&path, &[("user", &him), ("on", "true")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, &*path));
    let page = ana.get(&path).await.text;
    assert!(page.contains("You have blocked") && page.contains(">Unblock<"), "{page}");
    assert!(page.contains(">hello<") && !page.contains("<textarea"), "{page}");

    let conversation = path.rsplit('/').next().expect("an id").to_owned();
    let message = [("conversation", &*conversation), ("id", &*new_id()), ("body", "kept for copying")];
    let his = ben.get(&path).await.text;
    assert!(his.contains("<textarea") && !his.contains("Unblock") && !his.contains("have blocked"), "{his}");
    for browser in [&mut ana, &mut ben] {
        let refused = browser.submit(&path, &message).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text.contains("kept for copying"), "{}", refused.text);
    }
    let refused = ben.submit(&path, &message).await.text;
    assert!(refused.contains("This message can't be delivered."), "{refused}");

    // The end of the block gives the refused text back to the composer.
    let refused = ana.submit(&path, &message).await.text;
    assert!(refused.contains(r#"name="body" value="kept for copying""#), "{refused}");
    let unblock = [("user", &*him), ("on", "false")];
    let page = ana.submit(&path, &[&unblock[..], &message].concat()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(">\nkept for copying</textarea>") && !page.text.contains("delivered."), "{}", page.text);
    set_block(&mut ana, &him, true).await;

    assert_eq!(ana.submit(&path, &unblock).await.location(), path);
    assert!(ana.get(&path).await.text.contains("<textarea"));
    assert_eq!(ben.submit(&path, &message).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_set_and_removed_without_script_on_the_page_of_a_first_message_and_of_a_message() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, _cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (him, cy) = (ana.id_of("ben").await, ana.id_of("cy").await);
    let conversation = ana.start("ben", "hello").await;
    let message = ben.say(&conversation, "hello yourself").await;
    let of_message = format!("/messages/{conversation}/message/{}/{}", message.sent_at.url_safe(), message.id);
    for (path, user) in [(format!("/messages/new/user/{cy}"), &cy), (of_message, &him)] {
        assert!(ana.get(&path).await.text.contains(">Block<"), "{path}");
        assert_eq!(ana.submit(&path, &[("user", user), ("on", "true")]).await.location(), path);
        let page = ana.get(&path).await.text;
        assert!(page.contains(">Unblock<") && !page.contains(r#"name="body""#), "{page}");
        assert_eq!(ana.submit(&path, &[("user", user), ("on", "false")]).await.location(), path);
        assert!(ana.get(&path).await.text.contains(">Block<"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_finds_those_whom_they_have_blocked_in_a_list_and_unblocks_them_without_script() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let _others = (app.sign_in("cy").await, app.sign_in("gone").await);
    let (her, him) = (ben.id_of("ana").await, ana.id_of("ben").await);
    let (cy, gone) = (ana.id_of("cy").await, ana.id_of("gone").await);
    let listed = async |browser: &mut Browser| {
        let users: Vec<User> = browser.call("list_blocked", &[]).await.json();
        users.into_iter().map(|user| user.id.to_string()).collect::<Vec<_>>()
    };
    assert!(ana.get("/settings/blocked").await.text.contains("You haven't blocked anyone."));
    set_block(&mut ben, &her, true).await;
    assert_eq!(listed(&mut ana).await, [""; 0], "a user does not learn who has blocked them");
    // Without a conversation with any of them.
    for user in [&gone, &cy, &him] {
        set_block(&mut ana, user, true).await;
    }
    app.database.execute("delete from users where handle = 'gone'").await;
    app.state.store.remembered.forget_all();
    assert_eq!(listed(&mut ana).await, [&*him, &cy, &gone]);
    let page = ana.get("/settings/blocked").await.text;
    assert!(page.contains(">Unblock<") && page.contains(">cy<") && page.contains("Deleted user"), "{page}");

    for user in [&him, &gone] {
        let done = ana.submit("/settings/blocked", &[("user", user)]).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/settings/blocked?unblocked=1"));
    }
    assert_eq!(listed(&mut ana).await, [cy]);
    assert!(ana.get("/settings/blocked?unblocked=1").await.text.contains("Unblocked."));
    assert_eq!(listed(&mut ben).await, [her], "his own block stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_existing_other_users_can_be_blocked_and_a_deleted_one_unblocked() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (ben.id_of("ana").await, ana.id_of("ben").await);
    for user in [&*her, "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"] {
        let refused = ana.call("block_user", &[("user", user), ("on", "true")]).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::NOT_FOUND, AppError::NotFound));
    }
    set_block(&mut ana, &him, true).await;
    app.database.execute("delete from users where handle = 'ben'").await;
    app.state.store.remembered.forget_all();
    set_block(&mut ana, &him, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_passes_between_two_users_with_a_block() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "first").await;
    let message = ben.say(&conversation, "second").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    wait_until_online(&app, [her.id, him.id]).await;
    wait_for(&mut hers, &Event::PersonArrived { person: him.id }).await;
    set_block(&mut ana, &him.id.to_string(), true).await;
    assert_eq!(wait_until_gone(&mut his, her.id).await, None, "not when");
    wait_for(&mut hers, &Event::BlockChanged { by: her.id, user: him.id, on: true }).await;
    assert_eq!(wait_until_gone(&mut hers, him.id).await, None, "not when");
    let read = Event::ConversationRead {
        conversation: conversation.parse().expect("an id"),
        reader: her.id,
        seq: 2,
        unmarked: 0,
    };
    assert_eq!(hers.next_of_any_kind().await, Some(read), "it leaves her unread count, and he does not hear of it");

    for browser in [&mut ana, &mut ben] {
        for (endpoint, more) in
            [("typing", None), ("mark_read", Some(("seq", "2"))), ("mark_delivered", Some(("seq", "2")))]
        {
            let fields: Vec<_> = [("conversation", &*conversation)].into_iter().chain(more).collect();
            assert_eq!(browser.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
        }
        watch_presence(browser, &conversation).await;
        let refused = browser.call_about("react", (&conversation, &message), &[("emoji", "👍"), ("on", "true")]).await;
        assert_eq!(refused.error(), AppError::Conflict(Conflict::Undeliverable));
        assert_eq!(send(browser, &conversation).await.status, StatusCode::CONFLICT);
        let receipts: ReceiptsByReader = browser.call("find_receipts", &[("conversation", &conversation)]).await.json();
        assert_eq!(receipts, ReceiptsByReader::default());
    }
    // A new page of each, and then something that does pass, so that nothing else has come before it.
    let (_her_other, _his_other) = (Stream::open(&ana).await, Stream::open(&ben).await);
    ben.call_about("delete_message", (&conversation, &message), &[]).await;
    for (stream, me) in [(&mut hers, her.id), (&mut his, him.id)] {
        loop {
            match stream.next_of_any_kind().await.expect("an open stream") {
                Event::MessageChanged { message, .. } => break assert!(message.is_deleted()),
                Event::ConversationRead { reader, .. } if reader == me => {}
                other => panic!("{other:?}"),
            }
        }
    }

    set_block(&mut ana, &him.id.to_string(), false).await;
    wait_for(&mut his, &Event::PersonArrived { person: her.id }).await;
    wait_for(&mut his, &Event::Resync).await;
    wait_for(&mut hers, &Event::PersonArrived { person: him.id }).await;
    ben.call("typing", &[("conversation", &conversation)]).await;
    loop {
        match hers.next().await.expect("an open stream") {
            Event::Typing { .. } => break,
            // The end of the block reaches her on several ways, in any order.
            Event::BlockChanged { by, on: false, .. } => assert_eq!(by, her.id),
            Event::PersonArrived { person } => assert_eq!(person, him.id),
            other => panic!("{other:?}"),
        }
    }
    let view: ConversationView = ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
    assert!(!view.has_blocked && view.receipts != ReceiptsByReader::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_a_conversation_do_not_see_each_other_after_a_block_has_ended() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await.id, whoami(&mut ben).await.id);
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    wait_until_online(&app, [her, him]).await;
    // The first one ends a block that never was.
    for on in [false, true, false] {
        set_block(&mut ana, &him.to_string(), on).await;
    }
    ana.request_conversation("ben", "hello").await;
    let mut event = hers.next_of_any_kind().await;
    while matches!(event, Some(Event::BlockChanged { .. })) {
        event = hers.next_of_any_kind().await;
    }
    assert!(matches!(event, Some(Event::MessageSent { .. })), "{event:?}");
    assert_eq!(his.next_of_any_kind().await, Some(Event::Resync), "of the request");
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_ends_after_a_block_whose_event_is_lost() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    ana.start("ben", "first").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    wait_until_online(&app, [her.id, him.id]).await;
    wait_for(&mut hers, &Event::PersonArrived { person: him.id }).await;
    app.state.store.conversations.set_block(&him, &her, true).await.expect("blocked");
    live::part_blocked(&app.state).await;
    assert_eq!(wait_until_gone(&mut hers, him.id).await, None, "not when");
    assert_eq!(wait_until_gone(&mut his, her.id).await, None, "not when");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_who_have_blocked_each_other_are_reunited_by_the_second_of_them() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.start("ben", "first").await;
    set_block(&mut ana, &him.id.to_string(), true).await;
    set_block(&mut ben, &her.id.to_string(), true).await;
    let mut hers = Stream::open(&ana).await;
    let mut his = Stream::open(&ben).await;
    wait_until_online(&app, [her.id, him.id]).await;
    set_block(&mut ana, &him.id.to_string(), false).await;
    let next = hers.next_of_any_kind().await;
    assert_eq!(next, Some(Event::BlockChanged { by: her.id, user: him.id, on: false }));
    assert_eq!(send(&mut ana, &conversation).await.status, StatusCode::CONFLICT);
    set_block(&mut ben, &her.id.to_string(), false).await;
    assert_eq!(hers.next_of_any_kind().await, Some(Event::PersonArrived { person: him.id }));
    wait_for(&mut his, &Event::PersonArrived { person: her.id }).await;
    ana.say(&conversation, "second").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_api_refuses_the_blocker_too() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (_ben, his): (Browser, ApiClient) = new_user(&app, "ben").await;
    let conversation = ana.start("ben", "hello").await;
    let him = ana.id_of("ben").await;
    set_block(&mut ana, &him, true).await;
    for client in [&client, &his] {
        let refused = client.post(&json!({ "message": "hello?", "message_group_uuid": conversation })).await;
        assert_eq!((refused.status, &*refused.text), (StatusCode::NOT_FOUND, r#"["not_found"]"#));
        let messages: Vec<serde_json::Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
        assert_eq!(messages.len(), 1, "both can read");
    }
}
