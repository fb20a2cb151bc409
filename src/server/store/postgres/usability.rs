//! Problems of a PostgreSQL that answers, but of which little or nothing works.

use sqlx::{PgPool, query_file, query_scalar};

use crate::server::store::postgres::connect::MIGRATOR;
use crate::server::store::postgres::pooler;

/// Answer to the question of whether PostgreSQL can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    Usable,
    /// It does not answer.
    Unreachable,
    /// It answers, and has a problem that only an operator can solve. The word is in `/readyz` and in the log.
    Unusable(&'static str),
}

/// The schema is older than this version of the program needs.
const OUTDATED_SCHEMA: &str = "outdated_schema";

/// The role of the server may not read the schema.
const NO_ACCESS: &str = "no_access";

/// The database takes no writes, as a replica does.
const READ_ONLY_DATABASE: &str = "read_only_database";

impl Usability {
    /// Returns the problem, if there is a known one.
    pub fn problem(self) -> Option<&'static str> {
        match self {
            Self::Unusable(problem) => Some(problem),
            Self::Usable | Self::Unreachable => None,
        }
    }

    /// Writes the problem to the log, with advice.
    pub fn log(self) {
        let advice = match self {
            Self::Unusable(OUTDATED_SCHEMA) => "run `admin db migrate` of this version",
            Self::Unusable(READ_ONLY_DATABASE) => "connect to the primary: DATABASE_URL names a read-only database",
            Self::Unusable(NO_ACCESS) => {
                "grant the role of DATABASE_URL its rights on all tables, also _sqlx_migrations"
            }
            _ => return,
        };
        tracing::error!(problem = self.problem(), "PostgreSQL not usable: {advice}");
    }
}

/// Returns whether PostgreSQL can be used. Two statements.
pub async fn check(pool: &PgPool) -> Usability {
    if let Some(problem) = pooler::problem(pool) {
        return Usability::Unusable(problem);
    }
    match find_problem(pool).await {
        Ok(Some(problem)) => Usability::Unusable(problem),
        Ok(None) => Usability::Usable,
        // Class 42: the role may not read what the server needs (PostgreSQL manual, appendix A).
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code.starts_with("42")) => {
            Usability::Unusable(NO_ACCESS)
        }
        Err(_) => Usability::Unreachable,
    }
}

async fn find_problem(pool: &PgPool) -> sqlx::Result<Option<&'static str>> {
    let state = query_file!("sql/connection/state.sql").fetch_one(pool).await?;
    let version: Option<i64> = match state.is_migrated {
        // Not checked when the program is compiled: the database for that has no such table.
        true => query_scalar(include_str!("../../../../sql/connection/schema_version.sql")).fetch_one(pool).await?,
        false => None,
    };
    // An older version of the program works with a newer schema.
    let is_outdated = version < MIGRATOR.iter().map(|migration| migration.version).max();
    Ok(match is_outdated {
        true => Some(OUTDATED_SCHEMA),
        false => state.is_read_only.then_some(READ_ONLY_DATABASE),
    })
}
