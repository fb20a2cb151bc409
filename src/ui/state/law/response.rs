//! Responses of the server that are on their way to the page.

use crate::domain::conversation::{Conversation, ReceiptsByReader};
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::{inbox_rows, timeline};

/// Response of the server, as the data were when it read them.
pub(super) enum Response {
    Inbox(inbox_rows::Pull, Page<Conversation>),
    OlderInbox(inbox_rows::OlderPull, Page<Conversation>),
    /// Newer messages for a page that follows the newest message.
    CaughtUp(timeline::Pull, Page<Message>),
    /// Newer messages for a page whose reader reads on through an older part.
    ReadOn(timeline::Pull, Page<Message>),
    Older(Cursor, Page<Message>),
    Newest(timeline::Pull, Page<Message>),
    Receipts(ReceiptsByReader),
}
