//! Tokens with changed claims, and the check of a list of them.

use std::sync::OnceLock;

use cruddur_messages::server::cognito::key_set::{KeySet, RefreshIntervals};
use cruddur_messages::server::cognito::token::{InvalidToken, Verifier};
use serde_json::Value;

use crate::support::fake_pool::{self, CLIENT_ID, FakePool, ISSUER, changed};
use crate::support::signing::{self, now};

/// The `sub` claim of the tokens.
pub(super) const ANA: &str = "6f9b1c1e-7d54-4c0b-9a55-2f3f3b3a9d10";

/// A token, and the expected result of its verification.
pub(super) struct Case {
    pub(super) number: u8,
    pub(super) what: &'static str,
    pub(super) token: String,
    pub(super) expected: Result<(), InvalidToken>,
}

pub(super) fn case(number: u8, what: &'static str, token: String, expected: Result<(), InvalidToken>) -> Case {
    Case { number, what, token, expected }
}

/// Returns a valid access token with changed claims; a null removes a claim.
pub(super) fn access(changes: Value) -> String {
    signing::key().token(&changed(fake_pool::access_claims(ANA), &changes))
}

/// Returns a valid ID token with changed claims; a null removes a claim.
pub(super) fn id(changes: Value) -> String {
    signing::key().token(&changed(fake_pool::id_claims(ANA), &changes))
}

/// Clock of the verifier. It stands still, so that tests can check exact limits.
pub(super) fn clock() -> u64 {
    static STARTED: OnceLock<u64> = OnceLock::new();
    *STARTED.get_or_init(now)
}

pub(super) fn verifier(pool: &FakePool) -> Verifier {
    let keys = KeySet::new(pool.key_set_url(), false, RefreshIntervals::default()).expect("an address");
    Verifier::new(ISSUER.to_owned(), CLIENT_ID.to_owned(), keys).with_clock(clock)
}

/// Verifies each token as an access token, and reports all unexpected results together.
pub(super) async fn check_access(cases: Vec<Case>) {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let mut wrong = Vec::new();
    for Case { number, what, token, expected } in cases {
        let result = verifier.access(&token).await.map(drop);
        if result != expected {
            wrong.push(format!("{number}, {what}: {result:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Like [`check_access`], for ID tokens.
pub(super) async fn check_id(cases: Vec<Case>) {
    let pool = FakePool::start().await;
    let verifier = verifier(&pool);
    let mut wrong = Vec::new();
    for Case { number, what, token, expected } in cases {
        let result = verifier.id(&token).await.map(drop);
        if result != expected {
            wrong.push(format!("{number}, {what}: {result:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
