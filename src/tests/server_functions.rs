//! Every server function: who may call it, and what it says to bad input.

use std::collections::BTreeSet;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, form, new_id};
use crate::support::cognito::PASSWORD;

const STRANGE: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Anybody,
    SignedIn,
}

/// A server function.
struct Call {
    endpoint: &'static str,
    who: Who,
    arguments: Vec<Argument>,
}

/// What a server function takes under a name, where it cannot do without, and what it does not take.
struct Argument {
    name: &'static str,
    good: Option<String>,
    bad: Vec<String>,
}

/// An argument that must be there.
fn needed(name: &'static str, good: &str, bad: &[&str]) -> Argument {
    Argument { name, good: Some(good.to_owned()), bad: bad.iter().map(|text| (*text).to_owned()).collect() }
}

/// An argument that may be left out, and is.
fn optional(name: &'static str, bad: &[&str]) -> Argument {
    Argument { name, good: None, bad: bad.iter().map(|text| (*text).to_owned()).collect() }
}

impl Call {
    fn new<const N: usize>(who: Who, endpoint: &'static str, arguments: [Argument; N]) -> Self {
        Self { endpoint, who, arguments: arguments.into() }
    }

    /// The arguments that it takes.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        self.arguments.iter().filter_map(|argument| Some((argument.name, argument.good.as_deref()?))).collect()
    }

    /// The same, but for one that is another, or missing.
    fn fields_but<'a>(&'a self, name: &'static str, value: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
        let others = self.fields().into_iter().filter(|(other, _)| *other != name);
        others.chain(value.map(|value| (name, value))).collect()
    }

    /// Whether it is about a conversation.
    fn names_a_conversation(&self) -> bool {
        self.arguments.iter().any(|argument| argument.name == "conversation")
    }
}

