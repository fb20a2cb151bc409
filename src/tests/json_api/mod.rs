//! Tests of the JSON API as its clients see it. Every response in them must match the OpenAPI document.

mod cors;
mod document;
pub(crate) mod fixtures;
mod people;
mod reading;
mod sending;
mod texts;
mod tokens;

pub(crate) use fixtures::ApiClient;
