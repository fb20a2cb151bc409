//! A conversation that is open on the page.
//!
//! Four plain values hold what the page knows, each with one duty: [`loader`] the loaded messages, [`reading_position`]
//! the user's position, [`members_state`] the receipts and typing of the other members, [`announcer`] the
//! announcements. They make the decisions and know neither signals nor the page. [`OpenConversation`] keeps them in
//! signals and connects them with the scroller, the server and the events.

mod acknowledging;
mod announcer;
mod changes;
mod events;
pub(super) mod loader;
pub(super) mod members_state;
mod newer;
mod page;
mod printing;
mod reading_position;
mod scrolling;

pub use page::{LoadOlder, OpenConversation};
pub use reading_position::Opening;