/// Every server function, with arguments that a member of `talk` may use, who writes to `person`, and others that nobody may.
fn calls(talk: &str, person: &str) -> Vec<Call> {
    use Who::{Anybody, SignedIn};
    let talk = || needed("conversation", talk, &["", "@bayko", "not-an-id"]);
    let to = needed("to", person, &["", "@bayko"]);
    let author = || optional("author", &["@bayko"]);
    let id = || needed("id", &new_id(), &["", "@bayko"]);
    let body = || needed("body", "hello", &["", " \n\t ", "a\u{7}b", &"🎈".repeat(1025)]);
    let seq = || needed("seq", "1", &["-1", "one", "99999999999999999999"]);
    // A text that is no handle is nobody's handle: not found, and tested below.
    let ben = || needed("handle", "ben", &[]);
    let place = ["garbage", "before-yesterday", "%00../../"];
    let email = || needed("email", "ana@example.com", &["", "ana", &format!("{}@example.com", "a".repeat(250))]);
    let password = || needed("password", PASSWORD, &["", &"x".repeat(257)]);
    let code = || needed("code", "123456", &["", "abc", &"1".repeat(13)]);
    let some = needed("conversations[0]", STRANGE, &["", "@bayko", "not-an-id"]);
    let name = needed("name", "Ana", &["", "a\u{7}b", &"x".repeat(65)]);
    let handle = needed("handle", "ana", &["", "!", &"a".repeat(33)]);
    vec![
        Call::new(SignedIn, "current_user", []),
        Call::new(SignedIn, "list_conversations", [optional("cursor", &place)]),
        Call::new(SignedIn, "open_conversation", [talk(), optional("cursor", &place)]),
        Call::new(SignedIn, "list_messages", [talk(), needed("cursor", "before-9999-12-31T23:59:59Z", &place)]),
        Call::new(SignedIn, "messages_after", [talk(), optional("after", &["yesterday"])]),
        Call::new(SignedIn, "send_message", [talk(), id(), body(), author()]),
        Call::new(SignedIn, "send_first_message", [to, id(), body(), author()]),
        Call::new(SignedIn, "typing", [talk()]),
        Call::new(SignedIn, "look_for", [some]),
        Call::new(SignedIn, "mark_read", [talk(), seq()]),
        Call::new(SignedIn, "mark_unread", [talk()]),
        Call::new(SignedIn, "mark_delivered", [talk(), seq()]),
        Call::new(SignedIn, "find_receipts", [talk()]),
        Call::new(SignedIn, "load_settings", []),
        Call::new(SignedIn, "save_settings", [optional("receipts", &["perhaps"])]),
        Call::new(SignedIn, "search_users", [needed("query", "be", &["a\u{0}b", &"x".repeat(65)])]),
        Call::new(SignedIn, "find_recipient", [ben()]),
        Call::new(SignedIn, "start_conversation", [ben(), id(), body()]),
        Call::new(Anybody, "sign_in", [email(), password()]),
        Call::new(Anybody, "sign_up", [name, handle, email(), password()]),
        Call::new(Anybody, "confirm", [email(), code()]),
        Call::new(Anybody, "resend_code", [email()]),
        Call::new(Anybody, "forgot_password", [email()]),
        Call::new(Anybody, "reset_password", [email(), code(), password()]),
        Call::new(Anybody, "sign_out", []),
        // After it nothing else could be called.
        Call::new(SignedIn, "sign_out_everywhere", []),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_is_in_these_tests_and_takes_only_post() {
    let _app = TestApp::start().await;
    let known: BTreeSet<String> =
        calls(STRANGE, STRANGE).iter().map(|call| format!("/rpc/{}", call.endpoint)).collect();
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    assert_eq!(paths.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), known);
    assert!(paths.iter().all(|(_, method)| method == "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_anything_without_signing_in() {
    let app = TestApp::start().await;
    for call in calls(STRANGE, STRANGE).iter().filter(|call| call.who == Who::SignedIn) {
        let answer = app.browser().call(call.endpoint, &call.fields()).await;
        let told = (answer.status, answer.error());
        assert_eq!(told, (StatusCode::UNAUTHORIZED, AppError::Unauthenticated), "{}", call.endpoint);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_can_make_every_call() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (talk, person) = (ana.start("ben", "first").await, ana.id_of("ben").await);
    for call in calls(&talk, &person).iter().filter(|call| call.who == Who::SignedIn) {
        let answer = ana.call(call.endpoint, &call.fields()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", call.endpoint, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_in_a_conversation_that_is_not_theirs() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "between us").await;
    let mut cy = app.sign_in("cy").await;
    for call in calls(&talk, STRANGE).iter().filter(|call| call.names_a_conversation()) {
        let endpoint = call.endpoint;
        let theirs = cy.call(endpoint, &call.fields()).await;
        assert_eq!((theirs.status, theirs.error()), (StatusCode::NOT_FOUND, AppError::NotFound), "{endpoint}");
        // What is not there at all looks the same.
        let nothing = cy.call(endpoint, &call.fields_but("conversation", Some(STRANGE))).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text), "{endpoint}");
    }
    assert_eq!(ana.texts(&talk).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_sent_is_refused_with_its_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let too_long = "🎈".repeat(1025);
    for (body, reason) in [
        ("", "Write something first."),
        (" \n\t ", "Write something first."),
        (&*too_long, "A message has at most 1024 characters; this one has 1025."),
        ("a\u{7}b", "This text contains a control character that cannot be sent."),
    ] {
        let fields = [("conversation", &*talk), ("id", &new_id()), ("body", body)];
        let answer = ana.call("send_message", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
        assert_eq!(answer.error().field("body").as_deref(), Some(reason));
        let fields = [("handle", "ben"), ("id", &new_id()), ("body", body)];
        assert_eq!(ana.call("start_conversation", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ana.texts(&talk).await, ["first"]);
    let longest = "🎈".repeat(1024);
    assert_eq!(ana.say(&talk, &longest).await.body, longest);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_cannot_be_read_are_422_and_never_500() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (talk, person) = (ana.start("ben", "first").await, ana.id_of("ben").await);
    for call in &calls(&talk, &person) {
        for argument in &call.arguments {
            let missing = argument.good.is_some().then_some(None);
            for value in argument.bad.iter().map(|value| Some(value.as_str())).chain(missing) {
                let what = format!("{} with {} = {value:?}", call.endpoint, argument.name);
                let answer = ana.call(call.endpoint, &call.fields_but(argument.name, value)).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} {}", answer.text);
                assert!(matches!(answer.error(), AppError::Invalid(_)), "{what} {}", answer.text);
            }
        }
    }
    assert_eq!(ana.texts(&talk).await, ["first"], "nothing of it is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_at_the_edge_of_all_times_is_never_our_mistake() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    // The first three are of a year that no time here can have, once they are in UTC.
    for at in [
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+01:00",
        "0001-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
    ] {
        let mut calls = vec![("messages_after", "after", at.to_owned())];
        for way in ["before", "after"] {
            for endpoint in ["open_conversation", "list_messages", "list_conversations"] {
                calls.push((endpoint, "cursor", format!("{way}-{at}")));
            }
        }
        for (endpoint, name, value) in calls {
            let answer = ana.call(endpoint, &[("conversation", &talk), (name, &value)]).await;
            let is_answered = matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY);
            assert!(is_answered, "{endpoint} {name}={value}: {} {}", answer.status, answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_form_is_never_our_mistake() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for body in ["{\"query\":\"be\"}", "\u{0}\u{1}", "query=%ff%fe", "=&=&="] {
        let request =
            ana.request(Method::POST, "/rpc/search_users").header("content-type", "application/json").body(body);
        let answer = ana.send(request).await;
        assert!(!answer.status.is_server_error(), "{body:?}: {}", answer.status);
    }
    let request = form(ana.request(Method::POST, "/rpc/search_users"), &[("query", &"a".repeat(70_000))]);
    let answer = ana.send(request).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::PAYLOAD_TOO_LARGE, AppError::TooLarge));
}

#[tokio::test(flavor = "multi_thread")]
async fn yourself_and_unknown_handles_get_a_clear_answer() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let id = new_id();
    for (handle, status) in [
        ("ana", StatusCode::CONFLICT),
        ("@Ana", StatusCode::CONFLICT),
        ("nobody", StatusCode::NOT_FOUND),
        ("../ana", StatusCode::NOT_FOUND),
        (&*"a".repeat(33), StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ana.call("find_recipient", &[("handle", handle)]).await.status, status, "{handle}");
        let fields = [("handle", handle), ("id", &*id), ("body", "hi")];
        assert_eq!(ana.call("start_conversation", &fields).await.status, status, "{handle}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_stored_once_however_often_it_is_sent() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    let id = new_id();
    let fields = [("conversation", &*talk), ("id", &*id), ("body", "once")];
    let (first, second) = (ana.call("send_message", &fields).await, ana.call("send_message", &fields).await);
    assert_eq!((first.status, first.text), (second.status, second.text));
    assert_eq!(ben.texts(&talk).await, ["first", "once"]);
    let other_text = [("conversation", &*talk), ("id", &*id), ("body", "another")];
    assert_eq!(ana.call("send_message", &other_text).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.call("send_message", &fields).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.texts(&talk).await, ["first", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_by_id_is_stored_once_however_often_and_by_whatever_way_it_is_sent() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (to, id) = (ana.id_of("ben").await, new_id());
    let fields = [("to", &*to), ("id", &*id), ("body", "once")];
    let (first, second) =
        (ana.call("send_first_message", &fields).await, ana.call("send_first_message", &fields).await);
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let (talk, message): (conversation::Id, Message) = first.json();
    let talk = talk.to_string();
    assert_eq!((message.id.to_string(), message.seq), (id.clone(), 1));
    // As a form sends it, or a page that knows the conversation by now.
    for (endpoint, place) in [("start_conversation", ("handle", "ben")), ("send_message", ("conversation", &*talk))] {
        let again = ana.call(endpoint, &[place, ("id", &id), ("body", "once")]).await;
        assert_eq!(again.status, StatusCode::OK, "{endpoint}: {}", again.text);
    }
    assert_eq!(ben.texts(&talk).await, ["once"]);
    let next = ana.call("send_first_message", &[("to", &to), ("id", &new_id()), ("body", "and again")]).await;
    assert_eq!(next.json::<(conversation::Id, Message)>().0.to_string(), talk);
    assert_eq!(ben.texts(&talk).await, ["once", "and again"]);
    let other_text = [("to", &*to), ("id", &*id), ("body", "another")];
    assert_eq!(ana.call("send_first_message", &other_text).await.status, StatusCode::CONFLICT);
    for (person, status) in
        [(ben.id_of("ana").await, StatusCode::CONFLICT), (STRANGE.to_owned(), StatusCode::NOT_FOUND)]
    {
        let fields = [("to", &*person), ("id", &*new_id()), ("body", "hello?")];
        assert_eq!(ana.call("send_first_message", &fields).await.status, status);
    }
    assert_eq!(ben.texts(&talk).await, ["once", "and again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_wrote_nobody_sends_who_has_signed_in_since() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let talk = ana.start("ben", "first").await;
    let (anas, bens) = (ben.id_of("ana").await, ana.id_of("ben").await);
    for (endpoint, place, browser) in
        [("send_message", ("conversation", &*talk), &mut ben), ("send_first_message", ("to", &*bens), &mut cy)]
    {
        let fields = [place, ("id", &*new_id()), ("body", "in whose name?"), ("author", &*anas)];
        let answer = browser.call(endpoint, &fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNAUTHORIZED, AppError::Unauthenticated),
            "{endpoint}"
        );
        assert_eq!(ana.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
    }
    assert_eq!(ana.texts(&talk).await, ["first", "in whose name?", "in whose name?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_people_by_handle_and_name_but_not_oneself() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("benedict").await;
    app.sign_in("bea").await;
    let mut found = async |query: &str| -> Vec<String> {
        let users: Vec<User> = ana.call("search_users", &[("query", query)]).await.json();
        users.into_iter().map(|user| user.handle.to_string()).collect()
    };
    assert_eq!(found("ben").await, ["benedict"]);
    assert_eq!(found("@BEA").await, ["bea"]);
    assert_eq!(found("b").await, Vec::<String>::new());
    assert_eq!(found("ana").await, Vec::<String>::new());
    assert_eq!(found("%%").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_or_searches_too_fast_is_asked_to_wait() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "first").await;
    for (endpoint, fields) in [
        ("send_message", vec![("conversation", talk.clone()), ("id", new_id()), ("body", "again".to_owned())]),
        ("search_users", vec![("query", "ben".to_owned())]),
        ("look_for", vec![("conversations[0]", talk.clone())]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut refused = None;
        for _ in 0..200 {
            let answer = ana.call(endpoint, &fields).await;
            if answer.status != StatusCode::OK {
                refused = Some(answer);
                break;
            }
        }
        let answer = refused.unwrap_or_else(|| panic!("{endpoint} has a limit"));
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)));
    }
}
