//! Components: views that take values and signals and draw them.

pub mod account_menu;
pub mod account_page;
pub mod anew;
pub mod at_once;
pub mod avatar;
pub mod block_forms;
pub mod brand;
pub mod closed_note;
pub mod composer;

pub mod connection_note;
pub mod conversation_header;
pub mod conversation_list;
pub mod conversation_pane;
pub mod copy_link;
pub mod counter;
pub mod date_form;
pub mod emoji_completion;
pub mod emoji_picker;
pub mod error_note;
pub mod field;
pub mod form;
pub mod header;
pub mod heading;
pub mod list_filter;
pub mod loaded;
pub mod message_edit_form;
pub mod message_item;
pub mod message_layer;
pub mod message_list;
pub mod message_menu;
pub mod message_page;
pub mod message_text;
pub mod not_kept;
pub mod on_demand;
pub mod pager;
pub mod presence;
pub mod reply_note;

pub mod report_form;
pub mod request_note;
pub mod requests_link;
pub mod shortcuts;
pub mod show;
pub mod time;
pub mod unsent_messages;

#[cfg(test)]
mod tests;
