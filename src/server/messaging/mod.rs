//! Messaging for signed-in users: conversations, sending, recipients, receipts, presence, requests and
//! settings.

pub mod conversations;

mod membership;

pub mod export;

pub mod sending;

pub mod changes;

mod emoji;

pub mod recipients;

pub mod presence;

pub mod receipts;

pub mod reports;

pub mod requests;

pub mod blocks;

pub mod settings;
