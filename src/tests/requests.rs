//! Message requests, through the pages, the server functions, the JSON API and the event streams.

use cruddur_messages::domain::conversation::{Conversation, ConversationView, ReceiptsByReader};
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::request::Request;
use cruddur_messages::domain::settings::{Settings, Starters};
use reqwest::StatusCode;
use serde_json::json;

use crate::blocks::seen;
use crate::json_api::fixtures::new_user;
use crate::live::Stream;
use crate::presence::{wait_for, watch_presence, whoami};
use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::fault_proxy::FaultProxy;

async fn view(browser: &mut Browser, conversation: &str) -> ConversationView {
    browser.call("open_conversation", &[("conversation", conversation)]).await.json()
}

async fn requests(browser: &mut Browser) -> Vec<Conversation> {
    browser.call("list_requests", &[]).await.json()
}

async fn count(browser: &mut Browser) -> u64 {
    browser.call("count_requests", &[]).await.json()
}

async fn list(browser: &mut Browser) -> Vec<String> {
    let page: Page<Conversation> = browser.call("list_conversations", &[]).await.json();
    page.items.into_iter().map(|row| row.id.to_string()).collect()
}

/// Answers a request: `endpoint` is `accept_request` or `delete_request`.
async fn answer(browser: &mut Browser, endpoint: &str, conversation: &str) -> Answer {
    browser.call(endpoint, &[("conversation", conversation)]).await
}

