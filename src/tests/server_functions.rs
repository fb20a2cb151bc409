//! Every server function: access, validation and rate limits.

use std::collections::BTreeSet;

use cruddur_messages::domain::changes::Changes;
use cruddur_messages::domain::conversation::{MessageView, SentMessage};
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use cruddur_messages::ui::wording::field_sentence;
use reqwest::{Method, StatusCode};

use crate::support::app::{TestApp, form, new_id};
use crate::support::cognito::PASSWORD;

const UNKNOWN_ID: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

/// Access to a server function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Public,
    SignedIn,
}

/// Call of a server function.
pub(crate) struct Call {
    pub(crate) endpoint: &'static str,
    access: Access,
    arguments: Vec<Argument>,
}

/// Argument of a server function: a valid value if it is required, and values that are rejected.
struct Argument {
    name: &'static str,
    good: Option<String>,
    bad: Vec<String>,
}

/// Returns a required argument.
fn required(name: &'static str, good: &str, bad: &[&str]) -> Argument {
    Argument { name, good: Some(good.to_owned()), bad: bad.iter().map(|text| (*text).to_owned()).collect() }
}

/// Returns an optional argument, which valid calls leave out.
fn optional(name: &'static str, bad: &[&str]) -> Argument {
    Argument { name, good: None, bad: bad.iter().map(|text| (*text).to_owned()).collect() }
}

impl Call {
    fn new<const N: usize>(access: Access, endpoint: &'static str, arguments: [Argument; N]) -> Self {
        Self { endpoint, access, arguments: arguments.into() }
    }

    /// Returns valid arguments.
    pub(crate) fn fields(&self) -> Vec<(&'static str, &str)> {
        self.arguments.iter().filter_map(|argument| Some((argument.name, argument.good.as_deref()?))).collect()
    }

    /// Returns valid arguments, with one replaced or left out.
    pub(crate) fn fields_with<'a>(
        &'a self,
        name: &'static str,
        value: Option<&'a str>,
    ) -> Vec<(&'static str, &'a str)> {
        let others = self.fields().into_iter().filter(|(other, _)| *other != name);
        others.chain(value.map(|value| (name, value))).collect()
    }

    /// Returns whether the call is about a conversation.
    fn names_a_conversation(&self) -> bool {
        self.arguments.iter().any(|argument| argument.name == "conversation")
    }
}

/// Conversation, recipient and message that the calls name.
pub(crate) struct Named<'a> {
    pub(crate) conversation: &'a str,
    pub(crate) recipient: &'a str,
    /// Id of a message of the caller's.
    pub(crate) message: &'a str,
    pub(crate) sent_at: &'a str,
}

/// Names of nothing that exists.
const UNKNOWN: Named<'_> =
    Named { conversation: UNKNOWN_ID, recipient: UNKNOWN_ID, message: UNKNOWN_ID, sent_at: "2026-11-21T09:26:28Z" };

impl<'a> Named<'a> {
    fn message(conversation: &'a str, message: &'a str, sent_at: &'a Message) -> Self {
        Self { conversation, message, sent_at: sent_at.sent_at.as_str(), ..UNKNOWN }
    }
}

