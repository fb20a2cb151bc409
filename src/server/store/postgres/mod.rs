//! Users and sessions, in PostgreSQL.

mod connect;

pub mod pooler;

pub mod pool_metrics;

mod starters;

pub mod users;

pub mod deletions;

pub mod user_access;

mod searches;

mod user_search;

mod search_words;

pub mod words;

pub mod new_user;

pub mod seal;

mod sealing_key;

pub mod sessions;

pub mod locked_session;

mod session_rows;

mod profiles;

mod recent;

pub mod remembered;

pub mod reports;

pub mod notifications;

pub mod shared_limits;

pub mod usability;

pub use connect::{connect, migrate, options};
