//! A conversation that is open on the page.

mod newer;
mod page;
mod receipts;

pub use page::OpenConversation;
