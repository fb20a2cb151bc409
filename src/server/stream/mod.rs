//! What follows from messages that have been stored: both people's rows of the conversation move up.
//!
//! [`batch::apply`] does it for records of the table's stream. Two drivers call it: the Lambda function (`bin/stream`)
//! and, in the web server, the [`reader`]. A server also moves the rows itself, right after it has stored a message; the
//! stream makes sure that it happens when that server dies in between.

pub mod batch;

mod checkpoint;

mod lock;

pub mod reader;

mod shards;

mod source;
