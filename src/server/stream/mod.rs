//! The table's stream: reads its records as typed changes, and feeds them to projections.
//!
//! Two drivers call [`batch::apply`]: the Lambda function (`bin/stream`) and, in the web server, the [`reader`]. One
//! projection moves the members' inbox rows to the newest message. A server also moves them itself right after it has
//! stored a message; the stream makes sure that it happens even if that server dies in between. Two projections are for
//! the old app beside this program: its messages get numbers, and are published by the web server; and inbox rows that
//! its stream handler has damaged are repaired.
//!
//! To add a projection, implement [`projection::Projection`] in a file of `projections/`: it picks what it needs from
//! each [`change::Change`], and must be safe to repeat and independent of order. Add it to the list in
//! `projections/list.rs`, which feeds both drivers. If it needs more than messages and damaged inbox rows, widen
//! `FilterCriteria` in `aws/stream.yaml`, which keeps all other records from the Lambda function.

pub mod batch;

pub mod change;

mod checkpoint;

#[cfg(feature = "lambda")]
pub mod lambda;

mod lock;

pub mod projection;

pub mod projections;

pub mod reader;

pub mod reader_metrics;

mod shards;

mod source;
