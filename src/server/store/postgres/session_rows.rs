//! Rows of the table `sessions`.

use std::time::Instant;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::domain::user::{self, User};

/// Id of a session: the SHA-256 hash of the cookie's secret, so that a leaked table contains no valid cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Id(pub [u8; 32]);

/// An active session.
#[derive(Debug, Clone)]
pub struct Session {
    pub user: User,
    pub access: Access,
    /// True if the last recorded visit is some minutes ago, so that this one should be recorded.
    pub seen_long_ago: bool,
}

/// State of a session's access token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// Seconds until the token expires. Negative after its expiry.
    pub secs_left: f64,
    /// True if a refresh failed a moment ago, so that the next one must wait.
    pub refresh_paused: bool,
}

/// A session as it was read. Its deadlines are counted from then.
#[derive(Debug, Clone)]
pub(super) struct ReadSession {
    pub(super) user: user::Id,
    /// Time just before the query. The deadlines are therefore early by at most the time of the query, and never late.
    pub(super) read_at: Instant,
    pub(super) idle_secs_left: f64,
    pub(super) access_secs_left: f64,
    pub(super) pause_secs_left: f64,
    pub(super) visit_due_in_secs: f64,
}

/// A session in the list of its user.
pub struct ListedRow {
    /// Name of the session.
    pub uuid: uuid::Uuid,
    pub user_agent: String,
    pub address: Option<String>,
    pub place: Option<String>,
    pub started_at: String,
    pub last_used_at: String,
    pub is_current: bool,
}

/// A session that has just been ended.
pub struct EndedSession {
    pub id: Id,
    /// `None` if the token cannot be decrypted.
    pub refresh_token: Option<SecretString>,
}

/// A deleted row.
pub(super) struct DeletedRow {
    pub(super) id_hash: Vec<u8>,
    pub(super) refresh_token_sealed: Vec<u8>,
    pub(super) seal_key_id: String,
}

impl ReadSession {
    /// Returns true if the session has ended since it was read, unless another server has recorded a visit.
    pub(super) fn has_ended(&self) -> bool {
        self.idle_secs_left <= self.secs_passed()
    }

    /// Returns the session as of now.
    pub(super) fn with(&self, user: User) -> Session {
        let passed = self.secs_passed();
        Session {
            user,
            access: Access { secs_left: self.access_secs_left - passed, refresh_paused: self.pause_secs_left > passed },
            seen_long_ago: self.visit_due_in_secs < passed,
        }
    }

    fn secs_passed(&self) -> f64 {
        self.read_at.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read_session(secs_ago: u64) -> ReadSession {
        let read_at = Instant::now().checked_sub(Duration::from_secs(secs_ago)).expect("the machine runs for longer");
        let user = user::Id(uuid::Uuid::nil());
        ReadSession {
            user,
            read_at,
            idle_secs_left: 3.5,
            access_secs_left: 61.5,
            pause_secs_left: 2.5,
            visit_due_in_secs: 1.5,
        }
    }

    #[test]
    fn the_deadlines_of_a_remembered_session_come_nearer() {
        for (secs_ago, is_paused, is_visit_due, has_ended) in
            [(1, true, false, false), (2, true, true, false), (3, false, true, false), (4, false, true, true)]
        {
            let read = read_session(secs_ago);
            let session = read.with(User::deleted(read.user));
            assert!((session.access.secs_left - (61.5 - secs_ago as f64)).abs() < 0.4, "{session:?}");
            assert_eq!(
                (session.access.refresh_paused, session.seen_long_ago, read.has_ended()),
                (is_paused, is_visit_due, has_ended),
                "after {secs_ago} s"
            );
        }
    }
}
