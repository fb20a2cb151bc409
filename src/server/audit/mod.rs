//! Audit log: security events, as log lines and in PostgreSQL.

pub mod entry;

pub mod limit_reports;

pub mod log;

mod rows;

pub use entry::{Entry, Event, Origin, Outcome};
pub use log::AuditLog;
pub use rows::insert;
