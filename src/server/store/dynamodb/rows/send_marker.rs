//! Row of a message that has been sent, by its id.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::domain::user;
use crate::server::store::dynamodb::rows::{MessageRow, codec};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Marker of a message that has been sent. A retry finds the stored message through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMarker {
    /// Sort key of the stored message.
    pub at: SortTime,
    /// The message as it was first sent; `None` if a version before edits wrote the marker.
    pub first_sent: Option<FirstSent>,
}

/// Author and fingerprint of a message as it was first sent. The message may have been edited or deleted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSent {
    pub author: user::Id,
    /// SHA-256 of the text and of the message that it answers, in Base64.
    hash: String,
}

impl FirstSent {
    /// Returns the fingerprint of a message that is being sent.
    pub fn new(row: &MessageRow) -> Self {
        let mut context = Context::new(&SHA256);
        // The id makes the fingerprint differ between two messages with the same text.
        context.update(row.id.0.as_bytes());
        if let Some(reply_to) = &row.reply_to {
            context.update(reply_to.message_uuid.0.as_bytes());
        }
        context.update(row.body.as_bytes());
        Self { author: row.author.id, hash: BASE64_STANDARD_NO_PAD.encode(context.finish()) }
    }
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    /// Sort key of the stored message.
    message_sk: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    seq: u64,
    /// Author of the message.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    user_uuid: Option<user::Id>,
    /// Fingerprint of the message as it was first sent.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// Expiry time, in seconds since 1970. DynamoDB may delete the marker afterwards.
    #[serde(default, deserialize_with = "codec::or_default")]
    expires_at: i64,
}

impl SendMarker {
    /// Decodes a row; `None` if it has no valid time.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Attributes = codec::decode(item)?;
        let first_sent = row.user_uuid.zip(row.hash).map(|(author, hash)| FirstSent { author, hash });
        Some(Self { at: SortTime::stored(&row.message_sk)?, first_sent })
    }

    /// Encodes the marker of the message stored as `row`, which DynamoDB keeps until `expires_at` (seconds since 1970).
    pub fn item(row: &MessageRow, expires_at: i64) -> Item {
        let FirstSent { author, hash } = FirstSent::new(row);
        let attributes = Attributes {
            message_sk: row.at.as_str().to_owned(),
            seq: row.seq,
            user_uuid: Some(author),
            hash: Some(hash),
            expires_at,
        };
        codec::encode(&Key::SendMarker(row.conversation, row.id), attributes)
    }
}
