//! `admin ddb scan`: prints every row as it is stored.

use std::io::{self, IsTerminal};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cruddur_messages::server::audit::Event;
use cruddur_messages::server::store::dynamodb::table::{Item, PK, SK};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::command::Stores;
use super::connect;
use crate::global_options::GlobalOptions;
use crate::output;
use crate::progress;
use crate::recorded::{act, record};

/// Maximum number of rows per call. Costs at most about a hundred read units, half of a full DynamoDB page (1 MB).
const ROWS_MAX: u64 = 500;

/// Prints rows page by page.
pub async fn run(stores: &Stores, limit: Option<u64>, global: &GlobalOptions) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    record(&stores.database.connect().await?, act(Event::AdminScan, "ddb scan")).await?;
    let mut left = limit.unwrap_or(u64::MAX);
    let mut start = None;
    // On a terminal, the rows themselves show the progress, and a counter would appear between them.
    let progress = if io::stdout().is_terminal() { ProgressBar::hidden() } else { progress::counter("rows") };
    while left > 0 {
        let rows = client
            .scan()
            .table_name(&stores.table.table)
            .limit(left.min(ROWS_MAX) as i32)
            .set_exclusive_start_key(start);
        let page = rows.send().await.context("read rows")?;
        for row in page.items() {
            output::print_line(if global.json { to_json(row).to_string() } else { line(row) })?;
        }
        progress.inc(page.items().len() as u64);
        left -= left.min(page.items().len() as u64);
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    Ok(())
}

/// Formats the keys, then the other attributes sorted by name.
fn line(row: &Item) -> String {
    let mut others = row.clone();
    let mut key = |name| others.remove(name).map(|value| plain(&value).to_string()).unwrap_or_default();
    let keys = format!("{} {}", key(PK), key(SK));
    format!("{keys} {}", to_json(&others))
}

fn to_json(row: &Item) -> Value {
    // `serde_json` sorts its maps by name.
    Value::Object(row.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
}

/// Removes DynamoDB's type tags from a value. Numbers that a JSON parser would round stay text.
fn plain(value: &AttributeValue) -> Value {
    let text = |bytes: &aws_sdk_dynamodb::primitives::Blob| BASE64_STANDARD.encode(bytes);
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => number.parse::<i64>().map_or_else(|_| json!(number), |number| json!(number)),
        AttributeValue::Bool(truth) => json!(truth),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => json!(texts),
        AttributeValue::B(bytes) => json!(text(bytes)),
        AttributeValue::Bs(all) => json!(all.iter().map(text).collect::<Vec<_>>()),
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::M(values) => to_json(values),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;

    #[test]
    fn a_row_is_printed_on_one_line() {
        let row = Item::from([
            (PK.to_owned(), AttributeValue::S("a".to_owned())),
            (SK.to_owned(), AttributeValue::S("b\nc".to_owned())),
            ("n".to_owned(), AttributeValue::N("12".to_owned())),
            ("big".to_owned(), AttributeValue::N("1.0000000000000000000001".to_owned())),
            ("bytes".to_owned(), AttributeValue::B(Blob::new([1, 2]))),
            ("list".to_owned(), AttributeValue::L(vec![AttributeValue::Null(true), AttributeValue::Bool(true)])),
        ]);
        let rest = r#"{"big":"1.0000000000000000000001","bytes":"AQI=","list":[null,true],"n":12}"#;
        assert_eq!(line(&row), format!(r#""a" "b\nc" {rest}"#));
    }
}
