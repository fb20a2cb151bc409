//! Validation codes: the body of a 422 response.

use serde::Serialize;

/// Validation error of a request. Codes of the old app are kept, including their spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ValidationCode {
    /// No text, or only white space.
    #[serde(rename = "message_blank")]
    MessageBlank,
    /// More than 1,024 characters. This is the old app's last spelling; its week 5 had `message_exceed_max_chars`.
    #[serde(rename = "message_exceed_max_chars_1024")]
    MessageTooLong,
    /// A control character that is neither a line break nor a tab.
    #[serde(rename = "message_control_characters")]
    MessageControl,
    /// The `message_group_uuid` is present but blank.
    #[serde(rename = "message_group_uuid_blank")]
    GroupBlank,
    /// Neither a conversation nor a recipient is given.
    #[serde(rename = "user_reciever_handle_blank")]
    ReceiverBlank,
    /// The recipient is the sender.
    #[serde(rename = "user_reciever_handle_self")]
    ReceiverSelf,
    /// An `Idempotency-Key` that is not one UUID.
    #[serde(rename = "idempotency_key_invalid")]
    KeyInvalid,
    /// A `cursor` that did not come from this list.
    #[serde(rename = "cursor_invalid")]
    CursorInvalid,
}

impl ValidationCode {
    /// All codes, in the order in which a response lists them.
    pub const ALL: [Self; 8] = [
        Self::MessageBlank,
        Self::MessageTooLong,
        Self::MessageControl,
        Self::GroupBlank,
        Self::ReceiverBlank,
        Self::ReceiverSelf,
        Self::KeyInvalid,
        Self::CursorInvalid,
    ];
}
