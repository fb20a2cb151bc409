//! What a page knows, kept up to date: pushed events are hints, and what is pulled from the server is the truth.
//!
//! [`Inbox`] and [`Timeline`] are plain values, the same in the browser and in tests. They hold the law: what a page
//! knew, with the events since and the pulls that it asks for, is what the server would answer now, whatever was dropped,
//! doubled or reordered on the way.

pub mod drafts;

pub mod inbox;

pub mod inbox_window;

pub mod open_conversation;

pub mod refused_form;

pub mod scroller;

pub mod typing_indicator;

pub mod outbox;

pub mod compose_target;

pub mod presence;

pub mod event_source;

mod local_store;

pub mod timeline;

pub use compose_target::Place;
pub use drafts::Drafts;
pub use event_source::Live;
pub use inbox::Inbox;
pub use outbox::Outbox;
pub use presence::Presence;
pub use timeline::Timeline;

#[cfg(test)]
mod law;
