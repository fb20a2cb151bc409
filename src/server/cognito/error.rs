//! Errors of calls to the user pool.

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::server::cognito::health::Problem;
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
    /// A Lambda trigger or a setting of the pool does not permit the request.
    NotPermitted,
    /// The firewall in front of the pool (AWS WAF) blocks the request.
    Blocked,
    /// A Lambda trigger of the pool failed.
    TriggerFailed,
    /// Unexpected, such as an unknown pool or client, or a rejected setting. Named if it is a known problem.
    Misconfigured(Option<Problem>),
}

/// Error of a call to the user pool, with details for the log.
#[derive(Debug)]
pub struct CognitoError {
    pub kind: CognitoErrorKind,
    /// True if the pool says that the token of the request is revoked or that its user is gone.
    pub ends_token: bool,
    call: &'static str,
    detail: String,
}

impl CognitoError {
    /// Converts an error of the SDK. `secrets` are the parameters of the request that must not reach the log: messages
    /// of the pool can repeat them, so they are masked.
    pub(super) fn new<E: ProvideErrorMetadata>(
        call: &'static str,
        error: &SdkError<E, HttpResponse>,
        secrets: &[&str],
    ) -> Self {
        let Some(service) = error.as_service_error() else {
            // The error itself is left out: it can contain the whole response, including tokens.
            let detail = match error {
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "connection failed",
                _ => "unreadable response",
            };
            return Self::of(CognitoErrorKind::Unavailable, call, detail);
        };
        let code = service.code().unwrap_or("no code");
        let message = service.message().unwrap_or_default();
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        let masked = secrets.fold(message.to_owned(), |text, secret| text.replace(secret, "…"));
        let detail = format!("{code}: {masked}");
        let has_failed = error.raw_response().is_some_and(|response| response.status().is_server_error());
        let kind = match kind(code, message) {
            CognitoErrorKind::Misconfigured(None) if has_failed => CognitoErrorKind::Unavailable,
            kind => kind,
        };
        Self { kind, ends_token: ends_token(code, message), call, detail }
    }

    fn of(kind: CognitoErrorKind, call: &'static str, detail: &str) -> Self {
        Self { kind, ends_token: false, call, detail: detail.to_owned() }
    }

    /// A response without its tokens.
    pub(super) fn incomplete(call: &'static str) -> Self {
        Self::of(CognitoErrorKind::Unavailable, call, "response without tokens")
    }

    /// A response whose tokens are invalid. Temporary if the key set to verify them is still missing.
    pub(super) fn untrusted(call: &'static str, reason: InvalidToken) -> Self {
        let kind = match reason {
            InvalidToken::NoKeySet => CognitoErrorKind::Unavailable,
            _ => CognitoErrorKind::Misconfigured(None),
        };
        Self::of(kind, call, &reason.to_string())
    }

    /// A response with tokens of another pool than the configured one.
    pub(super) fn of_another_pool(call: &'static str) -> Self {
        Self::of(CognitoErrorKind::Misconfigured(Some(Problem::OtherPool)), call, "the tokens are of another pool")
    }

    /// Returns true if a retry may succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.kind,
            CognitoErrorKind::Unavailable
                | CognitoErrorKind::TooMany
                | CognitoErrorKind::TooManyForAccount
                | CognitoErrorKind::LockedOut
                | CognitoErrorKind::TriggerFailed
        )
    }

    /// Converts the error for callers that have no more specific response.
    pub fn into_failure(self) -> Failure {
        match self.kind {
            CognitoErrorKind::LockedOut | CognitoErrorKind::TooManyForAccount | CognitoErrorKind::TooMany => {
                Failure::Public(AppError::RateLimited { retry_after_secs: RETRY_AFTER_SECS })
            }
            CognitoErrorKind::Unavailable | CognitoErrorKind::TriggerFailed => Failure::Unavailable(self.into_cause()),
            CognitoErrorKind::NotPermitted => self.into_refusal(FieldCode::NotPermitted),
            CognitoErrorKind::Blocked => self.into_refusal(FieldCode::Blocked),
            _ => Failure::Unexpected(self.into_cause()),
        }
    }

    /// Logs a refusal that is the operator's decision, and converts it into the error above the form.
    fn into_refusal(self, code: FieldCode) -> Failure {
        tracing::warn!(cause = format!("{:#}", self.into_cause()), "request refused by the user pool");
        Failure::Public(AppError::invalid("form", code))
    }

    /// Converts the error into a cause for the log.
    pub fn into_cause(self) -> anyhow::Error {
        anyhow::anyhow!("Cognito, {}: {}", self.call, self.detail)
    }
}

