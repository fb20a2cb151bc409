//! `admin db connect`: runs psql, and keeps the password from other users of the machine.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, anyhow, bail};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::Database;

/// Parameters of a URL, and psql's variables for them (PostgreSQL manual, "Environment Variables").
const PARAMETERS: [(&str, &str); 12] = [
    ("host", "PGHOST"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("options", "PGOPTIONS"),
    ("application_name", "PGAPPNAME"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
];

/// Replaces this process with psql. Returns only if that fails.
pub fn exec(database: &Database, arguments: &[OsString]) -> anyhow::Result<()> {
    database.target()?;
    let error = Command::new("psql").envs(variables(&database.database_url)?).args(arguments).exec();
    Err(anyhow!(error).context("start psql; it is part of the PostgreSQL client (Debian: postgresql-client)"))
}

/// Converts the URL to variables. Every user of the machine can read the arguments of a process, but not its variables.
fn variables(url: &SecretString) -> anyhow::Result<Vec<(&'static str, String)>> {
    // The parse error is dropped, because it could contain the password.
    let url: Url = url.expose_secret().parse().ok().context("DATABASE_URL is not a URL")?;
    let mut variables = Vec::new();
    let parts = [
        ("PGHOST", url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_default()),
        ("PGUSER", url.username()),
        ("PGPASSWORD", url.password().unwrap_or_default()),
        ("PGDATABASE", url.path().trim_start_matches('/')),
    ];
    for (variable, part) in parts {
        if !part.is_empty() {
            variables.push((variable, decoded(part)?));
        }
    }
    if let Some(port) = url.port() {
        variables.push(("PGPORT", port.to_string()));
    }
    for (name, value) in url.query_pairs() {
        let Some((_, variable)) = PARAMETERS.iter().find(|(parameter, _)| *parameter == name) else {
            bail!("DATABASE_URL has the parameter {name}, for which psql has no variable");
        };
        variables.push((*variable, value.into_owned()));
    }
    Ok(variables)
}

/// Decodes percent-encoded text. A plus sign stays a plus sign: it means a space only in forms.
fn decoded(text: &str) -> anyhow::Result<String> {
    let field = format!("it={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut fields: Vec<(String, String)> = serde_urlencoded::from_str(&field).context("decode DATABASE_URL")?;
    Ok(fields.pop().map(|(_, value)| value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Vec<(&'static str, String)> {
        variables(&SecretString::from(url)).expect("variables")
    }

    #[test]
    fn every_part_of_a_url_becomes_a_variable() {
        let found = of("postgres://ana:p%40ss+%26&=%C3%A9@db.example.com:5433/cruddur?sslmode=require");
        let expected = [
            ("PGHOST", "db.example.com"),
            ("PGUSER", "ana"),
            ("PGPASSWORD", "p@ss+&&=é"),
            ("PGDATABASE", "cruddur"),
            ("PGPORT", "5433"),
            ("PGSSLMODE", "require"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_socket_and_an_ipv6_address_are_hosts() {
        assert_eq!(of("postgres://%2Frun%2Fpostgresql/db")[0], ("PGHOST", "/run/postgresql".to_owned()));
        assert_eq!(of("postgres://ana@[::1]/db")[0], ("PGHOST", "::1".to_owned()));
        assert!(of("postgres:///db?host=/tmp").contains(&("PGHOST", "/tmp".to_owned())));
    }

    #[test]
    fn a_parameter_without_a_variable_is_an_error_that_does_not_contain_the_password() {
        let result = variables(&SecretString::from("postgres://ana:secret@localhost/db?speed=high"));
        let text = format!("{:#}", result.expect_err("an error"));
        assert!(text.contains("speed") && !text.contains("secret"), "{text}");
    }
}
