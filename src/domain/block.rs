//! Blocks between users.

/// Maximum number of users in the list of those whom a user has blocked.
pub const BLOCKED_MAX: usize = 500;
