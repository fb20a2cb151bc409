//! The projections of the stream.

mod damaged_rows;

mod deleted_texts;

mod inbox;

mod list;

mod old_messages;

mod read_positions;

pub use list::{all, publishing};
pub use old_messages::Publish;
