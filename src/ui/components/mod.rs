//! Components: views that take values and signals and draw them.

pub mod account_menu;
pub mod account_page;
pub mod avatar;
pub mod brand;
pub mod composer;

pub mod conversation_list;
pub mod conversation_pane;
pub mod counter;
pub mod date_form;
pub mod error_note;
pub mod field;
pub mod form;
pub mod header;
pub mod heading;
pub mod message_list;
pub mod message_text;
pub mod not_kept;
pub mod pager;
pub mod presence;
pub mod receipt;
pub mod shortcuts;
pub mod time;
pub mod unsent_messages;

#[cfg(test)]
mod tests;
