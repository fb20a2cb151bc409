//! The user pool.

/// The user pool: its key set, and the calls to it.
#[derive(Clone)]
pub struct Cognito {}