/// Returns a call of every server function, valid for a member of the conversation.
pub(crate) fn calls(named: &Named<'_>) -> Vec<Call> {
    use Access::SignedIn;
    let conversation = || required("conversation", named.conversation, &["", "@bayko", "not-an-id"]);
    let message = || required("message", named.message, &["", "@bayko"]);
    // A time at which there is no message is not found rather than rejected.
    let sent_at = || required("sent_at", named.sent_at, &[]);
    let time = |name| required(name, named.sent_at, &["", "yesterday", "2026-11-21"]);
    let reply_to = || optional("reply_to", &["@bayko"]);
    let edits = required("edits", "0", &["-1", "one", "99999999999"]);
    let emoji = required("emoji", "👍", &["", "a", "👍👍", "1"]);
    let rev = required("rev", "0", &["-1", "one", "99999999999999999999"]);
    let to = required("to", named.recipient, &["", "@bayko"]);
    let author = || optional("author", &["@bayko"]);
    let id = || required("id", &new_id(), &["", "@bayko"]);
    let body = || required("body", "hello", &["", " \n\t ", "a\u{7}b", &"🎈".repeat(1025)]);
    let seq = || required("seq", "1", &["-1", "one", "99999999999999999999"]);
    // An invalid handle is not found rather than rejected; a test below covers it.
    let ben = || required("handle", "ben", &[]);
    let invalid_cursors = ["garbage", "before-yesterday", "%00../../"];
    let conversations = required("conversations[0]", UNKNOWN_ID, &["", "@bayko", "not-an-id"]);
    let mut calls = vec![
        Call::new(SignedIn, "current_user", []),
        Call::new(SignedIn, "list_conversations", [optional("cursor", &invalid_cursors)]),
        Call::new(SignedIn, "find_conversations", [required("query", "be", &["a\u{0}b", &"x".repeat(65)])]),
        Call::new(SignedIn, "count_unread", [optional("cursor", &invalid_cursors)]),
        Call::new(SignedIn, "open_conversation", [conversation(), optional("cursor", &invalid_cursors)]),
        Call::new(
            SignedIn,
            "list_messages",
            [conversation(), required("cursor", "before-9999-12-31T23:59:59Z", &invalid_cursors)],
        ),
        Call::new(SignedIn, "messages_after", [conversation(), optional("after", &["yesterday"])]),
        Call::new(SignedIn, "send_message", [conversation(), id(), body(), author(), reply_to()]),
        Call::new(
            SignedIn,
            "edit_message",
            [
                conversation(),
                message(),
                sent_at(),
                edits,
                required("body", "edited", &["", " \n", "a\u{7}b"]),
                author(),
            ],
        ),
        Call::new(
            SignedIn,
            "react",
            [conversation(), message(), sent_at(), emoji, required("on", "true", &["", "perhaps"]), author()],
        ),
        Call::new(SignedIn, "find_message", [conversation(), message(), sent_at()]),
        Call::new(SignedIn, "delete_message", [conversation(), message(), sent_at(), author()]),
        Call::new(SignedIn, "changes_after", [conversation(), rev]),
        Call::new(SignedIn, "reload_messages", [conversation(), time("from"), time("to")]),
        Call::new(SignedIn, "send_first_message", [to, id(), body(), author()]),
        Call::new(SignedIn, "typing", [conversation()]),
        Call::new(SignedIn, "watch_presence", [conversations]),
        Call::new(SignedIn, "mark_read", [conversation(), seq()]),
        Call::new(SignedIn, "mark_unread", [conversation()]),
        Call::new(SignedIn, "mark_delivered", [conversation(), seq()]),
        Call::new(SignedIn, "find_receipts", [conversation()]),
        Call::new(SignedIn, "search_users", [required("query", "be", &["a\u{0}b", &"x".repeat(65)])]),
        Call::new(SignedIn, "find_recipient", [ben()]),
        Call::new(SignedIn, "start_conversation", [ben(), id(), body()]),
    ];
    calls.extend(report_calls(named).into_iter().chain(block_calls(named)));
    calls.extend(request_calls(named).into_iter().chain(settings_calls()).chain(account_calls()));
    calls
}

/// Returns the calls about blocks. They remove a block, so that the other calls remain valid.
fn block_calls(named: &Named<'_>) -> [Call; 3] {
    use Access::SignedIn;
    let user = || required("user", named.recipient, &["", "@bayko"]);
    [
        Call::new(SignedIn, "list_blocked", []),
        Call::new(SignedIn, "end_block", [user()]),
        Call::new(SignedIn, "block_user", [user(), required("on", "false", &["", "perhaps"])]),
    ]
}

/// Returns the calls about the settings.
fn settings_calls() -> [Call; 2] {
    let [receipts, presence] = ["receipts", "presence"].map(|name| optional(name, &["perhaps"]));
    let starters = optional("starters", &["friends"]);
    [
        Call::new(Access::SignedIn, "load_settings", []),
        Call::new(Access::SignedIn, "save_settings", [receipts, presence, starters, optional("seen", &[])]),
    ]
}

/// Returns the calls about message requests.
fn request_calls(named: &Named<'_>) -> [Call; 4] {
    let conversation = || required("conversation", named.conversation, &["", "@bayko", "not-an-id"]);
    [
        Call::new(Access::SignedIn, "list_requests", []),
        Call::new(Access::SignedIn, "count_requests", []),
        Call::new(Access::SignedIn, "accept_request", [conversation()]),
        Call::new(Access::SignedIn, "delete_request", [conversation()]),
    ]
}

