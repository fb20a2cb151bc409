//! Limits of size and time that every request has.

use std::time::Duration;

/// The longest that a request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest body of a request, in bytes. A message of 1,024 characters is at most 12 kB as a form.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// The most of a body that is read before it is refused, in bytes.
pub const READ_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;
