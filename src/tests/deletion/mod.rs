//! Deletion of accounts by their owners: the request, its withdrawal, and the work on it.

pub(crate) mod fixtures;

mod messages;

mod names;

mod purge;

mod request;
