//! Accounts: sign-up, sign-in, sign-out, and password reset.
//!
//! No response reveals whether an account exists. Where the user pool answers differently for existing and unknown
//! accounts, both answers become one response here, and take the same time. Checks that the pool makes in only one of
//! the two cases are made here first, before the pool is called.

pub mod outcome;

mod attempt;

pub mod authenticator;

pub mod change_email;

mod recorded;

pub mod change_password;

pub mod deletion;

mod end_surely;

pub mod input;

mod new_session;

pub mod own_messages;

mod own_names;

pub mod next;

pub mod password;

mod password_strength;

mod pending_sign_in;

pub mod profile;

pub mod purge;

pub mod device;

pub mod sessions;

pub mod sign_in;

pub mod sign_in_steps;

pub mod sign_out;

pub mod sign_up;

pub mod min_duration;

mod qr_code;

mod reauthentication;

pub mod refusals;

pub use change_password::change_password;
pub use outcome::AccountOutcome;
pub use password::{forgot_password, reset_password};
pub use sign_in::sign_in;
pub use sign_in_steps::{answer_sign_in_code, set_first_password};
pub use sign_out::{sign_out, sign_out_everywhere};
pub use sign_up::{confirm, resend_code, sign_up};
