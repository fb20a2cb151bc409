//! Storage: users and sessions in PostgreSQL, conversations and messages in DynamoDB.

mod connect;

pub mod dynamodb;

pub mod postgres;

pub mod usability;

pub use connect::Store;
