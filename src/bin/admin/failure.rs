//! What went wrong, for whoever called.

use std::io;
use std::process::ExitCode;

use aws_sdk_cognitoidentityprovider::types::error as cognito;
use aws_sdk_dynamodb::error::ConnectorError;
use aws_sdk_dynamodb::types::error as dynamodb;
use serde_json::json;

use crate::consent::Refused;
use crate::manner::{self, Manner};

const FAILED: u8 = 1;
const REFUSED: u8 = 3;

/// Says what went wrong and what to do, and answers with the exit code for it.
pub fn tell(error: &anyhow::Error, manner: &Manner) -> ExitCode {
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        // Whoever reads has read enough.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    let hint = hint(error);
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    if manner.json {
        // Nobody is left to be told if this cannot be written either.
        let _ = manner::line(json!({ "error": format!("{error:#}"), "hint": hint }));
    }
    ExitCode::from(if error.is::<Refused>() { REFUSED } else { FAILED })
}

/// What helps against the usual causes.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<sqlx::Error>() {
            return of_postgres(error);
        }
        if cause.is::<dynamodb::ResourceNotFoundException>() {
            return Some(
                "there is no such table: `admin ddb schema-load` makes it, `admin ddb list-tables` shows others",
            );
        }
        if cause.is::<cognito::ResourceNotFoundException>() {
            return Some(
                "there is no such user pool here: see AWS_COGNITO_USER_POOL_ID, or `admin cognito create-pool`",
            );
        }
        let unreachable = "is it running? The address is the one printed above; the AWS_ENDPOINT_URL… variables set it";
        cause.is::<ConnectorError>().then_some(unreachable)
    })
}

fn of_postgres(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Io(_) => Some("is PostgreSQL running there? DATABASE_URL says where"),
        // PostgreSQL's manual, appendix A.
        sqlx::Error::Database(error) => match error.code()?.as_ref() {
            "3D000" => Some("`admin db create` makes the database, `admin db migrate` its tables"),
            "42P01" => Some("`admin db migrate` brings the schema up to date"),
            "28P01" | "28000" => Some("PostgreSQL does not let this role in: see name and password in DATABASE_URL"),
            "42501" => {
                Some("this role may not do that: let another make or drop the database, or `alter role … createdb`")
            }
            "53300" => Some("PostgreSQL has no connection to spare: `admin db sessions` shows who has them"),
            _ => None,
        },
        _ => None,
    }
}
