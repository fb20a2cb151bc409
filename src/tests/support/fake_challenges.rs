//! Challenges of the scriptable user pool.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fake_pool::{FakePool, refuse, sub_in, tokens};

/// Code that the pool accepts for every second factor.
pub const CODE: &str = "123456";

/// Password that the policy of the pool rejects.
pub const REFUSED_PASSWORD: &str = "rejected-by-the-policy";

/// Returns the challenge after so many passed ones, or the tokens if there is none left.
pub(super) fn challenge(pool: &FakePool, email: &str, passed: usize) -> Response {
    let Some(name) = pool.set().challenges.get(passed).copied() else {
        let refresh = Uuid::new_v4().to_string();
        pool.set().refresh_tokens.insert(refresh.clone(), email.to_owned());
        return tokens(pool, email, Some(refresh));
    };
    let session = Uuid::new_v4().to_string();
    let sub = sub_in(&pool.set(), email);
    pool.set().sessions.insert(session.clone(), (email.to_owned(), passed));
    let parameters = json!({ "USER_ID_FOR_SRP": sub });
    Json(json!({ "ChallengeName": name, "Session": session, "ChallengeParameters": parameters })).into_response()
}

/// Response to an answer. As at Cognito, a wrong one may be repeated.
pub(super) fn respond(pool: &FakePool, body: &Value) -> Response {
    let session = body["Session"].as_str().unwrap_or_default();
    let Some((email, passed)) = pool.set().sessions.get(session).cloned() else {
        return refuse("NotAuthorizedException", "Invalid session for the user.");
    };
    let expected = pool.set().challenges[passed];
    if body["ChallengeName"] != expected || body["ChallengeResponses"]["USERNAME"] != sub_in(&pool.set(), &email) {
        return refuse("NotAuthorizedException", "Invalid session for the user.");
    }
    let answers = &body["ChallengeResponses"];
    let name = match expected {
        "NEW_PASSWORD_REQUIRED" => "NEW_PASSWORD".to_owned(),
        other => format!("{other}_CODE"),
    };
    match answers[&name].as_str() {
        Some(REFUSED_PASSWORD) => refuse("InvalidPasswordException", "Password does not conform to policy"),
        Some(CODE) if expected != "NEW_PASSWORD_REQUIRED" => accept(pool, session, &email, passed),
        Some(_) if expected == "NEW_PASSWORD_REQUIRED" => accept(pool, session, &email, passed),
        _ => refuse("CodeMismatchException", "Invalid code or auth state for the user."),
    }
}

fn accept(pool: &FakePool, session: &str, email: &str, passed: usize) -> Response {
    pool.set().sessions.remove(session);
    challenge(pool, email, passed + 1)
}
