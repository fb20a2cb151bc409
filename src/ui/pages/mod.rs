//! One file per page, and how the browser gets their code.

pub mod lazy;

pub mod home;

pub mod sign_in;

pub mod sign_up;

pub mod confirm;

pub mod forgot;

pub mod conversations;

pub mod conversation;

pub mod new_conversation;

pub mod first_message;

pub mod settings;

pub mod not_found;
