//! The password rule as a Cognito user pool policy.

use aws_sdk_cognitoidentityprovider::types::{PasswordPolicyType, UserPoolPolicyType};

use cruddur_messages::domain::password::LEN_MIN;

/// Policy of the user pools that we create. Matches [`cruddur_messages::domain::password::check`], so that neither of
/// the two rejects a password that the other accepts.
pub fn user_pool_policy() -> UserPoolPolicyType {
    let password = PasswordPolicyType::builder()
        .minimum_length(LEN_MIN as i32)
        .require_lowercase(false)
        .require_uppercase(false)
        .require_numbers(false)
        .require_symbols(false);
    UserPoolPolicyType::builder().password_policy(password.build()).build()
}
