//! Responses of the server that are on their way to the page.

use crate::domain::changes::Changes;
use crate::domain::conversation::{Conversation, ReceiptsByReader};
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::law::server::Server;
use crate::ui::state::timeline::ChangesPull;
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
    Changes(ChangesPull, Changes),
    Reloaded(ChangesPull, Page<Message>),
    Receipts(ReceiptsByReader),
}

impl Response {
    /// Replaces the messages with their current states: the server has read the head first. `quotes_only`: it has read
    /// the messages at once, and the quoted ones later.
    pub(super) fn read_late(&mut self, server: &Server, quotes_only: bool) {
        let messages = match self {
            Self::CaughtUp(_, page) | Self::ReadOn(_, page) | Self::Older(_, page) => &mut page.items,
            Self::Newest(_, page) | Self::Reloaded(_, page) => &mut page.items,
            Self::Changes(_, changes) => &mut changes.messages,
            Self::Inbox(..) | Self::OlderInbox(..) | Self::Receipts(_) => return,
        };
        for message in messages {
            *message = if quotes_only { server.with_quote(message) } else { server.current(message) };
        }
    }
}
