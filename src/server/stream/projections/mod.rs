//! The projections of the stream.

mod inbox;

mod list;

pub use list::all;
