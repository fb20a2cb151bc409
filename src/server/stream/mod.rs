//! Follow-up work for stored messages: moving both members' inbox rows to the newest message.
//!
//! [`batch::apply`] does it for records of the table's stream. Two drivers call it: the Lambda function (`bin/stream`)
//! and, in the web server, the [`reader`]. A server also moves the rows itself right after it has stored a message; the
//! stream makes sure that it happens even if that server dies in between.

pub mod batch;

mod checkpoint;

mod lock;

pub mod reader;

mod shards;

mod source;
