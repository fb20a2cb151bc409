//! Calls to the user pool. Each is one operation with a timeout of three seconds. E-mail addresses must be in lower
//! case, because some pools treat `Ana@` and `ana@` as different users.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFlowType, AuthenticationResultType, UserContextDataType,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::user::{DisplayName, Handle};
use crate::server::cognito::call_metrics::CallMetrics;
use crate::server::cognito::challenge::SentChallenge;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::cognito::health::Health;

/// Tokens issued by a sign-in or a refresh. Not verified yet.
#[derive(Debug)]
pub struct Tokens {
    /// Access token, for calls on behalf of the user.
    pub access: SecretString,
    /// ID token, which describes the user.
    pub id: SecretString,
    /// Refresh token, for new tokens. A refresh returns one only if the pool rotates refresh tokens.
    pub refresh: Option<SecretString>,
}

/// Unverified outcome of a sign-in.
#[derive(Debug)]
pub enum AuthOutcome {
    /// The password was accepted.
    Tokens(Tokens),
    /// The pool demands a further step, such as a new password or a second factor.
    Challenge(SentChallenge),
}

impl AuthOutcome {
    /// Reads the response to a call that signs in: tokens, or else a challenge.
    pub(super) fn read(
        call: &'static str,
        result: Option<AuthenticationResultType>,
        challenge: Option<SentChallenge>,
    ) -> Result<Self, CognitoError> {
        match (result, challenge) {
            (Some(result), _) => tokens(call, result).map(Self::Tokens),
            (None, Some(challenge)) => Ok(Self::Challenge(challenge)),
            (None, None) => Err(CognitoError::incomplete(call)),
        }
    }
}

/// Calls to the user pool, as one of its clients. Cloning copies handles.
#[derive(Clone)]
pub struct Calls {
    pub(super) client: Client,
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
    pub(super) health: Arc<Health>,
    pub(super) metrics: CallMetrics,
    /// Client address that the pool's threat protection is told.
    pub(super) address: Option<IpAddr>,
}

impl Calls {
    /// Signs in with a password. The caller must verify the tokens.
    pub async fn initiate_auth(&self, email: &str, password: &SecretString) -> Result<AuthOutcome, CognitoError> {
        let password = password.expose_secret();
        let mut parameters =
            HashMap::from([("USERNAME".to_owned(), email.to_owned()), ("PASSWORD".to_owned(), password.to_owned())]);
        parameters.extend(self.secret_hash(email).map(|hash| ("SECRET_HASH".to_owned(), hash)));
        let request = self.client.initiate_auth().auth_flow(AuthFlowType::UserPasswordAuth).client_id(&self.client_id);
        let request = request.set_auth_parameters(Some(parameters)).set_user_context_data(self.user_context());
        let response = self.checked("InitiateAuth", request.send().await, &[password, email])?;
        let challenge = response
            .challenge_name
            .map(|it| SentChallenge::read(it.as_str(), response.session, response.challenge_parameters, email));
        AuthOutcome::read("InitiateAuth", response.authentication_result, challenge)
    }

    /// Exchanges a refresh token for new tokens. The older `REFRESH_TOKEN_AUTH` flow does not support rotated tokens.
    pub(super) async fn get_tokens(&self, refresh: &SecretString) -> Result<Tokens, CognitoError> {
        let request = self.client.get_tokens_from_refresh_token().client_id(&self.client_id);
        let request = request.set_client_secret(self.secret()).refresh_token(refresh.expose_secret());
        let secrets = self.secrets_with(refresh);
        let response = self.checked("GetTokensFromRefreshToken", request.send().await, &secrets)?;
        let result = response.authentication_result;
        let result = result.ok_or_else(|| CognitoError::incomplete("GetTokensFromRefreshToken"))?;
        tokens("GetTokensFromRefreshToken", result)
    }

    /// Creates an unconfirmed account, and sends a code to its e-mail address.
    pub async fn sign_up(
        &self,
        name: &DisplayName,
        handle: &Handle,
        email: &str,
        password: &SecretString,
    ) -> Result<(), CognitoError> {
        let password = password.expose_secret();
        let request = self
            .client
            .sign_up()
            .client_id(&self.client_id)
            .set_user_context_data(self.user_context())
            .set_secret_hash(self.secret_hash(email));
        let request = request
            .username(email)
            .password(password)
            .user_attributes(attribute("email", email))
            .user_attributes(attribute("name", name.as_str()))
            .user_attributes(attribute("preferred_username", handle.as_str()));
        self.checked("SignUp", request.send().await, &[password, email]).map(drop)
    }

    /// Confirms an account with the code of its sign-up.
    pub async fn confirm_sign_up(&self, email: &str, code: &str) -> Result<(), CognitoError> {
        let request = self
            .client
            .confirm_sign_up()
            .client_id(&self.client_id)
            .set_user_context_data(self.user_context())
            .set_secret_hash(self.secret_hash(email));
        let request = request.username(email).confirmation_code(code);
        self.checked("ConfirmSignUp", request.send().await, &[code, email]).map(drop)
    }

