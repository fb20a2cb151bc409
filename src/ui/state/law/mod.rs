//! The law of the client state, checked over random histories: state + events + requested pulls = the server's answer.
//!
//! At any time, the page shows a run of the conversation without a gap, knows whether there are older messages, and
//! keeps no more messages than it may. Its receipts never exceed the peer's true ones and never go back. Its inbox never
//! shows an older state of a conversation than it has shown, and a conversation that it has shown is still there, is
//! pulled, or is older than the last row.
//!
//! The inbox row is late: it moves some time after the message is stored and its event is sent. Rows move in any order
//! and may skip messages, and a server may answer with rows that another server does not have yet.
//!
//! Once all rows have moved and the page has everything that it pulls, its inbox and receipts equal the stored ones, and
//! the timeline ends with the newest message if the page follows it. From there the page can load back to the beginning
//! and forward to the end, whatever it has dropped.

mod check;

mod history;

mod response;

mod server;

mod shown_rows;

mod simulation;
