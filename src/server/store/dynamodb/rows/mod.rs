//! Rows, by kind: the attributes as they are stored, and the values that the store makes of them.
//!
//! Each file has a private struct that derives Serde's traits. Its fields are the attributes of the row, by name and
//! type; the key is separate, because only [`table`](super::table) knows how keys are written.

mod codec;

mod block;

mod head;

mod earlier_text;

mod inbox;

mod message;

mod milestone;

mod names_at_block;

mod pair;

mod read_cursor;

mod request;

mod revision;

mod send_marker;

mod timed;

pub use block::Block;
pub use earlier_text::EarlierText;
pub use head::Head;
pub(super) use inbox::COLLISIONS_MAX;
pub use inbox::{InboxRow, NamedUser};
pub use message::{MessageRow, ReplyTo};
pub use milestone::Milestone;
pub use names_at_block::NamesAtBlock;
pub use pair::Pair;
pub use read_cursor::ReadCursor;
pub use request::RequestRow;
pub use revision::Revision;
pub use send_marker::{FirstSent, SendMarker};
pub(super) use timed::Timed;
