//! Tables of the old app: reading them, writing into them, and migrating them.

mod changes;
mod fixtures;
mod lagging;
mod migrating;
mod numbering;
mod old_back_end;
mod old_clients;
mod old_stream_handler;
mod order;
mod reading;
mod router;
mod stream;
mod users;
mod writing;
