//! The user pool: who somebody is, and whether their tokens hold.

pub mod client;

pub mod pool;

pub mod policy;

pub mod keys;

pub mod key_set;

pub mod token;

pub mod calls;

pub mod withdrawal;

pub mod refusal;

pub use client::{Authenticated, Cognito, Entry};
