//! What people do once they are signed in: list, open, send, start, look for somebody.

pub mod conversations;

pub mod sending;

pub mod people;

pub mod presence;

pub mod receipts;

pub mod settings;
