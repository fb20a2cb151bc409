//! Forms that were posted without WASM and rejected.

use serde::{Deserialize, Serialize};

use crate::domain::error::AppError;
use crate::domain::sorted::SortedMap;

/// Form whose input the page shows again: the server has refused it, or has accepted another one with which it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedForm {
    /// Reason for which the form was refused.
    pub error: Option<AppError>,
    /// Input by field name. Never contains a password.
    pub fields: SortedMap<String, String>,
}

impl RefusedForm {
    /// Input of the field `name`, if the field in `bound_to` has the given value. The value identifies the form, so
    /// that input for one conversation does not appear in another.
    pub fn typed_for(&self, bound_to: (&str, &str), name: &str) -> Option<&String> {
        let (field, value) = bound_to;
        self.fields.get(name).filter(|_| self.fields.get(field).is_some_and(|bound| bound == value))
    }
}
