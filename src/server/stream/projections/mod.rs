//! The projections of the stream.

mod inbox;

mod list;

mod read_positions;

pub use list::all;
