//! Request body of `POST /api/messages`.

use axum::extract::Request;
use axum::http::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::message::{self, BODY_LEN_MAX, Body, InvalidBody};
use crate::domain::user::{Handle, InvalidHandle, User};
use crate::server::http::json_api::error::ApiError;
use crate::server::http::json_api::uuids;
use crate::server::http::json_api::validation_code::ValidationCode;
use crate::server::http::media_type::{MediaType, media_type};
use crate::server::http::request_limits::BODY_BYTES_MAX;

/// Header with which a client can repeat a request without sending its message twice.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Validated message.
#[derive(Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub target: Target,
    /// The `Idempotency-Key`, or a new id if the request has none.
    pub id: message::Id,
    pub body: Body,
}

/// Target of a message, as the client wrote it. The conversation or user may not exist.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// The `message_group_uuid` of a conversation.
    Conversation(String),
    /// The `handle` of a user; used if `message_group_uuid` is absent or null.
    User(String),
}

impl NewMessage {
    /// Reads and validates a request by `me`.
    pub async fn read(request: Request, me: &User) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if media_type(&parts.headers) != Some(MediaType::Json) {
            return Err(ApiError::NotJson);
        }
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiError::TooLarge)?;
        // A parser may ignore a byte order mark (RFC 8259, section 8.1), and the old app did.
        let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
        let fields = serde_json::from_slice(text).map_err(|_| ApiError::Malformed)?;
        Self::parse(&fields, &parts.headers, me).map_err(ApiError::Invalid)
    }

    /// Validates the fields. A value of the wrong type counts as blank; so do all fields if the body is not an object.
    fn parse(fields: &Value, headers: &HeaderMap, me: &User) -> Result<Self, Vec<ValidationCode>> {
        match (body(&fields["message"]), target(fields, me), id(headers)) {
            (Ok(body), Ok(target), Ok(id)) => Ok(Self { target, id, body }),
            (body, target, id) => {
                let codes = [target.err(), id.err()].into_iter().flatten();
                Err(body.err().into_iter().flatten().chain(codes).collect())
            }
        }
    }
}

/// Validates the text. As in the old app, surrounding white space counts towards the maximum length.
fn body(message: &Value) -> Result<Body, Vec<ValidationCode>> {
    let text = message.as_str().unwrap_or_default();
    let length = (text.chars().count() > BODY_LEN_MAX).then_some(ValidationCode::MessageTooLong);
    match (Body::parse(text), length) {
        (Ok(body), None) => Ok(body),
        (Err(InvalidBody::Blank), length) => {
            Err([Some(ValidationCode::MessageBlank), length].into_iter().flatten().collect())
        }
        (Err(InvalidBody::Control), length) => {
            Err(length.into_iter().chain([ValidationCode::MessageControl]).collect())
        }
        (Ok(_) | Err(InvalidBody::TooLong(_)), _) => Err(vec![ValidationCode::MessageTooLong]),
    }
}

fn target(fields: &Value, me: &User) -> Result<Target, ValidationCode> {
    match &fields["message_group_uuid"] {
        Value::Null => recipient(&fields["handle"], me),
        Value::String(text) if !text.trim().is_empty() => Ok(Target::Conversation(text.clone())),
        _ => Err(ValidationCode::GroupBlank),
    }
}

fn recipient(handle: &Value, me: &User) -> Result<Target, ValidationCode> {
    let text = handle.as_str().unwrap_or_default();
    match Handle::parse(text) {
        Err(InvalidHandle::Blank) => Err(ValidationCode::ReceiverBlank),
        Ok(handle) if handle.as_str().eq_ignore_ascii_case(me.handle_text()) => Err(ValidationCode::ReceiverSelf),
        // An invalid handle may belong to a user of the old app.
        Ok(_) | Err(_) => Ok(Target::User(text.to_owned())),
    }
}

