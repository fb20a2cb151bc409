//! A user pool on the emulator for one test, and its users.

use aws_config::{BehaviorVersion, Region};
use aws_lc_rs::hmac;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Credentials;
use aws_sdk_cognitoidentityprovider::types::builders::UsernameConfigurationTypeBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFlowType, ExplicitAuthFlowsType, MessageActionType, PreventUserExistenceErrorTypes,
    UsernameConfigurationType, VerifiedAttributeType,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;

use super::admin_code::{mfa, policy};
use super::browser::PoolAddress;
use super::totp;

/// Password of every user.
pub const PASSWORD: &str = "Sunlit-orchard-26!";

/// Code that the emulator expects after a sign-up.
pub const SIGN_UP_CODE: &str = "123456";

/// Code that the emulator expects for a password reset.
pub const RESET_CODE: &str = "654321";

/// Tokens of a direct sign-in, as a program gets them.
pub struct Tokens {
    pub access: String,
    pub id: String,
}

/// A user pool with a client that has a secret.
pub struct Pool {
    pub address: PoolAddress,
    /// Client for administrative calls.
    pub admin: Client,
}

impl Pool {
    /// Creates a user pool.
    pub async fn create() -> Self {
        Self::create_with(UsernameConfigurationType::builder().case_sensitive(false)).await
    }

    /// Creates a user pool with this rule for user names.
    pub async fn create_with(names: UsernameConfigurationTypeBuilder) -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
            .expect("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER names a Cognito emulator");
        let admin = admin(&endpoint).await;
        let pool = admin
            .create_user_pool()
            .pool_name("cruddur")
            .policies(policy::user_pool_policy())
            .username_attributes("email".into())
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .username_configuration(names.build().expect("the rule is set"))
            .send()
            .await
            .expect("a user pool");
        let user_pool_id = pool.user_pool.and_then(|pool| pool.id).expect("its id");
        mfa::allow_authenticator_apps(&admin, &user_pool_id).await.expect("a setting");
        let client = admin
            .create_user_pool_client()
            .user_pool_id(&user_pool_id)
            .client_name("server")
            .generate_secret(true)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .send()
            .await
            .expect("a client")
            .user_pool_client
            .expect("the client");
        let client_id = client.client_id.expect("its id");
        let address = PoolAddress { endpoint, user_pool_id, client_id, client_secret: client.client_secret };
        Self { address, admin }
    }

    /// Adds a user who can sign in at once: `ana` is `ana@example.com`, with [`PASSWORD`].
    pub async fn add(&self, name: &str) {
        let email = format!("{name}@example.com");
        self.admin
            .admin_create_user()
            .user_pool_id(&self.address.user_pool_id)
            .username(&email)
            .message_action(MessageActionType::Suppress)
            .user_attributes(attribute("email", &email))
            .user_attributes(attribute("email_verified", "true"))
            .user_attributes(attribute("name", name))
            .user_attributes(attribute("preferred_username", name))
            .send()
            .await
            .expect("a user");
        self.admin
            .admin_set_user_password()
            .user_pool_id(&self.address.user_pool_id)
            .username(&email)
            .password(PASSWORD)
            .permanent(true)
            .send()
            .await
            .expect("a password");
    }

    /// Sets up an authenticator app for a user. Returns its secret.
    pub async fn add_authenticator(&self, name: &str) -> String {
        let access = self.tokens(name).await.access;
        let secret = self.admin.associate_software_token().access_token(&access).send().await.expect("a secret");
        let secret = secret.secret_code.expect("a secret");
        let verify = self.admin.verify_software_token().access_token(&access).user_code(totp::code(&secret));
        verify.send().await.expect("the code is right");
        secret
    }

    /// Signs a user in directly at the pool.
    pub async fn tokens(&self, name: &str) -> Tokens {
        let email = format!("{name}@example.com");
        let PoolAddress { client_id, client_secret, .. } = &self.address;
        let secret = client_secret.as_deref().expect("the client has a secret");
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let proof = STANDARD.encode(hmac::sign(&key, format!("{email}{client_id}").as_bytes()));
        let call = self.admin.initiate_auth().auth_flow(AuthFlowType::UserPasswordAuth).client_id(client_id);
        let call = call.auth_parameters("USERNAME", &email).auth_parameters("PASSWORD", PASSWORD);
        let answer = call.auth_parameters("SECRET_HASH", proof).send().await.expect("a sign-in");
        let tokens = answer.authentication_result.expect("tokens");
        Tokens { access: tokens.access_token.expect("an access token"), id: tokens.id_token.expect("an ID token") }
    }
}

/// Builds an attribute of an account.
pub fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().expect("name and value are set")
}

async fn admin(endpoint: &str) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
        .load()
        .await;
    Client::new(&config)
}
