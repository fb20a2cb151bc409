//! Files of the build that the document of a page names.

use std::collections::BTreeMap;

/// Addresses of the style and the code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFiles {
    pub style: String,
    /// JavaScript that starts the code.
    pub script: String,
    pub wasm: String,
    /// JavaScript that loads the parts of the code, if it is split.
    pub loader: Option<String>,
    /// WASM files of each part, in the order in which the loader asks for them.
    pub parts: BTreeMap<String, Vec<String>>,
}
