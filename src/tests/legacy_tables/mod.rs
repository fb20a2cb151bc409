//! Tables of the old app: reading them, writing into them, and migrating them.

mod fixtures;
mod lagging;
mod migrating;
mod order;
mod reading;
mod router;
mod stream;
mod users;
mod writing;
