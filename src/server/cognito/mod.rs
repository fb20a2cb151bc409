//! The Cognito user pool: authentication calls and token verification.

pub mod client;

pub mod pool;

pub mod keys;

pub mod key_set;

pub mod token;

pub mod calls;

pub mod challenge;

mod challenge_calls;

mod call_metrics;

pub mod health;

pub mod check;

mod accepted_tokens;

pub mod token_revocation;

mod email_calls;

pub mod error;

pub mod own_account_calls;

pub mod pool_accounts;

pub use client::{Authenticated, Cognito, SignInOutcome};