    /// Resends the code of a sign-up.
    pub async fn resend_confirmation_code(&self, email: &str) -> Result<(), CognitoError> {
        let request = self
            .client
            .resend_confirmation_code()
            .client_id(&self.client_id)
            .set_user_context_data(self.user_context());
        let request = request.set_secret_hash(self.secret_hash(email)).username(email);
        self.checked("ResendConfirmationCode", request.send().await, &[email]).map(drop)
    }

    /// Sends a code for a password reset.
    pub async fn forgot_password(&self, email: &str) -> Result<(), CognitoError> {
        let request =
            self.client.forgot_password().client_id(&self.client_id).set_user_context_data(self.user_context());
        let request = request.set_secret_hash(self.secret_hash(email)).username(email);
        self.checked("ForgotPassword", request.send().await, &[email]).map(drop)
    }

    /// Sets a new password with the code of [`Calls::forgot_password`].
    pub async fn confirm_forgot_password(
        &self,
        email: &str,
        code: &str,
        password: &SecretString,
    ) -> Result<(), CognitoError> {
        let password = password.expose_secret();
        let request =
            self.client.confirm_forgot_password().client_id(&self.client_id).set_user_context_data(self.user_context());
        let request = request.set_secret_hash(self.secret_hash(email)).username(email);
        let request = request.confirmation_code(code).password(password);
        self.checked("ConfirmForgotPassword", request.send().await, &[password, code, email]).map(drop)
    }

    /// Sets a new password of the user who owns this access token and knows the current password.
    pub async fn change_password(
        &self,
        access: &SecretString,
        current: &SecretString,
        password: &SecretString,
    ) -> Result<(), CognitoError> {
        let [access, current, password] = [access, current, password].map(|secret| secret.expose_secret());
        let request = self.client.change_password().access_token(access);
        let request = request.previous_password(current).proposed_password(password);
        self.checked("ChangePassword", request.send().await, &[access, current, password]).map(drop)
    }

    /// Revokes a refresh token and the access tokens issued with it.
    pub(super) async fn revoke_token(&self, refresh: &SecretString) -> Result<(), CognitoError> {
        let request = self.client.revoke_token().client_id(&self.client_id).set_client_secret(self.secret());
        let request = request.token(refresh.expose_secret());
        self.checked("RevokeToken", request.send().await, &self.secrets_with(refresh)).map(drop)
    }

    /// Revokes all tokens of the user who owns this access token.
    pub(super) async fn global_sign_out(&self, access: &SecretString) -> Result<(), CognitoError> {
        let access = access.expose_secret();
        let request = self.client.global_sign_out().access_token(access);
        self.checked("GlobalSignOut", request.send().await, &[access]).map(drop)
    }

    /// Asks the pool for the owner of an access token. Fails if the token is revoked, or if its user is disabled or
    /// deleted.
    pub(super) async fn get_user(&self, access: &str) -> Result<(), CognitoError> {
        let request = self.client.get_user().access_token(access);
        self.checked("GetUser", request.send().await, &[access]).map(drop)
    }

    /// Returns what the pool's threat protection is told of the client.
    pub(super) fn user_context(&self) -> Option<UserContextDataType> {
        let address = self.address?.to_string();
        Some(UserContextDataType::builder().ip_address(address).build())
    }

    fn secret(&self) -> Option<String> {
        self.client_secret.as_ref().map(|secret| secret.expose_secret().to_owned())
    }

    /// Returns the secrets of a request with a token, which must not reach the log.
    fn secrets_with<'a>(&'a self, token: &'a SecretString) -> Vec<&'a str> {
        [Some(token), self.client_secret.as_ref()].into_iter().flatten().map(ExposeSecret::expose_secret).collect()
    }

    /// Returns the proof that the client knows its secret: HMAC-SHA-256 of user name and client id, in base64. `None`
    /// if the client has no secret.
    pub(super) fn secret_hash(&self, email: &str) -> Option<String> {
        let secret = self.client_secret.as_ref()?;
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, format!("{email}{}", self.client_id).as_bytes());
        Some(STANDARD.encode(tag))
    }

    /// Response to a call. `secrets` are the parameters of the request that must not reach the log. A known problem of
    /// the configuration is reported. Takes no future: async functions keep a future that they were given twice, and
    /// those of the SDK are large.
    pub(super) fn checked<T, E: ProvideErrorMetadata>(
        &self,
        call: &'static str,
        response: Result<T, SdkError<E, HttpResponse>>,
        secrets: &[&str],
    ) -> Result<T, CognitoError> {
        let result = response.map_err(|error| {
            let error = CognitoError::new(call, &error, secrets);
            if let CognitoErrorKind::Misconfigured(Some(problem)) = error.kind {
                self.health.report(problem);
            }
            error
        });
        self.metrics.count(call, &result);
        result
    }
}

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().expect("name and value are set")
}

fn tokens(call: &'static str, result: AuthenticationResultType) -> Result<Tokens, CognitoError> {
    match (result.access_token, result.id_token) {
        (Some(access), Some(id)) => {
            Ok(Tokens { access: access.into(), id: id.into(), refresh: result.refresh_token.map(SecretString::from) })
        }
        _ => Err(CognitoError::incomplete(call)),
    }
}
