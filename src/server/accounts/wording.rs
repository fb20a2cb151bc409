//! What people are told. Each sentence is for every case that must look the same.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::AppError;

/// A wrong password, nobody by this name, a disabled account, one that waits for its code. The last is in the sentence,
/// as the user pool says so whatever the password is: an answer of its own would tell that the account exists.
pub fn sign_in_refused() -> AppError {
    AppError::invalid(
        "password",
        "E-mail or password is not right. If you have just signed up, confirm your e-mail address first.",
    )
}

/// A wrong code, a used one, one that has run out, or none that was ever sent.
pub fn code_refused() -> AppError {
    AppError::invalid("code", "This code is not right, or was used, or has run out. Ask for a new one.")
}

/// A password that the pool does not take.
pub fn password_refused() -> AppError {
    AppError::invalid(
        "password",
        "A password has at least 8 characters, without spaces: capital and small letters, a digit, and a sign such as “!”.",
    )
}

/// A password that the person had before.
pub fn password_used_before() -> AppError {
    AppError::invalid("password", "You have used this password before. Choose another one.")
}

/// The pool asks for more than a password.
pub fn challenged(challenge: &str) -> AppError {
    let sentence = match challenge {
        "NEW_PASSWORD_REQUIRED" => {
            "This password was only for the first time. Ask whoever gave it to you for one that lasts."
        }
        _ => "This account wants a second factor, which this site cannot ask for yet.",
    };
    AppError::invalid("password", sentence)
}

/// An answer that must not show by its time which of two things happened takes at least this long.
const TIME_MIN: Duration = Duration::from_millis(400);

/// Waits until [`TIME_MIN`] after `begun`. The user pool is quicker to say that an account exists than to make one.
pub async fn take_the_same_time(begun: Instant) {
    tokio::time::sleep_until(begun + TIME_MIN).await;
}
