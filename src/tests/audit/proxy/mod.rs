//! Proxies that inject faults between client and server, and between server and stores.

pub mod bytes;
pub mod http;
mod listener;