/// Reads the idempotency key, with or without the quotes of a structured header (RFC 9651).
fn id(headers: &HeaderMap) -> Result<message::Id, ValidationCode> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (None, _) => return Ok(message::Id(Uuid::now_v7())),
        (Some(key), None) => key.to_str().ok(),
        (Some(_), Some(_)) => None,
    };
    let bare = key.map(|key| key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key));
    bare.and_then(uuids::parse).map(message::Id).ok_or(ValidationCode::KeyInvalid)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::domain::user;
    use crate::server::http::json_api::validation_code::ValidationCode as Code;

    const GROUP: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

    fn parse_with(fields: &Value, keys: &[&'static str]) -> Result<NewMessage, Vec<Code>> {
        let keys = keys.iter().map(|key| (IDEMPOTENCY_KEY.parse().expect("a name"), HeaderValue::from_static(key)));
        let me = User::stored(user::Id(Uuid::nil()), "ana".to_owned(), "Ana".to_owned());
        NewMessage::parse(fields, &keys.collect(), &me)
    }

    fn parse(fields: &Value) -> Result<Target, Vec<Code>> {
        parse_with(fields, &[]).map(|it| it.target)
    }

    #[test]
    fn the_message_group_uuid_takes_precedence_over_the_handle() {
        let group = Ok(Target::Conversation(GROUP.to_owned()));
        let ben = Ok(Target::User("@Ben".to_owned()));
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": GROUP })), group);
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": GROUP, "handle": 5 })), group);
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": null, "handle": "@Ben" })), ben);
        assert_eq!(parse(&json!({ "message": "a", "handle": "@Ben" })), ben);
    }

    #[test]
    fn all_validation_codes_are_reported_together_in_a_fixed_order() {
        let long = "a".repeat(1025);
        let controlled = format!("{long}\u{7}");
        let cases = [
            (json!({}), vec![Code::MessageBlank, Code::ReceiverBlank]),
            (json!([1, 2]), vec![Code::MessageBlank, Code::ReceiverBlank]),
            (json!({ "message": 5, "handle": ["ben"] }), vec![Code::MessageBlank, Code::ReceiverBlank]),
            (json!({ "message": " \n", "message_group_uuid": " " }), vec![Code::MessageBlank, Code::GroupBlank]),
            (json!({ "message": "a", "message_group_uuid": 5 }), vec![Code::GroupBlank]),
            (json!({ "message": "a\u{0}", "handle": " @ " }), vec![Code::MessageControl, Code::ReceiverBlank]),
            (json!({ "message": long, "handle": "@ANA" }), vec![Code::MessageTooLong, Code::ReceiverSelf]),
            (json!({ "message": controlled, "handle": "ben" }), vec![Code::MessageTooLong, Code::MessageControl]),
            (json!({ "message": " ".repeat(1025), "handle": "x" }), vec![Code::MessageBlank, Code::MessageTooLong]),
            // The old app counted the trailing space, too.
            (json!({ "message": format!("{} ", "a".repeat(1024)), "handle": "ben" }), vec![Code::MessageTooLong]),
        ];
        for (fields, mut codes) in cases {
            assert_eq!(parse(&fields), Err(codes.clone()), "{fields}");
            codes.push(Code::KeyInvalid);
            assert_eq!(parse_with(&fields, &["x"]).map(|it| it.target), Err(codes.clone()), "{fields}");
            let position = |code: &Code| Code::ALL.iter().position(|it| it == code);
            assert!(codes.is_sorted_by_key(position), "{codes:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_one_uuid_with_or_without_quotes() {
        let fields = json!({ "message": "a", "handle": "ben" });
        let key = Ok(message::Id(uuids::parse(GROUP).expect("a uuid")));
        let id = |keys: &[&'static str]| parse_with(&fields, keys).map(|it| it.id);
        assert_eq!(id(&[GROUP]), key);
        assert_eq!(id(&["\"5ae290ed-55d1-47a0-bc6d-fe2bc2700399\""]), key);
        assert_ne!(id(&[]), id(&[]), "without a key, every request is a new message");
        for keys in [&[""][..], &["\""], &["5"], &[GROUP, GROUP], &["5ae290ed55d147a0bc6dfe2bc2700399"]] {
            assert_eq!(id(keys), Err(vec![Code::KeyInvalid]), "{keys:?}");
        }
    }
}
