//! What calls of DynamoDB cost: asked for with every call of a client, and added up.

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

/// Capacity units by table (`messages`) and by index (`messages/by-group`). A call that fails tells nothing of its cost,
/// and so counts nothing: the refused transaction, and each of the SDK's own retries but the last.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Consumed {
    /// How many calls told their cost.
    pub calls: u32,
    /// What reading took.
    pub read: BTreeMap<String, f64>,
    /// What writing took.
    pub write: BTreeMap<String, f64>,
}

impl Consumed {
    /// Read units, tables and indexes together.
    pub fn read_units(&self) -> f64 {
        sum(&self.read)
    }

    /// Write units, tables and indexes together.
    pub fn write_units(&self) -> f64 {
        sum(&self.write)
    }
}

/// Nothing is 0: the standard sum of no floats is -0, and looks so.
fn sum(units: &BTreeMap<String, f64>) -> f64 {
    units.values().sum::<f64>() + 0.0
}

impl fmt::Display for Consumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} read and {} write units in {} calls", self.read_units(), self.write_units(), self.calls)
    }
}

/// Adds up what the calls of one client cost. Cloning copies a handle.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Consumed>>);

/// The same client, and a meter on it. Its other clones go on without.
pub fn metered(client: &Client) -> (Client, Meter) {
    let meter = Meter::default();
    let config = client.config().to_builder().interceptor(meter.clone());
    (Client::from_conf(config.build()), meter)
}

impl Meter {
    /// What was consumed since the last time that this was asked.
    pub fn take(&self) -> Consumed {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add<'a>(&self, side: Side, told: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let mut consumed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = told.into_iter().peekable();
        consumed.calls += u32::from(told.peek().is_some());
        let units = match side {
            Side::Read => &mut consumed.read,
            Side::Write => &mut consumed.write,
        };
        for of_table in told {
            let table = of_table.table_name().unwrap_or_default();
            let of_table_itself = of_table.table().map_or(of_table.capacity_units(), |table| table.capacity_units());
            *units.entry(table.to_owned()).or_default() += of_table_itself.unwrap_or(0.0);
            for (index, of_index) in of_table.global_secondary_indexes().into_iter().flatten() {
                *units.entry(format!("{table}/{index}")).or_default() += of_index.capacity_units().unwrap_or(0.0);
            }
        }
    }
}

/// What a call does.
#[derive(Clone, Copy)]
enum Side {
    Read,
    Write,
}

/// Every operation that costs, its module, and what it does.
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

macro_rules! ask {
    ($input:expr, $operation:ident, $Input:ident, $Output:ident, $side:ident) => {
        if let Some(input) = $input.downcast_mut::<aws_sdk_dynamodb::operation::$operation::$Input>() {
            input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
        }
    };
}

macro_rules! add {
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
        each_operation!(ask!(context.input_mut()));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            each_operation!(add!(self, output));
        }
        Ok(())
    }
}
