//! Error messages of the account forms. Each message covers all cases that a client must not be able to distinguish.

use crate::domain::error::AppError;

/// The sign-in was rejected: wrong password, or an account that is unknown, disabled, unconfirmed or temporarily
/// locked. The message mentions the last two because the pool reports them whatever the password is, so that a separate
/// message would reveal that the account exists.
pub fn sign_in_refused() -> AppError {
    AppError::invalid(
        "password",
        "Wrong e-mail or password. If you have just signed up, confirm your e-mail address first. After too many \
            attempts, wait 15 minutes.",
    )
}

/// The code was rejected: it is wrong, already used, expired, was never sent, or was tried too often.
pub fn code_refused() -> AppError {
    AppError::invalid(
        "code",
        "This code is invalid, already used or expired. Request a new one. After too many attempts, wait an hour.",
    )
}

/// The password meets our rule, but not that of the pool. The server does not know the pool's rule, because the pool
/// need not be one that we created. With a stricter pool this message reveals that the account did not exist.
pub fn password_too_weak() -> AppError {
    AppError::invalid(
        "password",
        "This password is too weak. Choose a longer one with uppercase and lowercase letters, digits and symbols.",
    )
}

/// The pool rejected the sign-up without a reason. Shown above the form, because it belongs to no field.
pub fn account_refused() -> AppError {
    AppError::invalid(
        "form",
        "We couldn't create an account with these details. Check the e-mail address, then try another handle or name.",
    )
}

/// The pool rejected a password that the user had before.
pub fn password_used_before() -> AppError {
    AppError::invalid("password", "You have used this password before. Choose a different one.")
}

/// The pool demands a further step that this site does not support.
pub fn unsupported_challenge(challenge: &str) -> AppError {
    let sentence = match challenge {
        "NEW_PASSWORD_REQUIRED" => "This password is temporary. Ask the person who gave it to you for a permanent one.",
        _ => "This account requires an additional sign-in step, which isn't supported here yet.",
    };
    AppError::invalid("password", sentence)
}
