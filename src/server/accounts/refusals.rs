//! Errors of the account forms. Each code covers all cases that a client must not be able to distinguish.

use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;

/// The sign-in was rejected: wrong password, or an account that is unknown, disabled, unconfirmed or temporarily
/// locked. The last two have no code of their own because the pool reports them whatever the password is, so that a
/// separate code would reveal that the account exists.
pub fn sign_in_refused() -> AppError {
    AppError::invalid("password", FieldCode::SignInRefused)
}

/// The current password was rejected before a change: it is wrong, or was wrong too often.
pub fn current_password_refused() -> AppError {
    AppError::invalid("current_password", FieldCode::CurrentPasswordRefused)
}

/// The code was rejected: it is wrong, already used, expired, was never sent, or was tried too often.
pub fn code_refused() -> AppError {
    AppError::invalid("code", FieldCode::CodeRefused)
}

/// The password meets our rule, but not that of the pool. The server does not know the pool's rule, because the pool
/// need not be one that we created. With a stricter pool this error reveals that the account did not exist.
pub fn password_too_weak() -> AppError {
    AppError::invalid("password", FieldCode::PasswordTooWeak)
}

/// The pool rejected the sign-up without a reason. `form` is the name of no field, so the error is shown above them.
pub fn account_refused() -> AppError {
    AppError::invalid("form", FieldCode::AccountRefused)
}

/// The pool rejected a password that the user had before.
pub fn password_used_before() -> AppError {
    AppError::invalid("password", FieldCode::PasswordUsedBefore)
}

/// The code of a second factor was rejected: it is wrong, has expired, or was used before.
pub fn sign_in_code_refused() -> AppError {
    AppError::invalid("code", FieldCode::SignInCodeRefused)
}

/// The pool demands a further step that this site does not support.
pub fn unsupported_challenge() -> AppError {
    AppError::invalid("password", FieldCode::UnsupportedChallenge)
}

/// The operator has suspended the account. Reveals nothing: it is said only after the correct password.
pub fn account_suspended() -> AppError {
    AppError::invalid("form", FieldCode::AccountSuspended)
}
