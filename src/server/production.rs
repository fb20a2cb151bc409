//! Settings without which the server does not start, except on a developer's machine.
//!
//! Each of them has a default that is convenient there and dangerous elsewhere: an origin that a client may choose, or
//! connections that another machine can read and answer. A folder that does not exist would be noticed at the next
//! deployment only.

use std::net::IpAddr;

use anyhow::ensure;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::server::config::Config;
use crate::server::live::nats;
use crate::server::store::postgres;

/// Problem of the configuration.
struct Problem {
    /// Name in the log and in `docs/operations.md`.
    name: &'static str,
    advice: &'static str,
}

const PUBLIC_ORIGIN: Problem = Problem {
    name: "public_origin",
    advice: "set PUBLIC_ORIGIN to the origin that browsers see, such as https://messages.example.com",
};

const POSTGRES_TLS: Problem = Problem {
    name: "postgres_tls",
    advice: "DATABASE_URL names another machine: add sslmode=verify-full, and for a private authority sslrootcert=FILE",
};

const NATS_TLS: Problem = Problem {
    name: "nats_tls",
    advice: "NATS_URL names another machine: use tls://, and for a private authority set NATS_ROOT_CERTIFICATE",
};

const NATS_CREDENTIALS: Problem = Problem {
    name: "nats_credentials",
    advice: "NATS_URL names another machine: add the name and the password of a user of the bus",
};

const BUILDS_FOLDER: Problem = Problem {
    name: "builds_folder",
    advice: "BUILDS_FOLDER names no folder that can be read: create it with bin/builds, or leave the variable unset",
};

const TRACES_TLS: Problem = Problem {
    name: "traces_tls",
    advice: "OTEL_EXPORTER_OTLP_ENDPOINT names another machine: use https://, or a collector beside this server",
};

/// Fails if the configuration is incomplete, unless it marks a developer's machine. Logs each problem with advice.
pub(super) fn ensure_complete(config: &Config) -> anyhow::Result<()> {
    let problems = if config.local { Vec::new() } else { problems(config)? };
    for Problem { name, advice } in &problems {
        tracing::error!(problem = name, advice, "configuration incomplete");
    }
    let lines: String = problems.iter().map(|Problem { name, advice }| format!("\n  {name}: {advice}")).collect();
    ensure!(problems.is_empty(), "the configuration is incomplete; on a developer's machine set LOCAL=true{lines}");
    Ok(())
}

fn problems(config: &Config) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    if !config.public_origin.as_deref().is_some_and(is_secure_origin) {
        problems.push(PUBLIC_ORIGIN);
    }
    let database = postgres::options(&config.database_url)?;
    let is_verified = matches!(database.get_ssl_mode(), PgSslMode::VerifyFull | PgSslMode::VerifyCa);
    if !is_verified && !is_on_this_machine(&database) {
        problems.push(POSTGRES_TLS);
    }
    let bus = config.nats_url.as_ref().map(nats::address).transpose()?;
    if let Some(bus) = bus.filter(|bus| !is_loopback(bus.host())) {
        problems.extend((!bus.tls_required()).then_some(NATS_TLS));
        problems.extend(bus.username().and(bus.password()).is_none().then_some(NATS_CREDENTIALS));
    }
    let collector = config.traces.endpoint().filter(|url| url.scheme() != "https");
    if collector.is_some_and(|url| !is_loopback(url.host_str().unwrap_or_default())) {
        problems.push(TRACES_TLS);
    }
    if config.builds_folder.as_ref().is_some_and(|folder| folder.read_dir().is_err()) {
        problems.push(BUILDS_FOLDER);
    }
    Ok(problems)
}

