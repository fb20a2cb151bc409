//! Calls of the scriptable user pool about the account of an access token.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::fake_challenges::CODE;
use super::fake_pool::{FakePool, refuse, sub_in};

/// Returns the owner of the access token in a request.
fn sub_of_token(body: &Value) -> String {
    let token = body["AccessToken"].as_str().expect("an access token");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("claims")).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sub"].as_str().expect("a sub").to_owned()
}

pub(super) fn own_account(body: &Value) -> Response {
    Json(json!({ "Username": sub_of_token(body), "UserAttributes": [] })).into_response()
}

/// Sends a code to a new address, as a pool does that keeps the old one until the code has come back.
pub(super) fn change_email(pool: &FakePool, body: &Value) -> Response {
    if pool.set().refused_email == Some("UpdateUserAttributes") {
        return refuse("AliasExistsException", "An account with the given email already exists.");
    }
    let email = body["UserAttributes"][0]["Value"].as_str().expect("an address").to_owned();
    pool.set().new_email = Some((sub_of_token(body), email));
    let sent = json!({ "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***" });
    Json(json!({ "CodeDeliveryDetailsList": [sent] })).into_response()
}

pub(super) fn verify_email(pool: &FakePool, body: &Value) -> Response {
    if body["Code"] != CODE {
        return refuse("CodeMismatchException", "Invalid verification code provided, please try again.");
    }
    let mut switches = pool.set();
    if switches.refused_email == Some("VerifyUserAttribute") {
        return refuse("AliasExistsException", "An account with the given email already exists.");
    }
    let Some((sub, email)) = switches.new_email.take().filter(|(sub, _)| *sub == sub_of_token(body)) else {
        return refuse("ExpiredCodeException", "Invalid code provided, please request a code again.");
    };
    let renewed: Vec<_> = switches.refresh_tokens.clone().into_iter().collect();
    for (token, of) in renewed {
        if sub_in(&switches, &of) == sub {
            switches.refresh_tokens.insert(token, email.clone());
        }
    }
    switches.subs.insert(email, sub);
    Json(json!({})).into_response()
}
