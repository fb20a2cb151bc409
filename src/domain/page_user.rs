//! The user for whom a page was rendered. In one browser another user may sign in on another page; what the first page
//! still sends must not count as theirs.

use crate::domain::user;

/// Header with the id of the page's user, on every call of a server function.
pub const HEADER: &str = "x-page-user";

/// Name of the field with the id of the page's user, in every form that is posted without script.
pub const FIELD: &str = "page_user";

/// Attribute of the document with the id of the page's user.
pub const ATTRIBUTE: &str = "data-user";

/// User for whom the server renders the page. It provides this as a context.
#[derive(Debug, Clone, Copy)]
pub struct PageUser(pub user::Id);
