//! Usability of a store, and the problems that only an operator can solve. Their words are in `/readyz`, in a line of
//! the log, and in `docs/operations.md`.

/// Answer to the question of whether a store can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    Usable,
    /// It does not answer.
    Unreachable,
    /// It answers, and has a problem that only an operator can solve.
    Unusable(&'static str),
}

/// The schema is older than this version of the program needs.
pub(super) const OUTDATED_SCHEMA: &str = "outdated_schema";

/// The role of the server may not read the schema.
pub(super) const NO_ACCESS: &str = "no_access";

/// The database takes no writes, as a replica does.
pub(super) const READ_ONLY_DATABASE: &str = "read_only_database";

/// PostgreSQL knows no such role, or not with this password.
pub(super) const WRONG_LOGIN: &str = "wrong_login";

/// PostgreSQL has no such database.
pub(super) const MISSING_DATABASE: &str = "missing_database";

/// DynamoDB has no such table.
pub(super) const MISSING_TABLE: &str = "missing_table";

/// The table has other keys.
pub(super) const WRONG_TABLE: &str = "wrong_table";

/// There are no credentials of AWS, or the region, the name of the table or the URL of DynamoDB is none.
pub(super) const AWS_SETTINGS: &str = "aws_settings";

/// The credentials of AWS are unknown, or do not allow to read the table.
pub(super) const NO_TABLE_ACCESS: &str = "no_table_access";

impl Usability {
    /// Returns the problem, if there is a known one.
    pub fn problem(self) -> Option<&'static str> {
        match self {
            Self::Unusable(problem) => Some(problem),
            Self::Usable | Self::Unreachable => None,
        }
    }

    /// Writes the problem to the log, with advice.
    fn log(self) {
        let Some(problem) = self.problem() else { return };
        let advice = match problem {
            OUTDATED_SCHEMA => "run `admin db migrate` of this version",
            READ_ONLY_DATABASE => "connect to the primary: DATABASE_URL names a read-only database",
            NO_ACCESS => "grant the role of DATABASE_URL its rights on all tables, also _sqlx_migrations",
            WRONG_LOGIN => "correct the name or the password in DATABASE_URL",
            MISSING_DATABASE => "correct the name of the database in DATABASE_URL, or run `admin db create`",
            MISSING_TABLE => "correct DDB_MESSAGE_TABLE and AWS_REGION, or run `admin ddb schema-load`",
            WRONG_TABLE => "correct DDB_MESSAGE_TABLE: it names a table of another program",
            AWS_SETTINGS => {
                "set AWS_REGION, DDB_MESSAGE_TABLE and credentials of AWS, and AWS_ENDPOINT_URL_DYNAMODB only as a URL"
            }
            NO_TABLE_ACCESS => {
                "give the server credentials of AWS that allow to use the table of DDB_MESSAGE_TABLE, and check its clock"
            }
            // Its own check names it.
            _ => return,
        };
        tracing::error!(problem, "store not usable: {advice}");
    }
}

/// Writes each problem of a store to the log once.
#[derive(Debug, Default)]
pub struct UsabilityLog {
    written: Option<&'static str>,
}

impl UsabilityLog {
    /// Writes the problem of an answer, unless it is the one that was written last. Returns whether it was written.
    pub fn write(&mut self, usability: Usability) -> bool {
        let is_new = usability.problem() != self.written;
        if is_new {
            self.written = usability.problem();
            usability.log();
        }
        is_new && self.written.is_some()
    }
}
