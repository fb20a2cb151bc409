//! The rule for passwords, as a user pool is told it.

use aws_sdk_cognitoidentityprovider::types::{PasswordPolicyType, UserPoolPolicyType};

use crate::domain::password::LEN_MIN;

/// What a pool of ours demands: what [`crate::domain::password::check`] does, so that neither is stricter than the other.
pub fn of_our_pools() -> UserPoolPolicyType {
    let password = PasswordPolicyType::builder()
        .minimum_length(LEN_MIN as i32)
        .require_lowercase(false)
        .require_uppercase(false)
        .require_numbers(false)
        .require_symbols(false);
    UserPoolPolicyType::builder().password_policy(password.build()).build()
}
