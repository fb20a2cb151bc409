//! Emoji: the table of all emoji, the completion of shortcodes, and the picker.
//!
//! [`table`] and [`shortcode`] decide, on plain values; the others are the browser around them.

pub mod completion;
pub mod emoji_data;
pub mod insertion;
pub mod picker;
pub mod shortcode;
pub mod table;
