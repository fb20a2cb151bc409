//! Storage: users and sessions in PostgreSQL, conversations and messages in DynamoDB.

mod connect;

pub mod dynamodb;

pub mod postgres;

pub use connect::Store;
