//! The law of the client state, checked over random histories: state + events + requested pulls = the server's answer.
//!
//! At any time, the page shows a run of the conversation without a gap, knows whether there are older messages, and
//! keeps no more messages than it may. Its receipts never exceed the peer's true ones and never go back. Its inbox
//! never shows an older state of a conversation than it has shown, and a conversation that it has shown is still there,
//! is pulled, or is older than the last row.
//!
//! No message, quote or preview is ever in an older state than the page has shown, so that a deleted text never comes
//! back. A text is one that the author of its message has written. A quote is never older than the message that it
//! quotes, or than another quote of it. The page makes no request for changes twice without having learned something in
//! between, and catches up with old changes while there are new ones.
//!
//! The inbox row is late: it moves some time after the message is stored and its event is sent. Rows move in any order
//! and may skip messages, may get a text that has been edited since, and a server may answer with rows that another
//! server does not have yet. The server reads the head before the messages, and quoted messages last. Revisions expire
//! in any order.
//!
//! Once all rows have moved and the page has everything that it pulls, its inbox and receipts equal the stored ones,
//! and so do the loaded messages, with their reactions and quotes. The timeline ends with the newest message if the
//! page follows it. From there the page can load back to the beginning and forward to the end, whatever it has dropped.

mod changes;

mod check;

mod history;

mod quiet;

mod requests;

mod response;

mod server;

mod shown_messages;

mod shown_rows;

mod simulation;
