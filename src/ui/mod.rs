//! The pages that a browser shows, also rendered on the server.

pub mod app;

pub mod components;

pub mod pages;

pub mod state;
