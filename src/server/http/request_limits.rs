//! Size and time limits of requests.

use std::time::Duration;

/// Deadline of a request.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum size of a request's head, in bytes: what a connection can make the server hold before a request begins. A
/// usual head has 1 kB; an access token takes 2 kB, and the cookies of other sites on the same domain can take more.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Maximum size of a request body, in bytes. A message of 1,024 characters takes at most 12 kB as a form.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Maximum number of bytes read from a body that is too large, so that its client still gets an answer.
pub const READ_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;
