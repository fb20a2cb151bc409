//! Requests that no page sends: addresses, heads and bodies that clients of other kinds write.

mod pooler;