/// Returns true if the message of an error says that a token is revoked or expired, or that its user is disabled or
/// gone. "Invalid Refresh Token" does not say so: a wrong client gets it, too.
fn ends_token(code: &str, message: &str) -> bool {
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    match code {
        "RefreshTokenReuseException" | "UserNotFoundException" => true,
        "NotAuthorizedException" => ["revoked", "expired", "disabled", "user does not exist"].into_iter().any(says),
        _ => false,
    }
}

/// Returns the known problem of the configuration that the pool reports. Whole beginnings and ends of messages are
/// compared, because a message can repeat what a user has typed.
fn problem(code: &str, message: &str) -> Option<Problem> {
    let is_about_secret = ["Unable to verify secret hash", "SecretHash does not match", "Client secret"]
        .iter()
        .any(|start| message.starts_with(start))
        || ["SECRET_HASH was not received", "secret hash was received"].iter().any(|end| message.ends_with(end));
    match code {
        "NotAuthorizedException" | "InvalidParameterException" if is_about_secret => Some(Problem::ClientSecret),
        "InvalidParameterException" if message.ends_with("flow not enabled for this client") => {
            Some(Problem::PasswordAuthDisabled)
        }
        "NotAuthorizedException" if message.ends_with("unauthorized attribute") => Some(Problem::AttributePermissions),
        "ResourceNotFoundException" if message.to_lowercase().contains("client") => Some(Problem::ClientMissing),
        "ResourceNotFoundException" => Some(Problem::PoolMissing),
        _ => None,
    }
}

fn kind(code: &str, message: &str) -> CognitoErrorKind {
    if let Some(problem) = problem(code, message) {
        return CognitoErrorKind::Misconfigured(Some(problem));
    }
    match code {
        // The pool has no separate code for a lock-out, so only the message identifies it.
        "NotAuthorizedException" if message.starts_with("Password attempts exceeded") => CognitoErrorKind::LockedOut,
        // "SignUp is not permitted for this user pool": only an administrator creates accounts.
        "NotAuthorizedException" if message.contains("not permitted") => CognitoErrorKind::NotPermitted,
        "NotAuthorizedException" | "RefreshTokenReuseException" => CognitoErrorKind::NotAuthorized,
        "UserNotConfirmedException" => CognitoErrorKind::UserNotConfirmed,
        "UserNotFoundException" => CognitoErrorKind::UserNotFound,
        "PasswordResetRequiredException" => CognitoErrorKind::PasswordResetRequired,
        "UsernameExistsException" | "AliasExistsException" => CognitoErrorKind::AlreadyExists,
        // The latter is the name for a wrong code while an authenticator app is set up.
        "CodeMismatchException" | "EnableSoftwareTokenMFAException" => CognitoErrorKind::CodeMismatch,
        "ExpiredCodeException" => CognitoErrorKind::CodeExpired,
        "InvalidPasswordException" => CognitoErrorKind::InvalidPassword,
        "PasswordHistoryPolicyViolationException" => CognitoErrorKind::PasswordUsedBefore,
        "InvalidParameterException" => CognitoErrorKind::InvalidParameter,
        "CodeDeliveryFailureException" => CognitoErrorKind::NotDelivered,
        "LimitExceededException" | "TooManyFailedAttemptsException" => CognitoErrorKind::TooManyForAccount,
        "TooManyRequestsException" => CognitoErrorKind::TooMany,
        "UserLambdaValidationException" => CognitoErrorKind::NotPermitted,
        // The pool allows no authenticator apps.
        "SoftwareTokenMFANotFoundException" => CognitoErrorKind::NotPermitted,
        "UnexpectedLambdaException" | "InvalidLambdaResponseException" => CognitoErrorKind::TriggerFailed,
        "ForbiddenException" => CognitoErrorKind::Blocked,
        "InternalErrorException" | "ServiceUnavailableException" | "ThrottlingException" => {
            CognitoErrorKind::Unavailable
        }
        _ => CognitoErrorKind::Misconfigured(None),
    }
}
