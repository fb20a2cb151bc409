//! Requests that no page sends: addresses, heads and bodies that clients of other kinds write.

mod addresses;
mod bodies;
mod heads;
mod pooler;
mod sizes;
