//! A conversation that is open on the page.

mod newer;

mod receipts;

mod page;

pub use page::OpenThread;
