//! Pages: one file per page. [`lazy`] defines which part of the code the browser loads for each of them.

pub mod authenticator;
pub mod blocked;
pub mod confirm;
pub mod conversation;
pub mod conversations;
pub mod delete;
pub mod email;
pub mod export;
pub mod first_message;
pub mod first_password;
pub mod forgot;
pub mod home;
pub mod lazy;
pub mod message;
pub mod new_conversation;
pub mod not_found;
pub mod password;
pub mod profile;
pub mod report;
pub mod requests;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_up;
