//! JSON API for programs, compatible with the API of the old app. A bearer token identifies the caller; cookies are
//! ignored.

pub mod routes;

pub mod bearer;

pub mod new_message;

pub mod paging;

pub mod responses;

pub mod uuids;

pub mod validation_code;

pub mod error;

pub mod error_code;

pub mod cors;
