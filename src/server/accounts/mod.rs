//! Accounts: making one, signing in, signing out, a new password.
//!
//! No answer tells whether an account exists. Where the user pool answers differently for somebody it knows, the two
//! answers become one here, and take the same time. What the pool would look at only where there is no account, or only
//! where there is one, is looked at here before it is asked.

pub mod answer;

pub mod input;

pub mod next;

pub mod password;

pub mod sign_in;

pub mod sign_out;

pub mod sign_up;

pub mod wording;

pub use answer::Answer;
pub use password::{forgot_password, reset_password};
pub use sign_in::sign_in;
pub use sign_out::{sign_out, sign_out_everywhere};
pub use sign_up::{confirm, resend_code, sign_up};
