//! Users and sessions, in PostgreSQL.

mod connect;

pub mod pooler;

pub mod users;

mod search_words;

mod words;

pub mod new_user;

pub mod seal;

pub mod sessions;

pub mod shared_limits;

pub use connect::{answers, connect, migrate, options};
