//! Live events: the hub, the bus between servers, presence.

pub mod bus;

pub mod hub;

mod journal;

pub mod nats;

mod presence;

mod presence_subscriptions;

mod session_watch;

pub use hub::Hub;
pub use presence::Presence;
pub use session_watch::close_with_sessions;
