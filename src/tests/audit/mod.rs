//! The audit: users, faults, and the comparison of acknowledged with stored messages.
//!
//! The target `audit` starts it. The integration tests include it, too, to test its parts.
#![expect(clippy::print_stdout, reason = "a command prints for the user at the terminal")]

pub mod accounts;
pub mod api_reader;
pub mod faults;
pub mod judge;
pub mod ledger;
pub mod options;
pub mod proxy;
pub mod requests;
pub mod run;
pub mod server_reader;
pub mod servers;
pub mod settle;
pub mod signed_in;
pub mod table_reader;
pub mod users;
pub mod verdict;
