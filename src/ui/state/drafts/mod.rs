//! Drafts of messages, by target: one per conversation, shared by all pages of a user, and kept by the browser.
//!
//! [`shared_draft`] decides, on plain values; [`kept_drafts`] is the browser around it, and [`left_drafts`] shows what
//! has no composer on the page.

mod kept_drafts;

mod kept_edits;

mod kinds;

mod left_drafts;

pub mod kept_mode;

pub mod shared_draft;

pub(in crate::ui::state) use kinds::{EDIT, MODE};

pub use kept_drafts::Drafts;
pub use left_drafts::FirstDraft;
