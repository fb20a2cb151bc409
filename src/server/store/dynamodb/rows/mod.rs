//! Rows, by kind: the attributes as they are stored, and the values that the store makes of them.
//!
//! Each file has a private struct that derives Serde's traits. Its fields are the attributes of the row, by name and
//! type; the key is separate, because only [`table`](super::table) knows how keys are written.

mod codec;

mod head;

mod inbox;

mod message;

mod pair;

mod read_cursor;

mod send_marker;

mod timed;

pub use head::Head;
pub use inbox::{InboxRow, NamedUser};
pub use message::MessageRow;
pub use pair::Pair;
pub use read_cursor::ReadCursor;
pub use send_marker::SendMarker;
pub(super) use timed::Timed;
