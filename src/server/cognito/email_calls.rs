//! Change of the e-mail address of the user who owns an access token.

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use secrecy::{ExposeSecret, SecretString};

use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::CognitoError;

/// Name of the attribute in the pool.
const EMAIL: &str = "email";

impl Calls {
    /// Asks for another e-mail address. Returns true if the pool has sent a code there: the address counts once the
    /// code has come back.
    pub async fn change_email(&self, access: &SecretString, email: &str) -> Result<bool, CognitoError> {
        let access = access.expose_secret();
        let attribute = AttributeType::builder().name(EMAIL).value(email).build().expect("the name is set");
        let request = self.client.update_user_attributes().access_token(access).user_attributes(attribute);
        let changed = self.checked("UpdateUserAttributes", request.send().await, &[access, email])?;
        Ok(!changed.code_delivery_details_list().is_empty())
    }

    /// Proves the new address of [`Calls::change_email`] with its code.
    pub async fn verify_email(&self, access: &SecretString, code: &str) -> Result<(), CognitoError> {
        let access = access.expose_secret();
        let request = self.client.verify_user_attribute().access_token(access).attribute_name(EMAIL).code(code);
        self.checked("VerifyUserAttribute", request.send().await, &[access, code]).map(drop)
    }
}
