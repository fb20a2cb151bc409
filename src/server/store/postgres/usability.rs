//! Problems of a PostgreSQL that answers, but of which little or nothing works.

use sqlx::{PgPool, query_file, query_scalar};

use crate::server::store::postgres::connect::MIGRATOR;
use crate::server::store::postgres::pooler;
use crate::server::store::usability::{
    MISSING_DATABASE, NO_ACCESS, OUTDATED_SCHEMA, READ_ONLY_DATABASE, Usability, WRONG_LOGIN,
};

/// Returns whether PostgreSQL can be used. Two statements.
pub async fn check(pool: &PgPool) -> Usability {
    if let Some(problem) = pooler::problem(pool) {
        return Usability::Unusable(problem);
    }
    match find_problem(pool).await {
        Ok(Some(problem)) => Usability::Unusable(problem),
        Ok(None) => Usability::Usable,
        Err(sqlx::Error::Database(error)) => problem_of(&error.code().unwrap_or_default()),
        Err(_) => Usability::Unreachable,
    }
}

/// Returns what an error with this code tells (PostgreSQL manual, appendix A).
fn problem_of(code: &str) -> Usability {
    match code {
        "3D000" => Usability::Unusable(MISSING_DATABASE),
        _ if code.starts_with("28") => Usability::Unusable(WRONG_LOGIN),
        // The role may not read what the server needs.
        _ if code.starts_with("42") => Usability::Unusable(NO_ACCESS),
        _ => Usability::Unreachable,
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
