//! Commands of `admin reports`.

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use cruddur_messages::server::failure::Failure;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::rows::{CopiedMessage, Report, Reports};
use crate::db::Database;
use crate::global_options::GlobalOptions;
use crate::output::{counted, one_line};

/// Subcommands of `admin reports`.
#[derive(Subcommand)]
pub enum Command {
    /// Lists the open reports, oldest first.
    List {
        #[command(flatten)]
        database: Database,
        /// Lists the closed ones, too.
        #[arg(long)]
        all: bool,
        /// Maximum number of reports.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
    /// Shows a report, with the copied messages.
    Show(ReportOptions),
    /// Closes a report, so that the reporter can report the same again.
    Close(ReportOptions),
}

/// Options of a command about a report.
#[derive(Args)]
pub struct ReportOptions {
    #[command(flatten)]
    database: Database,
    /// Id of the report.
    id: Uuid,
}

/// Runs a subcommand.
pub async fn run(command: Command, global: &GlobalOptions) -> anyhow::Result<()> {
    match command {
        Command::List { database, all, limit } => {
            list(&Reports::new(database.connect().await?), all, limit, global).await
        }
        Command::Show(ReportOptions { database, id }) => {
            show(&Reports::new(database.connect().await?), id, global).await
        }
        Command::Close(ReportOptions { database, id }) => {
            close(&Reports::new(database.connect().await?), id, global).await
        }
    }
}

async fn list(reports: &Reports, all: bool, limit: i64, global: &GlobalOptions) -> anyhow::Result<()> {
    let reports = reports.list(all, limit).await.map_err(Failure::into_cause).context("list the reports")?;
    let mut lines: Vec<_> = reports.iter().map(line_of_report).collect();
    lines.push(counted(reports.len(), "report"));
    global.print(json!({ "reports": reports }), lines.join("\n"))
}

async fn show(reports: &Reports, id: Uuid, global: &GlobalOptions) -> anyhow::Result<()> {
    let found = reports.find(id).await.map_err(Failure::into_cause).context("read the report")?;
    let (report, messages) = found.with_context(|| format!("there is no report {id}"))?;
    let mut lines = vec![line_of_report(&report)];
    lines.extend(Some(one_line(&report.details)).filter(|details| !details.is_empty()));
    lines.extend(messages.iter().map(line_of_message));
    global.print(json!({ "report": report, "messages": messages }), lines.join("\n"))
}

async fn close(reports: &Reports, id: Uuid, global: &GlobalOptions) -> anyhow::Result<()> {
    let closed = reports.close(id).await.map_err(Failure::into_cause).context("close the report")?;
    ensure!(closed, "there is no open report {id}");
    global.print(json!({ "report": id, "closed": true }), format!("closed {id}"))
}

fn line_of_report(report: &Report) -> String {
    let Report { uuid, reporter_uuid, reporter, reported_uuid, reported, reason, created_at, .. } = report;
    let (what, state) = (
        if report.message_uuid.is_some() { "a message of " } else { "" },
        if report.closed_at.is_some() { " closed" } else { "" },
    );
    let (by, of) = (label(reporter.as_deref(), *reporter_uuid), label(reported.as_deref(), *reported_uuid));
    one_line(&format!("{} {uuid} {reason}: {by} about {what}{of}{state}", time_of(*created_at)))
}

fn line_of_message(message: &CopiedMessage) -> String {
    let CopiedMessage { author, author_uuid, sent_at, body, .. } = message;
    let text = if body.is_empty() { "(deleted)" } else { body };
    one_line(&format!("{sent_at} {} {text}", label(author.as_deref(), *author_uuid)))
}

/// Returns the handle of a user, or the id of a deleted one.
fn label(handle: Option<&str>, id: Uuid) -> String {
    handle.map_or_else(|| id.to_string(), |handle| format!("@{handle}"))
}

fn time_of(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
