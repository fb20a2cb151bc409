//! Forms that work without WASM too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// Why a form that was posted without WASM was refused, and what had been typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The reason.
    pub error: AppError,
    /// What was typed, by field; never a password.
    pub fields: BTreeMap<String, String>,
}
