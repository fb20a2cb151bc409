//! A form that was posted without WASM and refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::error::AppError;

/// Why a form that was posted without WASM was refused, and what had been typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The reason.
    pub error: AppError,
    /// What was typed, by field; never a password.
    pub fields: BTreeMap<String, String>,
}

impl Refused {
    /// What had been typed into `name`, if the form was the one whose field `bound_to` has this value.
    pub fn typed_for(&self, bound_to: (&str, &str), name: &str) -> Option<&String> {
        let (field, value) = bound_to;
        self.fields.get(name).filter(|_| self.fields.get(field).is_some_and(|bound| bound == value))
    }
}
