//! Known problems of the configuration of the user pool, and the log line that names them.
//!
//! To users, and even to the pool, a wrong configuration looks like a wrong password or a revoked token. So each
//! problem has a name of its own in the log and in `/readyz`, and ends no session.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Defines the problems with their names and the advice in the log. The table is the only place to change for a new
/// problem.
macro_rules! problems {
    ($($(#[$doc:meta])* $problem:ident: $name:literal, $advice:literal;)*) => {
        /// Problem because of which users cannot sign in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Problem {
            $($(#[$doc])* $problem,)*
        }

        impl Problem {
            /// Returns the name in the log and in `/readyz`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$problem => $name,)*
                }
            }

            fn advice(self) -> &'static str {
                match self {
                    $(Self::$problem => $advice,)*
                }
            }
        }
    };
}

problems! {
    /// The pool rejects the proof that the server knows the client's secret, or misses it.
    ClientSecret: "client_secret",
        "AWS_COGNITO_USER_POOL_CLIENT_SECRET is not the secret of the app client, is missing, or is not needed";
    ClientMissing: "client_missing", "the pool has no app client with the id AWS_COGNITO_USER_POOL_CLIENT_ID";
    PasswordAuthDisabled: "password_auth_disabled", "allow ALLOW_USER_PASSWORD_AUTH in the app client";
    /// The client exists, but in another pool than the configured one.
    OtherPool: "client_of_another_pool",
        "AWS_COGNITO_USER_POOL_CLIENT_ID belongs to another pool than AWS_COGNITO_USER_POOL_ID";
    PoolMissing: "pool_missing",
        "there is no user pool AWS_COGNITO_USER_POOL_ID; its region is the part before the underscore";
    /// DNS or network failure, which a wrong region causes as well.
    Unreachable: "unreachable",
        "the user pool does not answer; check the network, and the region before the underscore in \
         AWS_COGNITO_USER_POOL_ID";
    AttributePermissions: "attribute_permissions",
        "let the app client read and write the attributes email, name and preferred_username";
}

/// Health of the configuration.
#[derive(Default)]
pub struct Health(Mutex<State>);

#[derive(Default, Clone, Copy)]
struct State {
    problem: Option<Problem>,
    /// True once the first check has ended, whatever its result.
    checked: bool,
    /// True once the configured client has issued valid tokens of the configured pool.
    confirmed: bool,
    /// True if user names of the pool are case-sensitive; `None` if the server may not ask.
    case_sensitive: Option<bool>,
}

impl Health {
    /// Records a problem. Logs it once, until it is solved.
    pub fn report(&self, problem: Problem) {
        let previous = self.state().problem.replace(problem);
        if previous != Some(problem) {
            tracing::error!(problem = problem.as_str(), advice = problem.advice(), "user pool not usable");
        }
    }

    /// Records that a check found no problem.
    pub fn clear(&self) {
        if let Some(problem) = self.state().problem.take() {
            tracing::info!(problem = problem.as_str(), "user pool usable again");
        }
    }

    /// Records that the configured client has issued valid tokens of the configured pool.
    pub fn confirm(&self) {
        self.state().confirmed = true;
    }

    /// Returns true if the client is known to belong to the pool.
    pub fn is_confirmed(&self) -> bool {
        self.state().confirmed
    }

    /// Records that the first check has ended.
    pub fn set_checked(&self) {
        self.state().checked = true;
    }

    /// Returns true if a check has ended and no problem is known.
    pub fn is_well(&self) -> bool {
        let state = *self.state();
        state.checked && state.problem.is_none()
    }

    /// Returns the current problem.
    pub fn problem(&self) -> Option<Problem> {
        self.state().problem
    }

    /// Records whether user names are case-sensitive. Logs a warning if they are.
    pub fn set_case_sensitive(&self, is_case_sensitive: bool) {
        let previous = self.state().case_sensitive.replace(is_case_sensitive);
        if is_case_sensitive && previous != Some(true) {
            tracing::warn!(
                notice = CASE_SENSITIVE,
                "user pool is case-sensitive: users must type their address as the pool stores it"
            );
        }
    }

    /// Returns true if user names are case-sensitive; `None` if this is unknown.
    pub fn case_sensitive(&self) -> Option<bool> {
        self.state().case_sensitive
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Name of a case-sensitive pool in the log and in `/readyz`. It can be used, with more trouble for its users.
pub const CASE_SENSITIVE: &str = "case_sensitive_pool";
