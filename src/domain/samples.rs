//! Sample users and messages for component tests, and lists of all errors.

use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, Kind};
use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::message::{self, InvalidBody, Message, MessageRef, SentAt, TextVersion};
use crate::domain::password::InvalidPassword;
use crate::domain::user::{self, DisplayName, Handle, InvalidDisplayName, InvalidHandle, User};

/// User number `n`. Both the handle and the display name are `text`.
pub(crate) fn user(n: u128, text: &str) -> User {
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Some(Handle::stored(text.to_owned())),
        display_name: DisplayName::stored(text.to_owned()),
    }
}

/// Message number `n`, written by user 1.
pub(crate) fn message(n: u128, body: &str, sent_at: &str) -> Message {
    let reference = MessageRef { id: message::Id(Uuid::from_u128(n)), sent_at: SentAt::stored(sent_at.to_owned()) };
    Message::new(reference, user(1, "ana").id, body.to_owned(), n as u64)
}

/// Direct conversation number `n`, of ana and ben.
pub(crate) fn conversation(n: u128) -> Conversation {
    Conversation {
        id: conversation::Id(Uuid::from_u128(n)),
        kind: Kind::Direct,
        members: vec![user(1, "ana"), user(2, "ben")],
        preview: "hello".to_owned(),
        last_sent_at: SentAt::stored("2026-11-20T09:26:28.207802+00:00".to_owned()),
        last_author: None,
        seq: n as u64,
        version: TextVersion::default(),
        read: n as u64,
        delivered: n as u64,
        marked: 0,
        unmarked: 0,
    }
}

/// Lists values of an enum. Does not compile while a variant is missing.
macro_rules! all {
    ($type:ident: $($variant:ident $(($data:expr))? $({$($field:ident: $value:expr),*})?),* $(,)?) => {{
        let _is_complete = |it: &$type| match it {
            $($type::$variant { .. } => (),)*
        };
        vec![$($type::$variant $(($data))? $({$($field: $value),*})?),*]
    }};
}

/// Every code of an invalid field.
pub(crate) fn field_codes() -> Vec<FieldCode> {
    let handle = all!(InvalidHandle: Blank, TooShort, TooLong, Character, Reserved).into_iter().map(FieldCode::from);
    let name = all!(InvalidDisplayName: Blank, TooLong, Control, Reserved).into_iter().map(FieldCode::from);
    let password = all!(InvalidPassword: Blank, TooShort, TooLong, SurroundingSpace, EasyToGuess);
    let password = password.into_iter().map(FieldCode::from);
    let body = all!(InvalidBody: Blank, TooLong(1025), Control).into_iter().map(FieldCode::from);
    let all = all!(
        FieldCode: Handle(InvalidHandle::Blank), DisplayName(InvalidDisplayName::Blank),
        Password(InvalidPassword::Blank), Body(InvalidBody::Blank), EmailBlank, EmailTooLong, EmailMalformed, CodeBlank,
        CodeMalformed, SignInRefused, CodeRefused, AccountRefused, PasswordTooWeak, PasswordUsedBefore,
        PasswordTemporary, UnsupportedChallenge, NotPermitted, Blocked, SearchInvalid, TimeInvalid, EmojiInvalid,
        CursorInvalid, NoNewerPage, TooManyConversations, HandleTaken, HandleChangedTooOften,
        CurrentPasswordRefused, SignInCodeRefused, EmailUnchanged, AccountSuspended, ReasonMissing,
    );
    // The first four are in the lists above.
    handle.chain(name).chain(password).chain(body).chain(all.into_iter().skip(4)).collect()
}

/// Every conflict.
pub(crate) fn conflicts() -> Vec<Conflict> {
    all!(
        Conflict: MessageToSelf, Undeliverable, RecipientDeleted, MessageIdTaken, MessageRemoved, MessageTooOld,
        MessageChanged, MessageDeleted, EditTooLate, TooManyEdits, TooManyReactions, RequestPending, RequestNotAccepted,
        OtherConversation, OtherRecipient, EmailTaken,
    )
}

/// Every error, with every code.
pub(crate) fn errors() -> Vec<AppError> {
    let plain = all!(
        AppError: Unauthenticated, Forbidden, NotFound, Conflict(Conflict::MessageToSelf), TooLarge,
        Invalid(Vec::new()), RateLimited { retry_after_secs: 7 }, Unavailable, Unexpected,
    );
    let conflicts = conflicts().into_iter().map(AppError::Conflict);
    let invalid = field_codes().into_iter().map(|code| AppError::invalid("field", code));
    plain.into_iter().chain(conflicts).chain(invalid).collect()
}
