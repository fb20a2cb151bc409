//! Code of the admin tool that tests and fixtures call directly. It is no part of the library, so that it is not
//! compiled into the web server; the tests include its files.

#[path = "../../bin/admin/ddb/capacity.rs"]
pub mod capacity;

#[path = "../../bin/admin/ddb/legacy/mod.rs"]
pub mod legacy;

#[path = "../../bin/admin/cognito/mfa.rs"]
pub mod mfa;

#[path = "../../bin/admin/cognito/policy.rs"]
pub mod policy;

#[path = "../../bin/admin/ddb/schema.rs"]
pub mod schema;
