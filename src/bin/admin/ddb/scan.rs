//! `admin ddb scan`: every row, as it is stored.

use std::io::{self, IsTerminal};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cruddur_messages::server::store::dynamodb::table::{Item, PK, SK};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::connect;
use crate::manner::{self, Manner};
use crate::progress;

/// The most rows that one call reads: some hundred read units at the most, where a page of DynamoDB's own is the double.
const ROWS_MAX: u64 = 500;

/// Prints rows as their pages come.
pub async fn run(table: &str, limit: Option<u64>, manner: &Manner) -> anyhow::Result<()> {
    let (client, _) = connect().await?;
    let mut left = limit.unwrap_or(u64::MAX);
    let mut start = None;
    // On a terminal the rows themselves show how far it is, and a counter would stand between them.
    let progress = if io::stdout().is_terminal() { ProgressBar::hidden() } else { progress::counting("rows") };
    while left > 0 {
        let rows = client.scan().table_name(table).limit(left.min(ROWS_MAX) as i32).set_exclusive_start_key(start);
        let page = rows.send().await.context("read rows")?;
        for row in page.items() {
            manner::line(if manner.json { shown(row).to_string() } else { line(row) })?;
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

/// The keys, then the other attributes by name.
fn line(row: &Item) -> String {
    let mut others = row.clone();
    let mut key = |name| others.remove(name).map(|value| plain(&value).to_string()).unwrap_or_default();
    let keys = format!("{} {}", key(PK), key(SK));
    format!("{keys} {}", shown(&others))
}

fn shown(row: &Item) -> Value {
    // A map of `serde_json` is sorted by name.
    Value::Object(row.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
}

/// A value without the types that DynamoDB puts around it. Numbers that JSON's readers would round stay text.
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
        AttributeValue::M(values) => shown(values),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;

    #[test]
    fn a_row_is_one_line_whatever_it_holds() {
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
