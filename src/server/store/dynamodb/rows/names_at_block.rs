//! Names of two users as they were when a block between them began.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::codec;

/// Handles and names of two users at the beginning of a block. Each sees these of the other until the block ends, so
/// that no change of a profile passes. Empty if a version without this attribute has stored the block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamesAtBlock(BTreeMap<user::Id, Names>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Names {
    handle: String,
    display_name: String,
}

impl NamesAtBlock {
    /// Collects the present names of two users, without those of a deleted one.
    pub fn of(pair: [&User; 2]) -> Self {
        let names = |user: &User| Names {
            handle: user.handle_text().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
        };
        Self(pair.into_iter().filter(|user| !user.is_deleted()).map(|user| (user.id, names(user))).collect())
    }

    /// Returns a user with these names; `None` if they are unknown.
    pub fn user(&self, id: user::Id) -> Option<User> {
        let Names { handle, display_name } = self.0.get(&id)?.clone();
        Some(codec::user(id, handle, display_name))
    }

    /// Reports whether no names are known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Encodes the attribute.
    pub fn attribute(&self) -> AttributeValue {
        serde_dynamo::to_attribute_value(self).expect("the names are a map of texts")
    }
}
