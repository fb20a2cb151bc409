//! What the library refused, for the person at the terminal.

use cruddur_messages::server::respond::Failure;

/// The cause: nobody but an administrator reads it here.
pub fn told(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Answer(error) => error.into(),
        Failure::Unavailable(cause) | Failure::Unexpected(cause) => cause,
    }
}
