//! The calls to the user pool. Each is one request of at most three seconds; e-mail addresses are lower case, because
//! not every pool takes `Ana@` and `ana@` for the same person.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, AuthenticationResultType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::user::{DisplayName, Handle};
use crate::server::cognito::Cognito;
use crate::server::cognito::refusal::Refused;

/// What a sign-in or a refresh gives.
#[derive(Debug)]
pub struct Tokens {
    /// For calls in the person's name.
    pub access: SecretString,
    /// Who they are.
    pub id: SecretString,
    /// For new tokens. A refresh gives one only where the pool rotates them.
    pub refresh: Option<SecretString>,
}

/// What a sign-in leads to.
#[derive(Debug)]
pub enum SignIn {
    /// Tokens.
    Done(Tokens),
    /// A question that this site does not ask: a new password, a second factor.
    Challenge(String),
}

impl Cognito {
    /// Signs in with a password. Whether the tokens hold is for the caller to check.
    pub async fn initiate_auth(&self, email: &str, password: &SecretString) -> Result<SignIn, Refused> {
        let mut parameters = HashMap::from([
            ("USERNAME".to_owned(), email.to_owned()),
            ("PASSWORD".to_owned(), password.expose_secret().to_owned()),
        ]);
        parameters.extend(self.secret_hash(email).map(|hash| ("SECRET_HASH".to_owned(), hash)));
        let answer = self
            .client()
            .initiate_auth()
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .client_id(self.client_id())
            .set_auth_parameters(Some(parameters))
            .send()
            .await
            .map_err(|error| Refused::new("InitiateAuth", &error, &[password.expose_secret(), email]))?;
        match (answer.authentication_result, answer.challenge_name) {
            (Some(result), _) => tokens("InitiateAuth", result).map(SignIn::Done),
            (None, Some(challenge)) => Ok(SignIn::Challenge(challenge.as_str().to_owned())),
            (None, None) => Err(Refused::incomplete("InitiateAuth")),
        }
    }

    /// New tokens for a refresh token. The one way that also works where refresh tokens are rotated.
    pub(super) async fn get_tokens(&self, refresh: &SecretString) -> Result<Tokens, Refused> {
        let answer = self
            .client()
            .get_tokens_from_refresh_token()
            .client_id(self.client_id())
            .set_client_secret(self.client_secret().map(|secret| secret.expose_secret().to_owned()))
            .refresh_token(refresh.expose_secret())
            .send()
            .await
            .map_err(|error| Refused::new("GetTokensFromRefreshToken", &error, &self.sent_with(refresh)))?;
        let result = answer.authentication_result;
        let result = result.ok_or_else(|| Refused::incomplete("GetTokensFromRefreshToken"))?;
        tokens("GetTokensFromRefreshToken", result)
    }

    /// Makes an account that waits for its code.
    pub async fn sign_up(
        &self,
        name: &DisplayName,
        handle: &Handle,
        email: &str,
        password: &SecretString,
    ) -> Result<(), Refused> {
        self.client()
            .sign_up()
            .client_id(self.client_id())
            .set_secret_hash(self.secret_hash(email))
            .username(email)
            .password(password.expose_secret())
            .user_attributes(attribute("email", email))
            .user_attributes(attribute("name", name.as_str()))
            .user_attributes(attribute("preferred_username", handle.as_str()))
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("SignUp", &error, &[password.expose_secret(), email]))
    }

    /// Proves that the mailbox is theirs.
    pub async fn confirm_sign_up(&self, email: &str, code: &str) -> Result<(), Refused> {
        self.client()
            .confirm_sign_up()
            .client_id(self.client_id())
            .set_secret_hash(self.secret_hash(email))
            .username(email)
            .confirmation_code(code)
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("ConfirmSignUp", &error, &[code, email]))
    }

    /// Sends the code of a sign-up again.
    pub async fn resend_confirmation_code(&self, email: &str) -> Result<(), Refused> {
        self.client()
            .resend_confirmation_code()
            .client_id(self.client_id())
            .set_secret_hash(self.secret_hash(email))
            .username(email)
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("ResendConfirmationCode", &error, &[email]))
    }

    /// Sends a code for a new password.
    pub async fn forgot_password(&self, email: &str) -> Result<(), Refused> {
        self.client()
            .forgot_password()
            .client_id(self.client_id())
            .set_secret_hash(self.secret_hash(email))
            .username(email)
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("ForgotPassword", &error, &[email]))
    }

    /// Sets a new password.
    pub async fn confirm_forgot_password(
        &self,
        email: &str,
        code: &str,
        password: &SecretString,
    ) -> Result<(), Refused> {
        self.client()
            .confirm_forgot_password()
            .client_id(self.client_id())
            .set_secret_hash(self.secret_hash(email))
            .username(email)
            .confirmation_code(code)
            .password(password.expose_secret())
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("ConfirmForgotPassword", &error, &[password.expose_secret(), code, email]))
    }

    /// Withdraws a refresh token, and the access tokens that came of it.
    pub(super) async fn revoke_token(&self, refresh: &SecretString) -> Result<(), Refused> {
        self.client()
            .revoke_token()
            .client_id(self.client_id())
            .set_client_secret(self.client_secret().map(|secret| secret.expose_secret().to_owned()))
            .token(refresh.expose_secret())
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("RevokeToken", &error, &self.sent_with(refresh)))
    }

    /// What is sent with a token, and must not come back into a log.
    fn sent_with<'a>(&'a self, token: &'a SecretString) -> Vec<&'a str> {
        [Some(token), self.client_secret()].into_iter().flatten().map(ExposeSecret::expose_secret).collect()
    }

    /// Withdraws every token of the person whose access token this is.
    pub(super) async fn global_sign_out(&self, access: &SecretString) -> Result<(), Refused> {
        self.client()
            .global_sign_out()
            .access_token(access.expose_secret())
            .send()
            .await
            .map(drop)
            .map_err(|error| Refused::new("GlobalSignOut", &error, &[access.expose_secret()]))
    }

    /// What a client with a secret proves itself by: HMAC-SHA-256 of name and client id, in base64.
    fn secret_hash(&self, email: &str) -> Option<String> {
        let secret = self.client_secret()?;
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, format!("{email}{}", self.client_id()).as_bytes());
        Some(STANDARD.encode(tag))
    }
}

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().expect("name and value are set")
}

fn tokens(call: &'static str, result: AuthenticationResultType) -> Result<Tokens, Refused> {
    match (result.access_token, result.id_token) {
        (Some(access), Some(id)) => {
            Ok(Tokens { access: access.into(), id: id.into(), refresh: result.refresh_token.map(SecretString::from) })
        }
        _ => Err(Refused::incomplete(call)),
    }
}
