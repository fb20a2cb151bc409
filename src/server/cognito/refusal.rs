//! What the user pool says no with.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use crate::domain::error::AppError;
use crate::server::cognito::token::InvalidToken;
use crate::server::failure::Failure;

/// How long somebody waits whom the pool holds back, seconds. The pool itself does not say.
const RETRY_AFTER_SECS: u64 = 60;

/// Why the pool did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Wrong password, no such person, a disabled one, or a token that was withdrawn: the pool does not tell them apart.
    NotAuthorized,
    /// So many wrong passwords that even the right one is refused for a while.
    LockedOut,
    /// The account still waits for its code.
    UserNotConfirmed,
    /// Nobody is there by this name; only pools that hide nothing say so.
    UserNotFound,
    /// Somebody decided that a new password must be set.
    PasswordResetRequired,
    /// Somebody has the e-mail address already.
    AlreadyExists,
    /// Not the code that was sent, or one that was not sent.
    CodeMismatch,
    /// A code that has run out.
    CodeExpired,
    /// The password breaks the pool's rules.
    InvalidPassword,
    /// The password was used before.
    PasswordUsedBefore,
    /// Something in the request cannot be taken.
    InvalidParameter,
    /// The account was made, but the code could not be sent.
    NotDelivered,
    /// Too often for this account: asking for a code, or trying one. The pool says it only of accounts that are there.
    TooManyForAccount,
    /// Too often, for all accounts together.
    TooMany,
    /// The pool does not answer, or is in trouble.
    Unavailable,
    /// What should not happen: a pool or a client that is not there, a refused setting.
    Misconfigured,
}

/// A refusal, with what the log should say.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    call: &'static str,
    detail: String,
}

impl Refused {
    /// Reads the SDK's error. `secrets` are what was sent and must not come back into a log: the pool's own words can
    /// repeat it.
    pub(super) fn new<E: ProvideErrorMetadata, R>(
        call: &'static str,
        error: &SdkError<E, R>,
        secrets: &[&str],
    ) -> Self {
        let Some(service) = error.as_service_error() else {
            // Nothing of the error itself: it can hold the whole answer, tokens included.
            let detail = match error {
                SdkError::TimeoutError(_) => "took too long",
                SdkError::DispatchFailure(_) => "could not be reached",
                _ => "gave an answer that cannot be read",
            };
            return Self { why: Refusal::Unavailable, call, detail: detail.to_owned() };
        };
        let code = service.code().unwrap_or("no code");
        let message = service.message().unwrap_or_default();
        let hidden = secrets.iter().filter(|secret| !secret.is_empty());
        let shown = hidden.fold(message.to_owned(), |text, secret| text.replace(secret, "…"));
        Self { why: refusal(code, message), call, detail: format!("{code}: {shown}") }
    }

    /// An answer without the part that it must have.
    pub(super) fn incomplete(call: &'static str) -> Self {
        Self { why: Refusal::Unavailable, call, detail: "gave an answer without tokens".to_owned() }
    }

    /// Tokens that do not hold. Without a key set, that is for now only.
    pub(super) fn untrusted(call: &'static str, why: InvalidToken) -> Self {
        let refusal = if why == InvalidToken::NoKeySet { Refusal::Unavailable } else { Refusal::Misconfigured };
        Self { why: refusal, call, detail: why.to_string() }
    }

    /// Whether the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self.why, Refusal::Unavailable | Refusal::TooMany | Refusal::TooManyForAccount | Refusal::LockedOut)
    }

    /// What is to be told where no sentence of the page's own fits better.
    pub fn into_failure(self) -> Failure {
        match self.why {
            Refusal::LockedOut | Refusal::TooManyForAccount | Refusal::TooMany => {
                Failure::Answer(AppError::RateLimited { retry_after_secs: RETRY_AFTER_SECS })
            }
            Refusal::Unavailable => Failure::Unavailable(self.into_cause()),
            _ => Failure::Unexpected(self.into_cause()),
        }
    }

    /// What the log should say.
    pub fn into_cause(self) -> anyhow::Error {
        anyhow::anyhow!("Cognito, {}: {}", self.call, self.detail)
    }
}

fn refusal(code: &str, message: &str) -> Refusal {
    match code {
        // The one place where a text decides: the pool has no code of its own for a lock-out.
        "NotAuthorizedException" if message.starts_with("Password attempts exceeded") => Refusal::LockedOut,
        "NotAuthorizedException" | "RefreshTokenReuseException" => Refusal::NotAuthorized,
        "UserNotConfirmedException" => Refusal::UserNotConfirmed,
        "UserNotFoundException" => Refusal::UserNotFound,
        "PasswordResetRequiredException" => Refusal::PasswordResetRequired,
        "UsernameExistsException" | "AliasExistsException" => Refusal::AlreadyExists,
        "CodeMismatchException" => Refusal::CodeMismatch,
        "ExpiredCodeException" => Refusal::CodeExpired,
        "InvalidPasswordException" => Refusal::InvalidPassword,
        "PasswordHistoryPolicyViolationException" => Refusal::PasswordUsedBefore,
        "InvalidParameterException" => Refusal::InvalidParameter,
        "CodeDeliveryFailureException" => Refusal::NotDelivered,
        "LimitExceededException" | "TooManyFailedAttemptsException" => Refusal::TooManyForAccount,
        "TooManyRequestsException" => Refusal::TooMany,
        "InternalErrorException" | "ServiceUnavailableException" | "ThrottlingException" => Refusal::Unavailable,
        _ => Refusal::Misconfigured,
    }
}
