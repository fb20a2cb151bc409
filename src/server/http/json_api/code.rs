//! The codes of a 422: what is wrong with a request, one word a mistake.

use serde::Serialize;

/// One mistake. Where the old app had a code for it, this is the one, its spelling included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Code {
    /// No text, or nothing but white space.
    #[serde(rename = "message_blank")]
    MessageBlank,
    /// More than 1,024 characters. The old app's week 5 said `message_exceed_max_chars`; this is what it said last.
    #[serde(rename = "message_exceed_max_chars_1024")]
    MessageTooLong,
    /// A control character that is neither a line break nor a tab.
    #[serde(rename = "message_control_characters")]
    MessageControl,
    /// A conversation is asked for, but none is named.
    #[serde(rename = "message_group_uuid_blank")]
    GroupBlank,
    /// Neither a conversation nor a person is named.
    #[serde(rename = "user_reciever_handle_blank")]
    ReceiverBlank,
    /// The person is the one who sends.
    #[serde(rename = "user_reciever_handle_self")]
    ReceiverSelf,
    /// An `Idempotency-Key` that is not one UUID.
    #[serde(rename = "idempotency_key_invalid")]
    KeyInvalid,
    /// A `cursor` that this list has not given out.
    #[serde(rename = "cursor_invalid")]
    CursorInvalid,
}

impl Code {
    /// All there are, in the order in which one answer lists them.
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
