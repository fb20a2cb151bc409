//! Vocabulary shared by browser and server: types, validation and events. Imports no other module of this crate.

mod id;

pub mod authenticator;

pub mod text;

pub mod user;

pub mod password;

pub mod code_source;

pub mod block;

pub mod conversation;

pub mod emoji;

pub mod message;

pub mod changes;

pub mod report;

pub mod request;

pub mod page;

pub mod page_files;
pub mod page_user;

pub mod paths;

pub mod presence;

pub mod event;

pub mod position;

pub mod settings;

pub mod session;

pub mod sorted;

pub mod links;

pub mod destination;

pub mod refused_form;

pub mod markup;

pub mod error;

pub mod field_error;

#[cfg(test)]
pub(crate) mod samples;
