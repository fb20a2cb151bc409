//! Which tokens are believed. The numbers are those of the list of cases that every verifier of Cognito's tokens should
//! pass: 9 to 12 and 37 to 42 are about the key set, in `key_set.rs`, and 45, a session that was ended, is in
//! `sessions.rs`.

mod claims;
mod form;
mod header;
mod verifier;

use std::sync::OnceLock;

use cruddur_messages::server::cognito::key_set::{KeySet, Pace};
use cruddur_messages::server::cognito::token::{InvalidToken, Verifier};
use serde_json::Value;

use super::support::fake_pool::{self, CLIENT_ID, FakePool, ISSUER, changed};
use super::support::signing::{self, now};

/// Whom the tokens are about.
const ANA: &str = "6f9b1c1e-7d54-4c0b-9a55-2f3f3b3a9d10";

/// One token, and what is to be said of it.
struct Case {
    number: u8,
    what: &'static str,
    token: String,
    wanted: Result<(), InvalidToken>,
}

fn case(number: u8, what: &'static str, token: String, wanted: Result<(), InvalidToken>) -> Case {
    Case { number, what, token, wanted }
}

/// An access token that is good but for `changes`; a null removes a claim.
fn access(changes: Value) -> String {
    signing::key().token(&changed(fake_pool::access_claims(ANA), &changes))
}

/// An ID token that is good but for `changes`; a null removes a claim.
fn id(changes: Value) -> String {
    signing::key().token(&changed(fake_pool::id_claims(ANA), &changes))
}

/// The time at which all these tokens are looked at: it stands still, so that a test can stand on an edge.
fn clock() -> u64 {
    static STARTED: OnceLock<u64> = OnceLock::new();
    *STARTED.get_or_init(now)
}

fn verifier(pool: &FakePool) -> Verifier {
    let keys = KeySet::new(pool.key_set_url(), false, Pace::default()).expect("an address");
    Verifier::new(ISSUER.to_owned(), CLIENT_ID.to_owned(), keys).with_clock(clock)
}

/// Looks at each as an access token. All that are judged wrongly are named at once.
async fn check_access(cases: Vec<Case>) {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let mut wrong = Vec::new();
    for Case { number, what, token, wanted } in cases {
        let judged = verifier.access(&token).await.map(drop);
        if judged != wanted {
            wrong.push(format!("{number}, {what}: {judged:?} instead of {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Looks at each as an ID token.
async fn check_id(cases: Vec<Case>) {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let mut wrong = Vec::new();
    for Case { number, what, token, wanted } in cases {
        let judged = verifier.id(&token).await.map(drop);
        if judged != wanted {
            wrong.push(format!("{number}, {what}: {judged:?} instead of {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
