//! Conversion between rows and the structs that derive Serde's traits.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::user::{self, DisplayName, Handle, User};
use crate::server::store::dynamodb::table::{Item, Key};

/// Encodes a row: its key, and the fields of `attributes`.
pub(super) fn encode(key: &Key, attributes: impl Serialize) -> Item {
    let mut item: Item = serde_dynamo::to_item(attributes).expect("the attributes are a struct of texts and numbers");
    item.extend(key.item());
    item
}

/// Decodes the attributes of a row. `None` if an attribute is missing or has another type, unless its field allows it.
pub(super) fn decode<T: DeserializeOwned>(item: &Item) -> Option<T> {
    serde_dynamo::from_item(item.clone()).ok()
}

/// Reads a field that is not worth losing the row for: an attribute of another type counts as missing. Serde's
/// `default` covers a missing one.
pub(super) fn or_default<'de, T, D>(attribute: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(T::deserialize(attribute).unwrap_or_default())
}

/// Returns true for a number that is not written.
pub(super) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Returns true for a flag that is not written.
pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}

/// Returns the user whom a row names. The row of a deleted user has no handle.
pub(super) fn user(id: user::Id, handle: String, display_name: String) -> User {
    let handle = (!handle.is_empty()).then(|| Handle::stored(handle));
    User { id, handle, display_name: DisplayName::stored(display_name) }
}