/// Returns the calls that report the other member of the conversation.
fn report_calls(named: &Named<'_>) -> [Call; 2] {
    let conversation = || required("conversation", named.conversation, &["", "@bayko", "not-an-id"]);
    // Without the other one, neither names a message.
    let message = || optional("message", &["@bayko", UNKNOWN_ID]);
    let sent_at = || optional("sent_at", &["2026-11-21T09:26:28Z"]);
    let reason = required("reason", "spam", &["", "because"]);
    let details = optional("details", &["a\u{7}b", &"🎈".repeat(1025)]);
    [
        Call::new(Access::SignedIn, "find_report_subject", [conversation(), message(), sent_at()]),
        Call::new(Access::SignedIn, "report", [conversation(), message(), sent_at(), reason, details]),
    ]
}

/// Returns a call of every server function of accounts and sessions.
fn account_calls() -> Vec<Call> {
    use Access::{Public, SignedIn};
    let email = || required("email", "ana@example.com", &["", "ana", &format!("{}@example.com", "a".repeat(250))]);
    let password = || required("password", PASSWORD, &["", &"x".repeat(257)]);
    let code = || required("code", "123456", &["", "abc", &"1".repeat(13)]);
    let name = required("name", "Ana", &["", "a\u{7}b", &"x".repeat(65)]);
    let handle = required("handle", "ana", &["", "!", &"a".repeat(33)]);
    let new_name = required("name", "Ana Lima", &["", "a\u{7}b", "\u{202e}anA", &"x".repeat(65)]);
    let new_handle = required("handle", "ana.lima", &["", "!", "admin", "ad_min", &"a".repeat(33)]);
    let current_password = || required("current_password", PASSWORD, &["", &"x".repeat(257)]);
    let new_email = required("email", "ana@new.example.com", &["", "ana"]);
    let any_password = required("current_password", PASSWORD, &[]);
    vec![
        Call::new(Public, "sign_in", [email(), password()]),
        // Whatever the answer is, it leads back to the sign-in: none waits for it.
        Call::new(Public, "answer_sign_in_code", [required("code", "123456", &[])]),
        Call::new(Public, "set_first_password", [required("password", PASSWORD, &[])]),
        Call::new(Public, "sign_up", [name, handle, email(), password()]),
        Call::new(Public, "confirm", [email(), code()]),
        Call::new(Public, "resend_code", [email()]),
        Call::new(Public, "forgot_password", [email()]),
        Call::new(Public, "reset_password", [email(), code(), password()]),
        Call::new(SignedIn, "list_sessions", []),
        Call::new(SignedIn, "end_session", [required("session", UNKNOWN_ID, &["", "@bayko", "not-an-id"])]),
        Call::new(SignedIn, "end_other_sessions", []),
        Call::new(SignedIn, "load_authenticator", []),
        Call::new(SignedIn, "turn_off_authenticator", [current_password()]),
        // Without a key that is being set up, it leads back to the page.
        Call::new(SignedIn, "turn_on_authenticator", [required("code", "123456", &[]), any_password]),
        Call::new(SignedIn, "start_authenticator", []),
        Call::new(SignedIn, "load_email", []),
        Call::new(SignedIn, "change_email", [new_email, current_password()]),
        Call::new(SignedIn, "confirm_email", [code()]),
        Call::new(SignedIn, "load_profile", []),
        Call::new(
            SignedIn,
            "save_profile",
            [new_name, new_handle, optional("seen_name", &[]), optional("seen_handle", &[])],
        ),
        Call::new(SignedIn, "change_password", [current_password(), password()]),
        Call::new(Public, "sign_out", []),
        // With a wrong password: it would end the session that the other calls need.
        Call::new(SignedIn, "delete_account", [required("current_password", "wrong", &["", &"x".repeat(257)])]),
        // Last: it ends the session that the other calls need.
        Call::new(SignedIn, "sign_out_everywhere", []),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_is_in_these_tests_and_takes_only_post() {
    let _app = TestApp::start().await;
    let known: BTreeSet<String> = calls(&UNKNOWN).iter().map(|call| format!("/rpc/{}", call.endpoint)).collect();
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    assert_eq!(paths.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), known);
    assert!(paths.iter().all(|(_, method)| method == "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_protected_call_requires_a_session() {
    let app = TestApp::start().await;
    for call in calls(&UNKNOWN).iter().filter(|call| call.access == Access::SignedIn) {
        let answer = app.browser().call(call.endpoint, &call.fields()).await;
        let error = (answer.status, answer.error());
        assert_eq!(error, (StatusCode::UNAUTHORIZED, AppError::Unauthenticated), "{}", call.endpoint);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_can_make_every_call() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (conversation, recipient) = (ana.start("ben", "first").await, ana.id_of("ben").await);
    let message = ana.say(&conversation, "second").await;
    let id = message.id.to_string();
    let named = Named { recipient: &recipient, ..Named::message(&conversation, &id, &message) };
    // The emulator confirms no address. `own_email.rs` does, and `deletion/` deletes accounts.
    let elsewhere = ["confirm_email", "delete_account"];
    let possible = |call: &&Call| call.access == Access::SignedIn && !elsewhere.contains(&call.endpoint);
    for call in calls(&named).iter().filter(possible) {
        let answer = ana.call(call.endpoint, &call.fields()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", call.endpoint, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_has_no_access_to_a_conversation() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "between us").await;
    let mut cy = app.sign_in("cy").await;
    let message = ana.say(&conversation, "and nobody else").await;
    let id = message.id.to_string();
    for call in calls(&Named::message(&conversation, &id, &message)).iter().filter(|call| call.names_a_conversation()) {
        let endpoint = call.endpoint;
        let theirs = cy.call(endpoint, &call.fields()).await;
        assert_eq!((theirs.status, theirs.error()), (StatusCode::NOT_FOUND, AppError::NotFound), "{endpoint}");
        // A missing conversation looks the same.
        let nothing = cy.call(endpoint, &call.fields_with("conversation", Some(UNKNOWN_ID))).await;
        assert_eq!((nothing.status, nothing.text), (theirs.status, theirs.text), "{endpoint}");
    }
    assert_eq!(ana.texts(&conversation).await, ["between us", "and nobody else"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_message_is_rejected_with_a_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let too_long = "🎈".repeat(1025);
    for (body, reason) in [
        ("", "Write a message first."),
        (" \n\t ", "Write a message first."),
        (&*too_long, "A message can have at most 1024 characters; yours has 1025."),
        ("a\u{7}b", "Your message contains a control character, which can't be sent."),
    ] {
        let fields = [("conversation", &*conversation), ("id", &new_id()), ("body", body)];
        let answer = ana.call("send_message", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
        assert_eq!(answer.error().field("body").map(field_sentence).as_deref(), Some(reason));
        let fields = [("handle", "ben"), ("id", &new_id()), ("body", body)];
        assert_eq!(ana.call("start_conversation", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ana.texts(&conversation).await, ["first"]);
    let longest = "🎈".repeat(1024);
    assert_eq!(ana.say(&conversation, &longest).await.body, longest);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_arguments_are_422_and_never_500() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (conversation, recipient) = (ana.start("ben", "first").await, ana.id_of("ben").await);
    let message = ana.say(&conversation, "second").await;
    let id = message.id.to_string();
    let named = Named { recipient: &recipient, ..Named::message(&conversation, &id, &message) };
    for call in &calls(&named) {
        for argument in &call.arguments {
            let missing = argument.good.is_some().then_some(None);
            for value in argument.bad.iter().map(|value| Some(value.as_str())).chain(missing) {
                let what = format!("{} with {} = {value:?}", call.endpoint, argument.name);
                let answer = ana.call(call.endpoint, &call.fields_with(argument.name, value)).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} {}", answer.text);
                assert!(matches!(answer.error(), AppError::Invalid(_)), "{what} {}", answer.text);
            }
        }
    }
    assert_eq!(ana.texts(&conversation).await, ["first", "second"], "nothing is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_at_the_edge_of_the_calendar_is_never_a_500() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let u64_max = "18446744073709551615";
    // The first three are outside the years 1 to 9999 once they are converted to UTC.
    for at in [
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+01:00",
        "0001-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
    ] {
        let mut calls = vec![("messages_after", "after", at.to_owned())];
        for side in ["before", "after", "around"] {
            for endpoint in ["open_conversation", "list_messages", "list_conversations"] {
                calls.push((endpoint, "cursor", format!("{side}-{at}")));
            }
        }
        for (endpoint, name, value) in calls {
            let answer = ana.call(endpoint, &[("conversation", &conversation), (name, &value)]).await;
            let is_answered = matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY);
            assert!(is_answered, "{endpoint} {name}={value}: {} {}", answer.status, answer.text);
        }
        let fields = [("conversation", &*conversation), ("from", at), ("to", at)];
        let answer = ana.call("reload_messages", &fields).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{at}: {}", answer.text);
        for (endpoint, fields) in [
            ("find_message", &[][..]),
            ("delete_message", &[]),
            ("edit_message", &[("edits", "0"), ("body", "edited")]),
            ("react", &[("emoji", "👍"), ("on", "true")]),
        ] {
            let message = [("conversation", &*conversation), ("message", UNKNOWN_ID), ("sent_at", at)];
            let answer = ana.call(endpoint, &[&message, fields].concat()).await;
            assert_eq!((answer.status, answer.error()), (StatusCode::NOT_FOUND, AppError::NotFound), "{endpoint} {at}");
        }
        let answer: Changes =
            ana.call("changes_after", &[("conversation", &conversation), ("rev", u64_max)]).await.json();
        assert!(answer.is_trimmed && answer.rev == 0, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_a_form_is_never_a_500() {
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
async fn the_callers_own_handle_and_unknown_handles_are_rejected() {
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
    let conversation = ana.start("ben", "first").await;
    let id = new_id();
    let fields = [("conversation", &*conversation), ("id", &*id), ("body", "once")];
    let (first, second) = (ana.call("send_message", &fields).await, ana.call("send_message", &fields).await);
    assert_eq!((first.status, first.text), (second.status, second.text));
    assert_eq!(ben.texts(&conversation).await, ["first", "once"]);
    let other_text = [("conversation", &*conversation), ("id", &*id), ("body", "another")];
    assert_eq!(ana.call("send_message", &other_text).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.call("send_message", &fields).await.status, StatusCode::CONFLICT);
    assert_eq!(ben.texts(&conversation).await, ["first", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_is_stored_once_through_all_endpoints() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (to, id) = (ana.id_of("ben").await, new_id());
    let fields = [("to", &*to), ("id", &*id), ("body", "once")];
    let (first, second) =
        (ana.call("send_first_message", &fields).await, ana.call("send_first_message", &fields).await);
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let SentMessage { conversation, message, .. } = first.json();
    let conversation = conversation.to_string();
    assert_eq!((message.id.to_string(), message.seq), (id.clone(), 1));
    // A form and a page that knows the conversation by now use other endpoints.
    for (endpoint, target) in
        [("start_conversation", ("handle", "ben")), ("send_message", ("conversation", &*conversation))]
    {
        let again = ana.call(endpoint, &[target, ("id", &id), ("body", "once")]).await;
        assert_eq!(again.status, StatusCode::OK, "{endpoint}: {}", again.text);
    }
    assert_eq!(ben.texts(&conversation).await, ["once"]);
    let next = ana.call("send_first_message", &[("to", &to), ("id", &new_id()), ("body", "and again")]).await;
    assert_eq!(next.json::<SentMessage>().conversation.to_string(), conversation);
    assert_eq!(ben.texts(&conversation).await, ["once", "and again"]);
    let other_text = [("to", &*to), ("id", &*id), ("body", "another")];
    assert_eq!(ana.call("send_first_message", &other_text).await.status, StatusCode::CONFLICT);
    for (recipient, status) in
        [(ben.id_of("ana").await, StatusCode::CONFLICT), (UNKNOWN_ID.to_owned(), StatusCode::NOT_FOUND)]
    {
        let fields = [("to", &*recipient), ("id", &*new_id()), ("body", "hello?")];
        assert_eq!(ana.call("send_first_message", &fields).await.status, status);
    }
    assert_eq!(ben.texts(&conversation).await, ["once", "and again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_bound_to_its_author_cannot_be_sent_by_another_user() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "first").await;
    let (ana_id, ben_id) = (ben.id_of("ana").await, ana.id_of("ben").await);
    for (endpoint, target, browser) in [
        ("send_message", ("conversation", &*conversation), &mut ben),
        ("send_first_message", ("to", &*ben_id), &mut cy),
    ] {
        let fields = [target, ("id", &*new_id()), ("body", "in whose name?"), ("author", &*ana_id)];
        let answer = browser.call(endpoint, &fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNAUTHORIZED, AppError::Unauthenticated),
            "{endpoint}"
        );
        assert_eq!(ana.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint}");
    }
    assert_eq!(ana.texts(&conversation).await, ["first", "in whose name?", "in whose name?"]);
}

/// Call of a function that changes or finds a message: its name and its fields.
type ChangeCall = (&'static str, Vec<(&'static str, String)>);

fn change(endpoint: &'static str, conversation: &str, message: &Message) -> ChangeCall {
    let mut fields = vec![
        ("conversation", conversation.to_owned()),
        ("message", message.id.to_string()),
        ("sent_at", message.sent_at.as_str().to_owned()),
    ];
    let more: &[_] = match endpoint {
        "edit_message" => &[("edits", "0"), ("body", "not yours")],
        "react" => &[("emoji", "👍"), ("on", "true")],
        _ => &[],
    };
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    (endpoint, fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_author_changes_a_message_and_only_members_react() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "first").await;
    let (with_cy, of_others) = (ana.start("cy", "to cy").await, ben.start("cy", "not for ana").await);
    let message = ana.say(&conversation, "mine").await;
    let (in_another, in_theirs) = (ana.say(&with_cy, "here").await, ben.say(&of_others, "there").await);
    let missing = AppError::NotFound;
    let unknown = Message { id: UNKNOWN_ID.parse().expect("an id"), ..message.clone() };
    let at_another_time = Message { sent_at: in_another.sent_at.clone(), id: unknown.id, ..message.clone() };
    let mut refused = Vec::new();
    for endpoint in ["edit_message", "delete_message", "react", "find_message"] {
        // Another conversation's message, by its own conversation's members and by others, and missing ones.
        for message in [&in_another, &in_theirs, &unknown, &at_another_time] {
            refused.push(("ana", change(endpoint, &conversation, message)));
        }
        refused.push(("cy", change(endpoint, &conversation, &message)));
        refused.push(("ana", change(endpoint, &of_others, &in_theirs)));
    }
    // A member's, but not their own.
    for endpoint in ["edit_message", "delete_message"] {
        refused.push(("ben", change(endpoint, &conversation, &message)));
    }
    for message in [&in_another, &in_theirs, &unknown] {
        let (_, mut fields) = change("send_message", &conversation, message);
        fields.retain(|(name, _)| *name == "conversation");
        fields
            .extend([("reply_to", message.id.to_string()), ("reply_to_sent_at", message.sent_at.as_str().to_owned())]);
        fields.extend([("id", new_id()), ("body", "an answer".to_owned())]);
        refused.push(("ana", ("send_message", fields)));
    }
    for (who, (endpoint, fields)) in refused {
        let browser = match who {
            "ana" => &mut ana,
            "ben" => &mut ben,
            _ => &mut cy,
        };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = browser.call(endpoint, &fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, missing.clone()),
            "{who} {endpoint} {fields:?}"
        );
    }
    assert_eq!(ana.texts(&conversation).await, ["first", "mine"]);
    assert_eq!(ben.texts(&of_others).await, ["not for ana", "there"]);

    // A message bound to another author is not changed in their name.
    let ben_id = ana.id_of("ben").await;
    for endpoint in ["edit_message", "delete_message", "react"] {
        let (_, mut fields) = change(endpoint, &conversation, &message);
        fields.push(("author", ben_id.clone()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = ana.call(endpoint, &fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNAUTHORIZED, AppError::Unauthenticated),
            "{endpoint}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_edited_answered_reacted_to_and_deleted() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let message = ana.say(&conversation, "mistke").await;
    let id = message.id.to_string();
    let named = [("conversation", &*conversation), ("message", &*id), ("sent_at", message.sent_at.as_str())];
    let with = |more: &[(&'static str, &'static str)]| [&named[..], more].concat();

    let edit = with(&[("edits", "0"), ("body", "mistake")]);
    let edited: Message = ana.call("edit_message", &edit).await.json();
    assert_eq!((edited.body.as_str(), edited.edits, edited.changed), ("mistake", 1, 1));
    assert_eq!(ana.call("edit_message", &edit).await.json::<Message>(), edited, "repeated");
    let stale = ana.call("edit_message", &with(&[("edits", "0"), ("body", "another")])).await;
    assert_eq!((stale.status, stale.error()), (StatusCode::CONFLICT, AppError::Conflict(Conflict::MessageChanged)));

    let reacted: Message = ben.call("react", &with(&[("emoji", "❤"), ("on", "true")])).await.json();
    assert_eq!((reacted.reactions.len(), reacted.reactions[0].emoji.as_str()), (1, "❤\u{fe0f}"));
    let view: MessageView = ben.call("find_message", &named).await.json();
    let texts: Vec<_> = view.versions.iter().map(|version| version.body.as_str()).collect();
    assert_eq!((texts, view.editable_until), (vec!["mistake", "mistke"], None));
    assert!(ana.call("find_message", &named).await.json::<MessageView>().editable_until.is_some());

    let answer = [("conversation", &*conversation), ("id", &*new_id()), ("body", "an answer"), ("reply_to", &*id)];
    let half = ben.call("send_message", &answer).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY, "a reply without the time of its message");
    let answer = [&answer[..], &[("reply_to_sent_at", message.sent_at.as_str())]].concat();
    let sent: SentMessage = ben.call("send_message", &answer).await.json();
    assert_eq!(sent.message.quote.and_then(|quote| quote.text).as_deref(), Some("mistake"));
    assert_eq!(sent.rev, 2);

    let deleted: Message = ana.call("delete_message", &named).await.json();
    assert!(deleted.is_deleted() && deleted.body.is_empty() && deleted.reactions.is_empty() && deleted.edits == 0);
    assert_eq!(ana.call("delete_message", &named).await.json::<Message>(), deleted, "repeated");
    for (endpoint, more) in [("edit_message", &edit[3..]), ("react", &[("emoji", "👍"), ("on", "true")])] {
        let answer = ana.call(endpoint, &[&named[..], more].concat()).await;
        let conflict = AppError::Conflict(Conflict::MessageDeleted);
        assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, conflict), "{endpoint}");
    }
    let view: MessageView = ben.call("find_message", &named).await.json();
    assert_eq!((view.message, view.versions, view.editable_until), (deleted.clone(), Vec::new(), None));
    let changes: Changes = ben.call("changes_after", &[("conversation", &conversation), ("rev", "0")]).await.json();
    assert_eq!((changes.messages, changes.rev, changes.has_more, changes.is_trimmed), (vec![deleted], 3, false, false));
    let span = [("conversation", &*conversation), ("from", message.sent_at.as_str()), ("to", message.sent_at.as_str())];
    let reloaded: Page<Message> = ben.call("reload_messages", &span).await.json();
    assert_eq!((reloaded.items.len(), reloaded.items[0].is_deleted(), reloaded.rev), (1, true, 3));
    assert_eq!(ben.texts(&conversation).await, ["first", "", "an answer"]);
    let page = ben.get(&format!("/messages/{conversation}")).await;
    assert!(!page.text.contains("mistake"), "the text is not even in a quote");
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_users_by_handle_and_name_but_not_the_caller() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.sign_in("benedict").await;
    app.sign_in("bea").await;
    let mut found = async |query: &str| -> Vec<String> {
        let users: Vec<User> = ana.call("search_users", &[("query", query)]).await.json();
        users.into_iter().map(|user| user.handle_text().to_owned()).collect()
    };
    assert_eq!(found("ben").await, ["benedict"]);
    assert_eq!(found("@BEA").await, ["bea"]);
    assert_eq!(found("b").await, Vec::<String>::new());
    assert_eq!(found("ana").await, Vec::<String>::new());
    assert_eq!(found("%%").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_changing_searching_and_watching_presence_are_rate_limited() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let Message { id, sent_at, .. } = ana.say(&conversation, "second").await;
    let (id, sent_at) = (id.to_string(), sent_at.as_str().to_owned());
    for (endpoint, fields) in [
        ("send_message", vec![("conversation", conversation.clone()), ("id", new_id()), ("body", "again".to_owned())]),
        (
            "react",
            vec![
                ("conversation", conversation.clone()),
                ("message", id),
                ("sent_at", sent_at),
                ("emoji", "👍".to_owned()),
                ("on", "true".to_owned()),
            ],
        ),
        ("find_recipient", vec![("handle", "ben".to_owned())]),
        ("search_users", vec![("query", "ben".to_owned())]),
        ("watch_presence", vec![("conversations[0]", conversation.clone())]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut limited = None;
        for _ in 0..200 {
            let answer = ana.call(endpoint, &fields).await;
            if answer.status != StatusCode::OK {
                limited = Some(answer);
                break;
            }
        }
        let answer = limited.unwrap_or_else(|| panic!("{endpoint} has no rate limit"));
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)));
    }
}
