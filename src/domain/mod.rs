//! Vocabulary shared by browser and server: types, validation and events. Imports no other module of this crate.

mod id;

pub mod text;

pub mod user;

pub mod password;

pub mod conversation;

pub mod message;

pub mod page;

pub mod event;

pub mod settings;

pub mod links;

pub mod destination;

pub mod refused_form;

pub mod markup;

pub mod error;

pub mod field_error;

#[cfg(test)]
pub(crate) mod samples;
