//! Calls about the account of the user who owns an access token.

use aws_sdk_cognitoidentityprovider::types::SoftwareTokenMfaSettingsType;
use secrecy::{ExposeSecret, SecretString};

use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::CognitoError;

/// An account as its owner sees it.
#[derive(Debug)]
pub struct OwnAccount {
    /// Name of the user in the pool.
    pub user_name: String,
    /// True if a sign-in needs the code of an authenticator app.
    pub has_authenticator: bool,
}

impl Calls {
    /// Returns the account.
    pub async fn own_account(&self, access: &SecretString) -> Result<OwnAccount, CognitoError> {
        let access = access.expose_secret();
        let response = self.client.get_user().access_token(access).send().await;
        let account = self.checked("GetUser", response, &[access])?;
        let has_authenticator = account.user_mfa_setting_list().iter().any(|it| it == "SOFTWARE_TOKEN_MFA");
        Ok(OwnAccount { user_name: account.username, has_authenticator })
    }

    /// Makes a key for an authenticator app, in base32. It counts once a code of it has been verified.
    pub async fn associate_software_token(&self, access: &SecretString) -> Result<SecretString, CognitoError> {
        let access = access.expose_secret();
        let response = self.client.associate_software_token().access_token(access).send().await;
        let made = self.checked("AssociateSoftwareToken", response, &[access])?;
        made.secret_code.map(SecretString::from).ok_or_else(|| CognitoError::incomplete("AssociateSoftwareToken"))
    }

    /// Verifies that an authenticator app has the key of [`Calls::associate_software_token`].
    pub async fn verify_software_token(&self, access: &SecretString, code: &str) -> Result<(), CognitoError> {
        let access = access.expose_secret();
        let request = self.client.verify_software_token().access_token(access).user_code(code);
        self.checked("VerifySoftwareToken", request.send().await, &[access, code]).map(drop)
    }

    /// Turns the code of the authenticator app at sign-ins on or off.
    pub async fn set_authenticator(&self, access: &SecretString, is_on: bool) -> Result<(), CognitoError> {
        let access = access.expose_secret();
        let settings = SoftwareTokenMfaSettingsType::builder().enabled(is_on).preferred_mfa(is_on).build();
        let request = self.client.set_user_mfa_preference().access_token(access);
        let request = request.software_token_mfa_settings(settings);
        self.checked("SetUserMFAPreference", request.send().await, &[access]).map(drop)
    }
}
