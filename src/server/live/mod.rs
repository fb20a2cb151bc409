//! Live events: the hub, the bus between servers, presence.

mod block_watch;

pub mod bus;

pub mod hub;

mod hub_metrics;

mod journal;

pub mod nats;

mod last_seen;

mod presence;

mod presence_subscriptions;

mod recent_choices;

mod session_watch;

mod streams_of_user;

mod unsettled;

pub use block_watch::{part_blocked, part_blocked_regularly};
pub use hub::Hub;
pub use presence::Presence;
pub use session_watch::close_with_sessions;
