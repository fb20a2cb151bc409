//! Sessions: from the cookie of a request to the signed-in user.

pub mod cookie;

pub mod current_user;

pub mod refresh;

pub mod resolve;

pub mod sealed_cookie;

pub use current_user::{CurrentUser, OtherUsersPage, Resolved};
pub use resolve::resolve;
