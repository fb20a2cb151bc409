//! What a program asks to be sent, read from the body of `POST /api/messages`.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::message::{self, BODY_LEN_MAX, Body, InvalidBody};
use crate::domain::user::{Handle, InvalidHandle, User};
use crate::server::http::json_api::code::Code;
use crate::server::http::json_api::ids;
use crate::server::http::json_api::refusal::Refusal;
use crate::server::http::request_limits::BODY_BYTES_MAX;

/// The header by which a program may repeat a request without sending twice.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A message that may be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Where to.
    pub to: To,
    /// The `Idempotency-Key`; without one, an id of its own for each request.
    pub id: message::Id,
    /// What it says.
    pub body: Body,
}

/// Where a message goes, as the program wrote it. It may name nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum To {
    /// Into the conversation of this `message_group_uuid`.
    Conversation(String),
    /// To the person of this `handle`, as `message_group_uuid` is absent or null.
    Person(String),
}

impl NewMessage {
    /// Reads a request that `me` makes.
    pub async fn read(request: Request, me: &User) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Refusal::NotJson);
        }
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Refusal::TooLarge)?;
        let fields = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)?;
        Self::parse(&fields, &parts.headers, me).map_err(Refusal::Invalid)
    }

    /// A value of another type than it should have counts as blank, and so does every field of what is no object.
    fn parse(fields: &Value, headers: &HeaderMap, me: &User) -> Result<Self, Vec<Code>> {
        match (body(&fields["message"]), to(fields, me), id(headers)) {
            (Ok(body), Ok(to), Ok(id)) => Ok(Self { to, id, body }),
            (body, to, id) => {
                let codes = [to.err(), id.err()].into_iter().flatten();
                Err(body.err().into_iter().flatten().chain(codes).collect())
            }
        }
    }
}

/// The old app counted every character, white space around the text included.
fn body(message: &Value) -> Result<Body, Vec<Code>> {
    let text = message.as_str().unwrap_or_default();
    let length = (text.chars().count() > BODY_LEN_MAX).then_some(Code::MessageTooLong);
    match (Body::parse(text), length) {
        (Ok(body), None) => Ok(body),
        (Err(InvalidBody::Blank), length) => Err([Some(Code::MessageBlank), length].into_iter().flatten().collect()),
        (Err(InvalidBody::Control), length) => Err(length.into_iter().chain([Code::MessageControl]).collect()),
        (Ok(_) | Err(InvalidBody::TooLong(_)), _) => Err(vec![Code::MessageTooLong]),
    }
}

fn to(fields: &Value, me: &User) -> Result<To, Code> {
    match &fields["message_group_uuid"] {
        Value::Null => person(&fields["handle"], me),
        Value::String(text) if !text.trim().is_empty() => Ok(To::Conversation(text.clone())),
        _ => Err(Code::GroupBlank),
    }
}

fn person(handle: &Value, me: &User) -> Result<To, Code> {
    let text = handle.as_str().unwrap_or_default();
    match Handle::parse(text) {
        Err(InvalidHandle::Blank) => Err(Code::ReceiverBlank),
        Ok(handle) if handle.as_str().eq_ignore_ascii_case(me.handle.as_str()) => Err(Code::ReceiverSelf),
        // A text that is no handle is nobody's: not found, like a handle that nobody has.
        Ok(_) | Err(_) => Ok(To::Person(text.to_owned())),
    }
}

/// The key with or without the quotes that a structured header has (RFC 9651).
fn id(headers: &HeaderMap) -> Result<message::Id, Code> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (None, _) => return Ok(message::Id(Uuid::now_v7())),
        (Some(key), None) => key.to_str().ok(),
        (Some(_), Some(_)) => None,
    };
    let bare = key.map(|key| key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key));
    bare.and_then(ids::read).map(message::Id).ok_or(Code::KeyInvalid)
}

/// `application/json`, or another type that is JSON by its suffix.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|text| text.parse::<mime::Mime>().ok());
    kind.is_some_and(|kind| kind.essence_str() == "application/json" || kind.suffix() == Some(mime::JSON))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::domain::user::{self, DisplayName};

    const GROUP: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

    fn parse_with(fields: &Value, keys: &[&'static str]) -> Result<NewMessage, Vec<Code>> {
        let keys = keys.iter().map(|key| (IDEMPOTENCY_KEY.parse().expect("a name"), HeaderValue::from_static(key)));
        let name = "ana".to_owned();
        let id = user::Id(Uuid::nil());
        let me = User { id, handle: Handle::stored(name.clone()), display_name: DisplayName::stored(name) };
        NewMessage::parse(fields, &keys.collect(), &me)
    }

    fn parse(fields: &Value) -> Result<To, Vec<Code>> {
        parse_with(fields, &[]).map(|it| it.to)
    }

    #[test]
    fn the_group_decides_where_a_message_goes() {
        let group = Ok(To::Conversation(GROUP.to_owned()));
        let ben = Ok(To::Person("@Ben".to_owned()));
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": GROUP })), group);
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": GROUP, "handle": 5 })), group);
        assert_eq!(parse(&json!({ "message": "a", "message_group_uuid": null, "handle": "@Ben" })), ben);
        assert_eq!(parse(&json!({ "message": "a", "handle": "@Ben" })), ben);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_in_one_order() {
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
            // As the old app counted.
            (json!({ "message": format!("{} ", "a".repeat(1024)), "handle": "ben" }), vec![Code::MessageTooLong]),
        ];
        for (fields, mut codes) in cases {
            assert_eq!(parse(&fields), Err(codes.clone()), "{fields}");
            codes.push(Code::KeyInvalid);
            assert_eq!(parse_with(&fields, &["x"]).map(|it| it.to), Err(codes.clone()), "{fields}");
            let place = |code: &Code| Code::ALL.iter().position(|it| it == code);
            assert!(codes.is_sorted_by_key(place), "{codes:?}");
        }
    }

    #[test]
    fn a_key_is_one_uuid_with_or_without_quotes() {
        let fields = json!({ "message": "a", "handle": "ben" });
        let key = Ok(message::Id(ids::read(GROUP).expect("a uuid")));
        let id = |keys: &[&'static str]| parse_with(&fields, keys).map(|it| it.id);
        assert_eq!(id(&[GROUP]), key);
        assert_eq!(id(&["\"5ae290ed-55d1-47a0-bc6d-fe2bc2700399\""]), key);
        assert_ne!(id(&[]), id(&[]), "without a key, every request is a new message");
        for keys in [&[""][..], &["\""], &["5"], &[GROUP, GROUP], &["5ae290ed55d147a0bc6dfe2bc2700399"]] {
            assert_eq!(id(keys), Err(vec![Code::KeyInvalid]), "{keys:?}");
        }
    }
}
