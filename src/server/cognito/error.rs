//! Errors of calls to the user pool.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use crate::domain::error::AppError;
use crate::server::cognito::token::InvalidToken;
use crate::server::failure::Failure;

/// Time after which a throttled client may retry, in seconds. The pool itself does not report it.
const RETRY_AFTER_SECS: u64 = 60;

/// Reason why a call to the user pool failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CognitoErrorKind {
    /// Wrong password, unknown user, disabled user, or revoked token. The pool does not distinguish them.
    NotAuthorized,
    /// After too many wrong passwords the pool rejects even the correct password for a while.
    LockedOut,
    /// The account is still unconfirmed.
    UserNotConfirmed,
    /// No such user. Only pools that do not hide the existence of users report this.
    UserNotFound,
    /// An administrator demands a new password.
    PasswordResetRequired,
    /// The e-mail address already has an account.
    AlreadyExists,
    /// Wrong code, or no code was sent.
    CodeMismatch,
    /// The code has expired.
    CodeExpired,
    /// The password violates the policy of the pool.
    InvalidPassword,
    /// The user had this password before.
    PasswordUsedBefore,
    /// A parameter of the request was rejected.
    InvalidParameter,
    /// The account was created, but its code could not be delivered.
    NotDelivered,
    /// Too many requests for a code, or too many attempts with one. The pool reports this only for existing accounts.
    TooManyForAccount,
    /// Too many requests of all accounts together.
    TooMany,
    /// The pool cannot be reached or has an internal error.
    Unavailable,
    /// Unexpected, such as an unknown pool or client, or a rejected setting.
    Misconfigured,
}

/// Error of a call to the user pool, with details for the log.
#[derive(Debug)]
pub struct CognitoError {
    pub kind: CognitoErrorKind,
    call: &'static str,
    detail: String,
}

impl CognitoError {
    /// Converts an error of the SDK. `secrets` are the parameters of the request that must not reach the log: messages
    /// of the pool can repeat them, so they are masked.
    pub(super) fn new<E: ProvideErrorMetadata, R>(
        call: &'static str,
        error: &SdkError<E, R>,
        secrets: &[&str],
    ) -> Self {
        let Some(service) = error.as_service_error() else {
            // The error itself is left out: it can contain the whole response, including tokens.
            let detail = match error {
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "connection failed",
                _ => "unreadable response",
            };
            return Self { kind: CognitoErrorKind::Unavailable, call, detail: detail.to_owned() };
        };
        let code = service.code().unwrap_or("no code");
        let message = service.message().unwrap_or_default();
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        let masked = secrets.fold(message.to_owned(), |text, secret| text.replace(secret, "…"));
        Self { kind: kind(code, message), call, detail: format!("{code}: {masked}") }
    }

    /// A response without its tokens.
    pub(super) fn incomplete(call: &'static str) -> Self {
        Self { kind: CognitoErrorKind::Unavailable, call, detail: "response without tokens".to_owned() }
    }

    /// A response whose tokens are invalid. Temporary if the key set to verify them is still missing.
    pub(super) fn untrusted(call: &'static str, reason: InvalidToken) -> Self {
        let kind = match reason {
            InvalidToken::NoKeySet => CognitoErrorKind::Unavailable,
            _ => CognitoErrorKind::Misconfigured,
        };
        Self { kind, call, detail: reason.to_string() }
    }

    /// Returns true if a retry may succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.kind,
            CognitoErrorKind::Unavailable
                | CognitoErrorKind::TooMany
                | CognitoErrorKind::TooManyForAccount
                | CognitoErrorKind::LockedOut
        )
    }

    /// Converts the error for callers that have no more specific response.
    pub fn into_failure(self) -> Failure {
        match self.kind {
            CognitoErrorKind::LockedOut | CognitoErrorKind::TooManyForAccount | CognitoErrorKind::TooMany => {
                Failure::Public(AppError::RateLimited { retry_after_secs: RETRY_AFTER_SECS })
            }
            CognitoErrorKind::Unavailable => Failure::Unavailable(self.into_cause()),
            _ => Failure::Unexpected(self.into_cause()),
        }
    }

    /// Converts the error into a cause for the log.
    pub fn into_cause(self) -> anyhow::Error {
        anyhow::anyhow!("Cognito, {}: {}", self.call, self.detail)
    }
}

fn kind(code: &str, message: &str) -> CognitoErrorKind {
    match code {
        // The pool has no separate code for a lock-out, so only the message identifies it.
        "NotAuthorizedException" if message.starts_with("Password attempts exceeded") => CognitoErrorKind::LockedOut,
        "NotAuthorizedException" | "RefreshTokenReuseException" => CognitoErrorKind::NotAuthorized,
        "UserNotConfirmedException" => CognitoErrorKind::UserNotConfirmed,
        "UserNotFoundException" => CognitoErrorKind::UserNotFound,
        "PasswordResetRequiredException" => CognitoErrorKind::PasswordResetRequired,
        "UsernameExistsException" | "AliasExistsException" => CognitoErrorKind::AlreadyExists,
        "CodeMismatchException" => CognitoErrorKind::CodeMismatch,
        "ExpiredCodeException" => CognitoErrorKind::CodeExpired,
        "InvalidPasswordException" => CognitoErrorKind::InvalidPassword,
        "PasswordHistoryPolicyViolationException" => CognitoErrorKind::PasswordUsedBefore,
        "InvalidParameterException" => CognitoErrorKind::InvalidParameter,
        "CodeDeliveryFailureException" => CognitoErrorKind::NotDelivered,
        "LimitExceededException" | "TooManyFailedAttemptsException" => CognitoErrorKind::TooManyForAccount,
        "TooManyRequestsException" => CognitoErrorKind::TooMany,
        "InternalErrorException" | "ServiceUnavailableException" | "ThrottlingException" => {
            CognitoErrorKind::Unavailable
        }
        _ => CognitoErrorKind::Misconfigured,
    }
}