async fn send(browser: &mut Browser, conversation: &str, body: &str) -> Answer {
    browser.call("send_message", &[("conversation", conversation), ("id", &new_id()), ("body", body)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_listed_apart_and_counts_as_unread_only_once_it_is_accepted() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.request_conversation("ben", "hello").await;
    assert_eq!((list(&mut ana).await, list(&mut ben).await), (vec![conversation.clone()], vec![]));
    assert_eq!((count(&mut ana).await, count(&mut ben).await), (0, 1));
    let unread = async |browser: &mut Browser| browser.call("count_unread", &[]).await.json::<u64>();
    assert_eq!(unread(&mut ben).await, 0);
    let listed = requests(&mut ben).await;
    let her = whoami(&mut ana).await;
    assert_eq!(
        (listed.len(), listed[0].preview.as_str(), listed[0].peer(whoami(&mut ben).await.id)),
        (1, "hello", Some(&her))
    );
    let (hers, his) = (view(&mut ana, &conversation).await, view(&mut ben, &conversation).await);
    assert_eq!((hers.request, his.request), (Some(Request::Sent { left: 2 }), Some(Request::Received)));

    assert_eq!(answer(&mut ben, "accept_request", &conversation).await.status, StatusCode::OK);
    assert_eq!(answer(&mut ben, "accept_request", &conversation).await.status, StatusCode::OK, "again");
    assert_eq!(
        (list(&mut ben).await, count(&mut ben).await, unread(&mut ben).await),
        (vec![conversation.clone()], 0, 1)
    );
    assert_eq!(view(&mut ben, &conversation).await.request, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fourth_message_is_refused_in_words_and_with_a_code_until_an_answer() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let mut ben = app.sign_in("ben").await;
    let conversation = ana.request_conversation("ben", "1").await;
    for text in ["2", "3"] {
        assert_eq!(send(&mut ana, &conversation, text).await.status, StatusCode::OK);
    }
    let refused = send(&mut ana, &conversation, "4").await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, AppError::Conflict(Conflict::RequestPending)));
    let path = format!("/messages/{conversation}");
    let page = ana.submit(&path, &[("conversation", &conversation), ("id", &new_id()), ("body", "kept")]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("You can send 3 messages") && page.text.contains("kept"), "{}", page.text);
    let by_program = client.post(&json!({ "message": "4", "handle": "ben" })).await;
    assert_eq!((by_program.status, by_program.text.as_str()), (StatusCode::CONFLICT, r#"["request_pending"]"#));
    assert_eq!(send(&mut ben, &conversation, "answer").await.status, StatusCode::OK);
    assert_eq!(send(&mut ana, &conversation, "4").await.status, StatusCode::OK);
    assert_eq!(ben.texts(&conversation).await, ["1", "2", "3", "answer", "4"]);
    assert_eq!((list(&mut ben).await, count(&mut ben).await), (vec![conversation], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_recipient_can_accept_or_delete_a_request() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.request_conversation("ben", "hello").await;
    for endpoint in ["accept_request", "delete_request"] {
        for browser in [&mut ana, &mut cy] {
            let refused = answer(browser, endpoint, &conversation).await;
            assert_eq!((refused.status, refused.error()), (StatusCode::NOT_FOUND, AppError::NotFound), "{endpoint}");
        }
    }
    assert_eq!(answer(&mut ben, "delete_request", &conversation).await.status, StatusCode::OK);
    assert_eq!((requests(&mut ben).await, list(&mut ana).await.len()), (vec![], 1));
    assert_eq!(send(&mut ana, &conversation, "again").await.status, StatusCode::OK);
    assert_eq!(requests(&mut ben).await[0].preview, "again");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_between_the_two_until_the_request_is_accepted() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (her, him) = (whoami(&mut ana).await, whoami(&mut ben).await);
    let conversation = ana.request_conversation("ben", "hello").await;
    let message = view(&mut ana, &conversation).await.messages.items.pop().expect("a message");
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    for browser in [&mut ana, &mut ben] {
        watch_presence(browser, &conversation).await;
        for (endpoint, more) in
            [("typing", None), ("mark_read", Some(("seq", "1"))), ("mark_delivered", Some(("seq", "1")))]
        {
            let fields: Vec<_> = [("conversation", &*conversation)].into_iter().chain(more).collect();
            assert_eq!(browser.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
        }
        assert_eq!(view(browser, &conversation).await.receipts, ReceiptsByReader::default());
    }
    let refused = ben.call_about("react", (&conversation, &message), &[("emoji", "👍"), ("on", "true")]).await;
    assert_eq!(refused.error(), AppError::Conflict(Conflict::RequestNotAccepted));
    // The first event that is not about the user's own position: what came before would be one.
    let is_own = |event: &Event| matches!(event, Event::ConversationRead { .. });
    send(&mut ana, &conversation, "2").await;
    let mut event = hers.next_of_any_kind().await.expect("an event");
    while is_own(&event) {
        event = hers.next_of_any_kind().await.expect("an event");
    }
    assert!(matches!(&event, Event::MessageSent { message, .. } if message.body == "2"), "{event:?}");
    event = his.next_of_any_kind().await.expect("an event");
    while is_own(&event) {
        event = his.next_of_any_kind().await.expect("an event");
    }
    assert_eq!(event, Event::Resync, "the text does not come by itself");

    assert_eq!(answer(&mut ben, "accept_request", &conversation).await.status, StatusCode::OK);
    wait_for(&mut hers, &Event::PersonArrived { person: him.id }).await;
    wait_for(&mut his, &Event::PersonArrived { person: her.id }).await;
    assert_ne!(view(&mut ana, &conversation).await.receipts, ReceiptsByReader::default());
    ben.call("typing", &[("conversation", &conversation)]).await;
    let id = conversation.parse().expect("an id");
    wait_for(&mut hers, &Event::Typing { conversation: id, author: him.id }).await;
    send(&mut ana, &conversation, "3").await;
    while !matches!(his.next().await, Some(Event::MessageSent { message, .. }) if message.body == "3") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_read_accepted_and_deleted_without_script() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    assert!(!ben.get("/messages").await.text.contains("message request"));
    let path = format!("/messages/{}", ana.request_conversation("ben", "see https://example.com/").await);
    let page = ben.get("/messages").await.text;
    assert!(page.contains("1 message request<") && page.contains("<title>Messages"), "{page}");
    let page = ben.get("/messages/requests").await.text;
    assert!(page.contains(&format!(r#"href="{path}""#)) && page.contains("see https://example.com/"), "{page}");
    let page = ben.get(&path).await.text;
    assert!(page.contains("wants to write to you") && page.contains(">Accept<") && page.contains(">Block<"), "{page}");
    assert!(!page.contains("<textarea") && !page.contains(r#"href="https://example.com/""#), "{page}");
    assert!(ana.get(&path).await.text.contains(r#"href="https://example.com/""#), "for its sender all is as usual");

    let done = ben.submit(&path, &[("request", "delete")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/messages/requests"));
    assert!(ben.get("/messages/requests").await.text.contains("You have no message requests."));
    let done = ben.submit(&path, &[("request", "accept")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, &*path));
    let page = ben.get(&path).await.text;
    assert!(page.contains("<textarea") && page.contains(r#"href="https://example.com/""#), "{page}");
    assert!(ben.get("/messages").await.text.contains(&path));
    assert_eq!(ben.submit(&path, &[("request", "perhaps")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        ana.submit(&path, &[("request", "accept")]).await.status,
        StatusCode::SEE_OTHER,
        "there is none any more"
    );
}

async fn set_starters(browser: &mut Browser, starters: &str) {
    let answer = browser.call("save_settings", &[("receipts", "true"), ("starters", starters)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Sends a first message to the user with this id.
async fn send_first(browser: &mut Browser, to: &str) -> Answer {
    browser.call("send_first_message", &[("to", to), ("id", &new_id()), ("body", "hello?")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_takes_no_requests_gives_the_same_answers_as_one_who_has_blocked_the_sender() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, mut cy) = (app.sign_in("ben").await, app.sign_in("cy").await);
    let (her, him, them) = (cy.id_of("ana").await, ana.id_of("ben").await, ana.id_of("cy").await);
    assert_eq!(cy.call("block_user", &[("user", &her), ("on", "true")]).await.status, StatusCode::OK);
    for starters in ["contacts", "nobody"] {
        set_starters(&mut ben, starters).await;
        let refused = send_first(&mut ana, &him).await;
        assert_eq!(
            (refused.status, refused.error()),
            (StatusCode::CONFLICT, AppError::Conflict(Conflict::Undeliverable))
        );
        assert_eq!(seen(&refused), seen(&send_first(&mut ana, &them).await), "{starters}");
        let by_handle = async |handle: &str| client.post(&json!({ "message": "hello?", "handle": handle })).await;
        assert_eq!(seen(&by_handle("ben").await), seen(&by_handle("cy").await), "{starters}");
    }
    assert!(requests(&mut ben).await.is_empty());
    // A user to whom he has written can answer.
    assert_eq!(send_first(&mut ben, &her).await.status, StatusCode::OK);
    assert_eq!(send_first(&mut ana, &him).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_makes_the_same_calls_to_dynamodb_whether_by_a_block_or_by_a_choice() {
    let dynamodb = DynamoDb::start().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let app = TestApp::start_with_endpoint(dynamodb, proxy.endpoint(), |_| {}).await;
    let mut ana = app.sign_in("ana").await;
    let (mut starts, mut peers) = (Vec::new(), Vec::new());
    for (handle, has_request) in [("ben", false), ("cy", false), ("dee", true), ("eve", true)] {
        let mut peer = app.sign_in(handle).await;
        let (her, them) = (peer.id_of("ana").await, ana.id_of(handle).await);
        if has_request {
            ana.request_conversation(handle, "hello?").await;
        }
        if ["ben", "dee"].contains(&handle) {
            set_starters(&mut peer, "nobody").await;
        } else {
            assert_eq!(peer.call("block_user", &[("user", &her), ("on", "true")]).await.status, StatusCode::OK);
        }
        starts.push(them);
        peers.push(peer);
    }
    let mut calls = async |to: &str| {
        // The first call may have to learn something about the table.
        for _ in 0..2 {
            proxy.take_requests();
            assert_eq!(send_first(&mut ana, to).await.error(), AppError::Conflict(Conflict::Undeliverable));
        }
        proxy.take_requests()
    };
    let [ben, cy, dee, eve] =
        [calls(&starts[0]).await, calls(&starts[1]).await, calls(&starts[2]).await, calls(&starts[3]).await];
    assert!(ben.iter().any(|call| call.starts_with("TransactWriteItems")), "{ben:?}");
    assert_eq!(ben, cy, "a first message");
    assert!(!dee.is_empty());
    assert_eq!(dee, eve, "another message of a request");
    for (peer, count) in peers.iter_mut().zip([0, 0, 1, 0]) {
        assert_eq!(requests(peer).await.len(), count, "nothing is stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_requests_holds_for_those_that_have_come_and_not_for_accepted_conversations() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let request = ana.request_conversation("ben", "1").await;
    let accepted = cy.start("ben", "1").await;
    set_starters(&mut ben, "contacts").await;
    let refused = send(&mut ana, &request, "2").await;
    assert_eq!(refused.error(), AppError::Conflict(Conflict::Undeliverable));
    assert_eq!(send(&mut cy, &accepted, "2").await.status, StatusCode::OK);
    assert_eq!(answer(&mut ben, "accept_request", &request).await.status, StatusCode::OK);
    assert_eq!(send(&mut ana, &request, "2").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_who_can_start_a_conversation_is_saved_without_script_and_by_no_page_without_it() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let chosen = async |ana: &mut Browser| ana.call("load_settings", &[]).await.json::<Settings>().starters;
    assert_eq!(chosen(&mut ana).await, Starters::Everyone);
    let saved = ana.submit("/settings", &[("receipts", "true"), ("starters", "nobody")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/settings?saved=1"));
    let page = ana.get("/settings").await.text;
    assert!(page.contains(r#"<option value="nobody" selected"#), "{page}");
    // A page of an earlier version has no such field.
    assert_eq!(ana.call("save_settings", &[("receipts", "true")]).await.status, StatusCode::OK);
    assert_eq!(chosen(&mut ana).await, Starters::Nobody);
}
