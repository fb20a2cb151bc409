//! Error messages, hints and exit codes.

use std::io;
use std::process::ExitCode;

use aws_sdk_cognitoidentityprovider::types::error as cognito;
use aws_sdk_dynamodb::error::ConnectorError;
use aws_sdk_dynamodb::types::error as dynamodb;
use serde_json::json;

use crate::confirmation::NotConfirmed;
use crate::db::NoDatabase;
use crate::global_options::GlobalOptions;
use crate::output;

const FAILED: u8 = 1;
const REFUSED: u8 = 3;

/// Remedy for a database that does not exist.
const CREATE_DATABASE: &str = "`admin db create` creates the database, `admin db migrate` its tables";

/// Prints an error and a hint, and returns the exit code for it.
pub fn report(error: &anyhow::Error, global: &GlobalOptions) -> ExitCode {
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        // The reader has closed the pipe, as `head` does: no failure.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    let hint = hint(error);
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    if global.json {
        // If standard output is closed, there is no other way to report the error.
        let _ = output::print_line(json!({ "error": format!("{error:#}"), "hint": hint }));
    }
    ExitCode::from(if error.is::<NotConfirmed>() { REFUSED } else { FAILED })
}

/// Returns a remedy for the usual causes.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<sqlx::Error>() {
            return of_postgres(error);
        }
        if cause.is::<NoDatabase>() {
            return Some(CREATE_DATABASE);
        }
        if cause.is::<dynamodb::ResourceNotFoundException>() {
            return Some(
                "the table does not exist: `admin ddb schema-load` creates it, `admin ddb list-tables` shows others",
            );
        }
        if cause.is::<cognito::ResourceNotFoundException>() {
            return Some(
                "the user pool does not exist: check AWS_COGNITO_USER_POOL_ID, or run `admin cognito create-pool`",
            );
        }
        let unreachable = "is it running? The address is printed above; the AWS_ENDPOINT_URL… variables set it";
        cause.is::<ConnectorError>().then_some(unreachable)
    })
}

fn of_postgres(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Io(_) => Some("is PostgreSQL running there? DATABASE_URL sets the address"),
        // PostgreSQL manual, appendix A.
        sqlx::Error::Database(error) => match error.code()?.as_ref() {
            "3D000" => Some(CREATE_DATABASE),
            "26000" | "42P05" => {
                Some("is there a pooler in transaction mode? Set its pool_mode to session, or connect directly")
            }
            "42P01" => Some("`admin db migrate` brings the schema up to date"),
            "28P01" | "28000" => Some("PostgreSQL rejects the login: check user and password in DATABASE_URL"),
            "42501" => {
                Some("this role lacks the permission: use another role, or grant it with `alter role … createdb`")
            }
            "53300" => Some("PostgreSQL has no free connection: `admin db sessions` lists the open ones"),
            _ => None,
        },
        _ => None,
    }
}
