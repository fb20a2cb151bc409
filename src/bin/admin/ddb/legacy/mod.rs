//! Migration of a whole legacy table. The library's own module `legacy` reads legacy rows as they are.

mod inbox;
mod keys;
mod mark;
pub mod migration;
pub mod purpose;
pub mod report;
mod survey;

pub(super) use mark::mark_migrated;
