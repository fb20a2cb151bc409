//! Entries of the audit log. They name users, conversations and addresses, and never hold a text, a token or an e-mail
//! address.

use std::net::IpAddr;
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::failure::Failure;

/// Defines the events and their names in the log.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident $name:literal,)*) => {
        /// Kind of an entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// Returns the name in the log.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }
        }
    };
}

events! {
    SignIn "sign_in",
    SignOut "sign_out",
    SignOutEverywhere "sign_out_everywhere",
    /// End of other sessions of the user, by the user or after a password reset.
    EndSessions "end_sessions",
    PasswordReset "password_reset",
    PasswordChange "password_change",
    /// Request of a code for a new e-mail address.
    EmailRequest "email_request",
    EmailChange "email_change",
    /// The authenticator app became a second factor.
    AuthenticatorOn "authenticator_on",
    AuthenticatorOff "authenticator_off",
    RequestDeletion "request_deletion",
    /// Sign-in of a user who had requested their deletion.
    WithdrawDeletion "withdraw_deletion",
    /// End of the deletion, by a server or the admin tool.
    DeleteAccount "delete_account",
    /// Begin of a download of all that the user can read.
    Export "export",
    /// Request for a conversation that does not exist or has other members.
    ForeignConversation "foreign_conversation",
    /// Request denied by a rate limit. Recorded once a minute for a caller and a route.
    LimitExceeded "limit_exceeded",
    /// Report of a message or a user.
    Report "report",
    AdminSuspend "admin_suspend",
    AdminRestore "admin_restore",
    AdminEndSessions "admin_end_sessions",
    AdminPurge "admin_purge",
    AdminListAccounts "admin_list_accounts",
    AdminCreateAccount "admin_create_account",
    AdminConfirmAccount "admin_confirm_account",
    AdminRemoveAuthenticator "admin_remove_authenticator",
    /// Print of the rows of the whole table, or of a part of it.
    AdminScan "admin_scan",
    AdminLink "admin_link",
    AdminRelink "admin_relink",
    AdminListConversations "admin_list_conversations",
    AdminReadConversation "admin_read_conversation",
    AdminListReports "admin_list_reports",
    AdminReadReport "admin_read_report",
    AdminCloseReport "admin_close_report",
}

/// Outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The caller has no right to it, or did not prove it.
    Refused,
    /// A dependency did not answer, or an internal error occurred.
    Failed,
}

impl Outcome {
    /// Returns the outcome of an operation.
    pub fn of<T>(result: &Result<T, Failure>) -> Self {
        result.as_ref().map_or_else(Self::of_failure, |_| Self::Done)
    }

    /// Returns the outcome of an operation that has failed.
    pub fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Public(AppError::Unavailable | AppError::Unexpected) => Self::Failed,
            Failure::Public(_) => Self::Refused,
            Failure::Unavailable(_) | Failure::Unexpected(_) => Self::Failed,
        }
    }

    /// Returns the name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Request or command that caused an event.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Client address. An IPv6 address is reduced to its network.
    pub address: Option<IpAddr>,
    pub request_id: Option<Arc<str>>,
    /// Pattern of the path, or the command of the admin tool.
    pub route: Option<Arc<str>>,
}

/// Entry of the audit log.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(super) at: OffsetDateTime,
    pub(super) event: Event,
    pub(super) outcome: Outcome,
    pub(super) user: Option<user::Id>,
    pub(super) subject: Option<Uuid>,
    pub(super) origin: Origin,
}

impl Entry {
    /// Creates an entry of now, about no user.
    pub fn new(event: Event, outcome: Outcome, origin: Origin) -> Self {
        Self { at: OffsetDateTime::now_utc(), event, outcome, user: None, subject: None, origin }
    }

    /// Sets the user who caused the event, or whom an operator works on.
    pub fn of(self, user: impl Into<Option<user::Id>>) -> Self {
        Self { user: user.into(), ..self }
    }

    /// Sets the conversation or report that the event is about.
    pub fn about(self, subject: Uuid) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// Writes the log line.
    pub(super) fn trace(&self) {
        let Origin { address, request_id, route } = &self.origin;
        tracing::info!(
            target: "audit",
            event = self.event.as_str(),
            outcome = self.outcome.as_str(),
            user = self.user.map(display),
            subject = self.subject.map(display),
            address = address.map(display),
            request_id = request_id.as_deref(),
            route = route.as_deref(),
            "audit"
        );
    }
}
