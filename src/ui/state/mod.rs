//! State of an open page, kept up to date. Pushed events are hints; what is pulled from the server is the truth.
//!
//! [`InboxRows`] and [`Timeline`] are plain values that behave the same in the browser and in tests. The property tests
//! in `law/` hold them to this law: what a page knew, plus the events since, plus the pulls that the page asks for,
//! equals the server's current answer, even if events were dropped, duplicated or reordered on the way.

pub mod back_scroll;
mod backoff;
pub mod blocking;
pub mod clipboard;
pub mod clock;
pub mod compose_target;
pub mod composer;
mod composer_editing;
pub mod composer_field;
pub mod composer_mode;
pub mod composing;
pub mod copied_messages;
pub mod date_cursor;
mod delivery_reports;
pub mod disclosure;
pub mod drafts;
pub mod dry_run;
pub mod emoji;
pub mod event_source;
mod expected_rows;
pub mod focus;
pub mod heading_focus;
pub mod held_order;
pub mod hydrated;
pub mod inbox_rows;
pub mod inbox_window;
pub mod kept_text;
mod known_events;
#[cfg(test)]
mod law;
#[cfg(test)]
mod law_of_writing;
mod leader_watch;
pub mod link_target;
pub mod list_filter;
pub mod list_scroll;
mod local_store;
pub mod location;
pub mod menu_layer;
pub mod message_actions;
pub mod message_command;
pub mod message_jump;
pub mod message_keys;
pub mod message_lines;
pub mod message_menu;
pub mod message_page;
pub mod message_pointer;
pub mod message_rows;
pub mod moment;
mod monotonic;
pub mod open_conversation;
pub mod outbox;
pub mod own_profile;
pub mod page_change;
mod page_clock;
pub mod page_position;
pub mod page_resource;
pub mod page_user;
mod polling;
pub mod presence;
pub mod reachable;
pub mod reactive;
pub mod receipt_marks;
pub mod refusal;
pub mod refused_form;
pub mod request_answer;
pub mod scroller;
mod shared_stream;
pub mod shortcuts;
pub mod shown_page;
pub mod sign_out;
mod stream_connection;
mod stream_news;
pub mod submission;
mod tab_channel;
mod tab_life;
mod tab_lock;
pub mod timeline;
pub mod typing_notifier;
pub mod unkept;
pub mod unread;

pub use compose_target::ComposeTarget;
pub use drafts::Drafts;
pub use event_source::LiveEvents;
pub use inbox_rows::InboxRows;
pub use outbox::Outbox;
pub use presence::Presence;
pub use shared_stream::SharedStream;
pub use timeline::Timeline;
