//! What a page knows, kept up to date: pushed events are hints, and what is pulled from the server is the truth.
//!
//! [`Inbox`] and [`Timeline`] are plain values, the same in the browser and in tests. They hold the law: what a page
//! knew, with the events since and the pulls that it asks for, is what the server would answer now, whatever was dropped,
//! doubled or reordered on the way.

pub mod drafts;

pub mod inbox;

pub mod outbox;

pub mod place;

pub mod presence;

pub mod source;

mod storage;

pub mod timeline;

pub use drafts::Drafts;
pub use inbox::Inbox;
pub use outbox::Outbox;
pub use place::Place;
pub use presence::Presence;
pub use source::Live;
pub use timeline::Timeline;

#[cfg(test)]
mod law;
