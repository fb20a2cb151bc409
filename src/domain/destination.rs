//! The way to a page of ours.

use serde::{Deserialize, Serialize};

/// Where to go after something has been done: a path of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination(pub String);
