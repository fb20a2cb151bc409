//! The audit: users, faults, and the comparison of acknowledged messages and changes with stored ones.
//!
//! The target `audit` starts it. The integration tests include it, too, to test its parts.
#![expect(clippy::print_stdout, reason = "a command prints for the user at the terminal")]

pub mod accounts;
pub mod api_reader;
pub mod change_requests;
pub mod changing;
pub mod faults;
pub mod judge;
pub mod judged_changes;
pub mod judged_revisions;
pub mod known_messages;
pub mod ledger;
pub mod options;
pub mod proxy;
pub mod requests;
pub mod retry;
pub mod run;
pub mod server_reader;
pub mod servers;
pub mod settle;
pub mod shown;
pub mod signed_in;
pub mod table_reader;
pub mod texts;
pub mod users;
pub mod verdict;
