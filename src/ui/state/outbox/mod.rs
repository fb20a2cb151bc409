//! Messages and changes of messages on their way: shown at once, and kept by the browser until the server has confirmed
//! them.
//!
//! All pages of a user share the kept messages. One page at a time sends them: the messages of a conversation in the
//! order in which they were written, and the conversations side by side, so that none waits for another. A message has
//! its id from the beginning, so that the server stores it once, however often it is sent.
//!
//! [`queue`] decides, on plain values; [`sender`] is the browser around it.

mod kept;

mod lock;

pub mod pending;

pub mod queue;

mod requests;

mod sender;

pub mod unsent;

pub use sender::Outbox;
