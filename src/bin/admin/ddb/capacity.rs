//! Consumed capacity: requested with every call of a metered client, and added up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use serde::Serialize;

/// Capacity units by table (`messages`) and by index (`messages/by-group`). A failed call does not report its capacity
/// and so counts nothing: cancelled transactions, and all of the SDK's own attempts but the last.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Consumed {
    /// Number of calls that reported their capacity.
    pub calls: u32,
    /// Read units by table and index.
    pub read: BTreeMap<String, f64>,
    /// Write units by table and index.
    pub write: BTreeMap<String, f64>,
}

impl Consumed {
    /// Returns the read units of tables and indexes together.
    pub fn read_units(&self) -> f64 {
        sum(&self.read)
    }

    /// Returns the write units of tables and indexes together.
    pub fn write_units(&self) -> f64 {
        sum(&self.write)
    }
}

/// Adds 0 because the sum of no floats is -0, which would be printed as such.
fn sum(units: &BTreeMap<String, f64>) -> f64 {
    units.values().sum::<f64>() + 0.0
}

impl fmt::Display for Consumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} read and {} write units in {} calls", self.read_units(), self.write_units(), self.calls)
    }
}

/// Adds up the capacity that one client consumes. Cloning copies a handle.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Consumed>>);

/// Returns a copy of the client with a meter. Other clones of it stay unmetered.
pub fn metered(client: &Client) -> (Client, Meter) {
    let meter = Meter::default();
    let config = client.config().to_builder().interceptor(meter.clone());
    (Client::from_conf(config.build()), meter)
}

impl Meter {
    /// Returns the capacity consumed since the last call.
    pub fn take(&self) -> Consumed {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add<'a>(&self, side: Side, reported: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let mut consumed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reported = reported.into_iter().peekable();
        consumed.calls += u32::from(reported.peek().is_some());
        let units = match side {
            Side::Read => &mut consumed.read,
            Side::Write => &mut consumed.write,
        };
        for of_table in reported {
            let table = of_table.table_name().unwrap_or_default();
            let of_table_itself = of_table.table().map_or(of_table.capacity_units(), |table| table.capacity_units());
            *units.entry(table.to_owned()).or_default() += of_table_itself.unwrap_or(0.0);
            for (index, of_index) in of_table.global_secondary_indexes().into_iter().flatten() {
                *units.entry(format!("{table}/{index}")).or_default() += of_index.capacity_units().unwrap_or(0.0);
            }
        }
    }
}

/// Direction of a call.
#[derive(Clone, Copy)]
enum Side {
    Read,
    Write,
}

/// Calls `$then` for every operation that consumes capacity, with its module, its types, and its direction.
macro_rules! each_operation {
    ($then:ident!($($with:expr),*)) => {
        $then!($($with),*, get_item, GetItemInput, GetItemOutput, Read);
        $then!($($with),*, batch_get_item, BatchGetItemInput, BatchGetItemOutput, Read);
        $then!($($with),*, transact_get_items, TransactGetItemsInput, TransactGetItemsOutput, Read);
        $then!($($with),*, query, QueryInput, QueryOutput, Read);
        $then!($($with),*, scan, ScanInput, ScanOutput, Read);
        $then!($($with),*, put_item, PutItemInput, PutItemOutput, Write);
        $then!($($with),*, update_item, UpdateItemInput, UpdateItemOutput, Write);
        $then!($($with),*, delete_item, DeleteItemInput, DeleteItemOutput, Write);
        $then!($($with),*, batch_write_item, BatchWriteItemInput, BatchWriteItemOutput, Write);
        $then!($($with),*, transact_write_items, TransactWriteItemsInput, TransactWriteItemsOutput, Write);
    };
}

macro_rules! request_capacity {
    ($input:expr, $operation:ident, $Input:ident, $Output:ident, $side:ident) => {
        if let Some(input) = $input.downcast_mut::<aws_sdk_dynamodb::operation::$operation::$Input>() {
            input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
        }
    };
}

macro_rules! add_capacity {
    ($meter:expr, $output:expr, $operation:ident, $Input:ident, $Output:ident, $side:ident) => {
        if let Some(output) = $output.downcast_ref::<aws_sdk_dynamodb::operation::$operation::$Output>() {
            $meter.add(Side::$side, output.consumed_capacity());
        }
    };
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        each_operation!(request_capacity!(context.input_mut()));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            each_operation!(add_capacity!(self, output));
        }
        Ok(())
    }
}