/// Returns true for an origin, without a path, that browsers reach by HTTPS: they store the session cookie from no
/// other. It must be in the form in which browsers send it: without the usual port, and with the host in ASCII.
fn is_secure_origin(text: &str) -> bool {
    let is_as_sent = |url: &Url| text.trim_end_matches('/').eq_ignore_ascii_case(&origin(url));
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && is_as_sent(&url))
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_on_this_machine(database: &PgConnectOptions) -> bool {
    let host = database.get_host();
    // A path is the folder of a Unix socket.
    database.get_socket().is_some() || host.starts_with('/') || is_loopback(host)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const COMPLETE: [(&str, &str); 3] = [
        ("public-origin", "https://messages.example.com"),
        ("database-url", "postgres://cruddur:secret@db.internal/cruddur?sslmode=verify-full"),
        ("nats-url", "tls://cruddur:secret@nats.internal:4222"),
    ];

    /// Returns the names of the problems of a complete configuration with another value of one option.
    fn names_with(name: &str, value: &str) -> Vec<&'static str> {
        let options = COMPLETE.into_iter().filter(|(other, _)| *other != name).chain([(name, value)]);
        let options = options.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("--{name}={value}"));
        let required = ["cruddur-messages", "--user-pool-id=a", "--client-id=b", "--session-key=c", "--local=false"];
        let config = Config::parse_from(required.map(str::to_owned).into_iter().chain(options));
        problems(&config).expect("addresses").into_iter().map(|problem| problem.name).collect()
    }

    #[test]
    fn the_origin_of_the_site_is_required_and_has_https() {
        for origin in ["https://messages.example.com", "https://messages.example.com/", "https://a.example:8443"] {
            assert!(names_with("public-origin", origin).is_empty(), "{origin}");
        }
        for origin in ["https://a.example:443", "https://bücher.example", "https://name@a.example"] {
            assert_eq!(names_with("public-origin", origin), ["public_origin"], "{origin}");
        }
        for origin in ["", "http://messages.example.com", "messages.example.com", "https://a.example/path", "https://"]
        {
            assert_eq!(names_with("public-origin", origin), ["public_origin"], "{origin}");
        }
    }

    #[test]
    fn a_database_on_another_machine_needs_verified_tls() {
        for (host, mode, is_accepted) in [
            ("db.internal", "?sslmode=verify-full", true),
            ("db.internal", "?sslmode=verify-ca", true),
            ("db.internal", "?sslmode=require", false),
            ("db.internal", "?sslmode=prefer", false),
            ("db.internal", "?sslmode=disable", false),
            ("db.internal", "", false),
            ("10.0.0.7", "", false),
            ("localhost.example", "", false),
            ("localhost", "", true),
            ("127.0.0.1", "?sslmode=disable", true),
            ("[::1]", "", true),
            ("%2Fvar%2Frun%2Fpostgresql", "", true),
        ] {
            let names = names_with("database-url", &format!("postgres://cruddur:secret@{host}/cruddur{mode}"));
            let expected: &[&str] = if is_accepted { &[] } else { &["postgres_tls"] };
            assert_eq!(names, expected, "{host}{mode}");
        }
    }

    #[test]
    fn a_bus_on_another_machine_needs_tls_and_credentials() {
        for (url, expected) in [
            ("", &[] as &[&str]),
            ("tls://cruddur:secret@nats.internal", &[]),
            ("tls://cruddur@nats.internal", &["nats_credentials"]),
            ("nats://cruddur:secret@nats.internal", &["nats_tls"]),
            ("tls://nats.internal:4222", &["nats_credentials"]),
            ("nats.internal", &["nats_tls", "nats_credentials"]),
            ("nats://127.0.0.1:4222", &[]),
            ("nats://[::1]:4222", &[]),
        ] {
            assert_eq!(names_with("nats-url", url), expected, "{url}");
        }
    }

    #[test]
    fn a_collector_on_another_machine_needs_tls() {
        for (url, expected) in [
            ("", &[] as &[&str]),
            ("http://127.0.0.1:4318", &[]),
            ("http://[::1]:4318", &[]),
            ("http://localhost:4318", &[]),
            ("https://collector.internal:4318", &[]),
            ("http://collector.internal:4318", &["traces_tls"]),
        ] {
            assert_eq!(names_with("otlp-endpoint", url), expected, "{url}");
        }
    }
}
