//! Spans of SQL statements, from the events with which the driver reports them.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span, SpanKind, Tracer};
use opentelemetry::{Context as TraceContext, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Layer that turns each event of the driver into a span, once the statement is done.
pub(super) struct Statements(pub(super) SdkTracer);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        let ended_at = SystemTime::now();
        let builder = self
            .0
            .span_builder(summary(&statement.sql))
            .with_kind(SpanKind::Client)
            .with_start_time(ended_at.checked_sub(statement.duration).unwrap_or(ended_at))
            .with_attributes([KeyValue::new("db.system.name", "postgresql")]);
        builder.start_with_context(&self.0, &TraceContext::current()).end_with_timestamp(ended_at);
    }
}

/// Statement, as the driver reports it: with its text, and without its parameters.
#[derive(Default)]
struct Statement {
    sql: String,
    duration: Duration,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        // The driver leaves the statement empty if its summary, the first words, is all of it.
        match field.name() {
            "summary" if self.sql.is_empty() => self.sql = value.to_owned(),
            "db.statement" if !value.is_empty() => self.sql = value.to_owned(),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.duration = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Returns the operation and the first table of a statement, such as `select sessions`.
fn summary(sql: &str) -> String {
    let code = sql.lines().map(str::trim_start).filter(|line| !line.starts_with("--"));
    let mut words = code.flat_map(str::split_whitespace).peekable();
    let operation = words.peek().map_or_else(|| "statement".to_owned(), |word| word.to_lowercase());
    match std::iter::from_fn(|| table_after(&mut words)).find(|word| is_name(word)) {
        Some(table) => format!("{operation} {table}"),
        None => operation,
    }
}

/// Returns the word after the next one that a table follows. It may be an expression: `extract(epoch from now())`.
fn table_after<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words.find(|word| ["from", "into", "update"].iter().any(|it| it.eq_ignore_ascii_case(word)))?;
    words.next().map(|word| word.trim_end_matches([')', ',', ';']))
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_operation_and_its_first_table() {
        for (sql, expected) in [
            ("-- Returns the account of the user.\nselect uuid\nfrom users\nwhere handle = $1", "select users"),
            ("\n\nINSERT INTO users (handle) values ($1)\n", "insert users"),
            ("insert into audit_log(at) values (now())", "insert"),
            ("update sessions set seen_at = now()", "update sessions"),
            ("delete from sessions;", "delete sessions"),
            ("with found as (select uuid from users) update sessions set a = 1", "with users"),
            ("select exists (select from users where lower(email) = lower($1))", "select users"),
            ("select extract(epoch from sessions.at), extract(epoch from now()) from sessions", "select sessions"),
            ("select unnest($1)", "select"),
            ("begin", "begin"),
            ("", "statement"),
        ] {
            assert_eq!(summary(sql), expected, "{sql}");
        }
    }
}
