//! Server functions.

use std::collections::BTreeSet;

use cruddur_messages::domain::error::{AppError, Conflict};
use futures::{StreamExt, stream};
use reqwest::StatusCode;

use super::actors::Actor;
use super::roles::{Decision, ROLES_AT_ONCE, Role, Rule};
use crate::server_functions::{Call, Named, calls};
use crate::support::app::{Answer, TestApp};

/// Returns the rule of a server function. `None` for a new one.
pub(super) fn rule(endpoint: &str) -> Option<Rule> {
    let rule = match endpoint {
        "sign_in" | "sign_up" | "confirm" | "resend_code" | "forgot_password" | "reset_password" => Rule::Open,
        // The steps after the password, for which none of these users waits.
        "answer_sign_in_code" | "set_first_password" => Rule::Open,
        // Ends the session, if there is one.
        "sign_out" => Rule::Open,
        "sign_out_everywhere" | "list_sessions" | "end_session" | "end_other_sessions" => Rule::SignedIn,
        "load_profile" | "save_profile" | "change_password" | "load_settings" | "save_settings" => Rule::SignedIn,
        "load_email" | "change_email" | "confirm_email" => Rule::SignedIn,
        "delete_account" => Rule::SignedIn,
        "load_authenticator" | "start_authenticator" | "turn_on_authenticator" | "turn_off_authenticator" => {
            Rule::SignedIn
        }
        "list_requests" | "count_requests" => Rule::SignedIn,
        "current_user" | "list_conversations" | "find_conversations" | "count_unread" => Rule::SignedIn,
        "search_users" | "find_recipient" | "block_user" | "list_blocked" | "end_block" => Rule::SignedIn,
        // Of the conversations that are named, it leaves out those of others.
        "watch_presence" => Rule::SignedIn,
        "open_conversation" | "list_messages" | "messages_after" | "find_message" => Rule::Members,
        "changes_after" | "reload_messages" | "find_receipts" => Rule::Members,
        "find_report_subject" | "report" => Rule::Members,
        // Their own positions, and a signal: to a user with a block it does not pass, without a word.
        "mark_read" | "mark_unread" | "mark_delivered" | "typing" => Rule::Members,
        "accept_request" | "delete_request" => Rule::Answer,
        "delete_message" => Rule::Deletion,
        "edit_message" => Rule::Edit,
        "react" => Rule::Reaction,
        "send_message" => Rule::Delivery,
        "send_first_message" | "start_conversation" => Rule::FirstMessage,
        _ => return None,
    };
    Some(rule)
}

/// Returns the arguments of a call of this actor.
fn fields<'a>(call: &'a Call, actor: &'a Actor) -> Vec<(&'static str, &'a str)> {
    match call.endpoint {
        "find_recipient" | "start_conversation" => call.fields_with("handle", Some(&actor.peer.0)),
        // No two of them ask for the same handle.
        "save_profile" => call.fields_with("handle", Some(actor.role.handle())),
        _ => call.fields(),
    }
}

fn assert_decided(decision: Decision, answer: &Answer, what: &str) {
    let refused = |status, error| answer.status == status && answer.error() == error;
    let is_as_decided = match decision {
        Decision::Allowed => answer.status == StatusCode::OK,
        Decision::SignInFirst => refused(StatusCode::UNAUTHORIZED, AppError::Unauthenticated),
        Decision::NotFound => refused(StatusCode::NOT_FOUND, AppError::NotFound),
        Decision::Undeliverable => refused(StatusCode::CONFLICT, AppError::Conflict(Conflict::Undeliverable)),
        Decision::AcceptFirst => refused(StatusCode::CONFLICT, AppError::Conflict(Conflict::RequestNotAccepted)),
        Decision::LedOn => false,
    };
    assert!(is_as_decided, "{what}: {decision:?}, not {} {}", answer.status, answer.text);
}

/// Asserts that a function for all users has not been refused for lack of rights: a wrong password or code is.
fn assert_open(answer: &Answer, what: &str) {
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{what}: {}", answer.status);
}

/// Returns all calls, about what this actor names.
fn calls_of(actor: &Actor) -> Vec<Call> {
    let id = actor.message.id.to_string();
    let (conversation, recipient) = (&*actor.conversation, &*actor.peer.1);
    calls(&Named { conversation, recipient, message: &id, sent_at: actor.message.sent_at.as_str() })
}

/// Makes every call as a user of this kind.
async fn call_all(app: &TestApp, role: Role) {
    let mut actor = Actor::new(app, role).await;
    let all = calls_of(&actor);
    let (open, others): (Vec<_>, Vec<_>) =
        (0..all.len()).partition(|number| rule(all[*number].endpoint) == Some(Rule::Open));
    // Those for all come last: some of them end the session.
    for number in others.into_iter().chain(open) {
        let call = &calls_of(&actor)[number];
        let what = format!("{} as {role:?}", call.endpoint);
        let rule = rule(call.endpoint).unwrap_or_else(|| panic!("{} is not classified", call.endpoint));
        let answer = actor.browser.clone().call(call.endpoint, &fields(call, &actor)).await;
        match rule {
            Rule::Open => assert_open(&answer, &what),
            // The emulator of the pool lacks the call; `own_email.rs` makes it.
            _ if call.endpoint == "confirm_email" && answer.status == StatusCode::INTERNAL_SERVER_ERROR => {
                assert_eq!(rule.decide(role), Decision::Allowed, "{what}");
            }
            // Refused for its password, so that the session does not end.
            _ if call.endpoint == "delete_account" && answer.status == StatusCode::UNPROCESSABLE_ENTITY => {
                assert_eq!(rule.decide(role), Decision::Allowed, "{what}");
            }
            _ => assert_decided(rule.decide(role), &answer, &what),
        }
        actor.renew_request_after(app, rule).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_gets_what_it_may_from_every_server_function() {
    let app = TestApp::start().await;
    // A few at a time: a small machine would not answer the sign-ins of all roles in time.
    stream::iter(Role::ALL).for_each_concurrent(ROLES_AT_ONCE, |role| call_all(&app, role)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_is_classified() {
    let _app = TestApp::start().await;
    let paths = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path);
    let endpoints: BTreeSet<_> = paths.map(|path| path.strip_prefix("/rpc/").unwrap_or(path)).collect();
    let new: Vec<_> = endpoints.iter().filter(|endpoint| rule(endpoint).is_none()).collect();
    assert!(endpoints.len() > 30 && new.is_empty(), "without a rule: {new:?}");
}
