//! User interface: rendered on the server and hydrated in the browser.

pub mod app;
pub mod components;
pub mod intl;
pub mod pages;
pub mod state;
pub mod wording;
