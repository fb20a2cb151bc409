//! Audit log: security events, as log lines and in PostgreSQL.

pub mod entry;

mod floods;

pub mod log;

mod rows;

pub use entry::{Entry, Event, Origin, Outcome};
pub use log::AuditLog;
pub use rows::insert;
