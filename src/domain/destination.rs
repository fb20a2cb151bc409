//! Redirect target of a form.

use serde::{Deserialize, Serialize};

/// Path on this site to which the browser goes after a successful action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination(pub String);
