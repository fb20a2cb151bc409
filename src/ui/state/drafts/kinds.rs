//! Kinds of the values that the browser keeps for composers.

/// Kinds of the values that the browser keeps beside the drafts: the texts of edits in progress, and what the composers
/// write.
pub(in crate::ui::state) const EDIT: &str = "edit";
pub(in crate::ui::state) const MODE: &str = "composing";
