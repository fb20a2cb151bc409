//! The single DynamoDB table: its keys and its schema. Nothing else spells a key.
