//! Token verification. The numbers are those of a list of cases that every verifier of Cognito's tokens should pass.
//! Cases 9 to 12 and 37 to 42 concern the key set (`key_set.rs`), 44 the log (also in `secrets.rs`), and 45 an ended
//! session (`sessions.rs`).

mod claims;

mod encoding;

mod fixtures;

mod header;

mod verifier;
