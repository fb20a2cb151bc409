//! The old JSON API: what programs call that were written for the app before this one. A Bearer token says who asks; no
//! cookie is ever looked at.

pub mod routes;

pub mod bearer;

pub mod new_message;

pub mod paging;

pub mod shapes;

pub mod ids;

pub mod code;

pub mod refusal;

pub mod cors;
