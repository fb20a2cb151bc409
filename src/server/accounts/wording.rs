//! What people are told. Each sentence is for every case that must look the same.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::domain::error::AppError;

/// A wrong password, nobody by this name, a disabled account, one that waits for its code, one that the user pool has
/// locked for a while. The last two are in the sentence, as the pool says so whatever the password is: an answer of their
/// own would tell that the account exists.
pub fn sign_in_refused() -> AppError {
    AppError::invalid(
        "password",
        "E-mail or password is not right. If you have just signed up, confirm your e-mail address first. After many \
            tries, wait a quarter of an hour.",
    )
}

/// A wrong code, a used one, one that has run out, none that was ever sent, or one too many.
pub fn code_refused() -> AppError {
    AppError::invalid(
        "code",
        "This code is not right, or was used, or has run out. Ask for a new one. After many tries, wait an hour.",
    )
}

/// A password that keeps our rule, but not that of the pool, which the server does not know: it may be somebody else's. A
/// pool that is stricter than ours can tell by this that there was no account.
pub fn password_too_weak() -> AppError {
    AppError::invalid(
        "password",
        "This password is not strong enough. Choose a longer one, with capital and small letters, digits and signs.",
    )
}

/// An account that the pool does not make, without a word of what is wrong. Said above the form: it is about no field of it.
pub fn account_refused() -> AppError {
    AppError::invalid(
        "form",
        "No account can be made with this, and we do not know why. Look at the e-mail address again, then try another \
            handle or name.",
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

/// The answer of `work`, no sooner than [`TIME_MIN`]. The user pool is quicker to say that an account exists than to make
/// one.
pub async fn in_the_same_time<T>(work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let answer = work.await;
    sleep_until(begun + TIME_MIN).await;
    answer
}

/// The same, but whoever succeeds does not wait. It is quicker, too, to miss an account than to find a password wrong.
pub async fn refused_in_the_same_time<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let begun = Instant::now();
    let answer = work.await;
    if answer.is_err() {
        sleep_until(begun + TIME_MIN).await;
    }
    answer
}
