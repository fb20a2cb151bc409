//! Challenges: further steps that the user pool demands after the correct password.

use std::collections::HashMap;

use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::code_source::CodeSource;

/// A further step that the pool demands after the correct password.
#[derive(Debug)]
pub struct Challenge {
    pub step: Step,
    /// Name of the user in the pool, with which the challenge is answered.
    pub user_name: String,
    /// Proof of the steps so far. It expires after 3 to 15 minutes, by a setting of the app client.
    pub session: SecretString,
}

/// Step of a sign-in after the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An own password in place of a temporary one.
    NewPassword,
    /// The code of a second factor.
    Code(CodeSource),
}

impl Step {
    const ALL: [Self; 4] =
        [Self::NewPassword, Self::Code(CodeSource::App), Self::Code(CodeSource::Email), Self::Code(CodeSource::Text)];

    /// Returns the step of the challenge with this name. `None` if this site does not support it.
    pub fn of(challenge: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.challenge_name() == challenge)
    }

    /// Name of the challenge.
    pub fn challenge_name(self) -> &'static str {
        match self {
            Self::NewPassword => "NEW_PASSWORD_REQUIRED",
            Self::Code(CodeSource::App) => "SOFTWARE_TOKEN_MFA",
            Self::Code(CodeSource::Email) => "EMAIL_OTP",
            Self::Code(CodeSource::Text) => "SMS_MFA",
        }
    }

    /// Name of the answer in the responses to the challenge.
    pub(super) fn answer_name(self) -> &'static str {
        match self {
            Self::NewPassword => "NEW_PASSWORD",
            Self::Code(CodeSource::App) => "SOFTWARE_TOKEN_MFA_CODE",
            Self::Code(CodeSource::Email) => "EMAIL_OTP_CODE",
            Self::Code(CodeSource::Text) => "SMS_MFA_CODE",
        }
    }
}

/// A challenge as the pool sends it.
#[derive(Debug)]
pub struct SentChallenge {
    pub name: String,
    user_name: String,
    session: SecretString,
}

impl SentChallenge {
    /// Reads a challenge. `signed_in_as` is the name with which the user has signed in; the pool may know the user by
    /// another one.
    pub(super) fn read(
        name: &str,
        session: Option<String>,
        parameters: Option<HashMap<String, String>>,
        signed_in_as: &str,
    ) -> Self {
        let named = parameters.and_then(|mut it| it.remove("USER_ID_FOR_SRP"));
        let user_name = named.unwrap_or_else(|| signed_in_as.to_owned());
        Self { name: name.to_owned(), user_name, session: session.unwrap_or_default().into() }
    }

    /// Returns the challenge if this site supports it.
    pub fn supported(self) -> Option<Challenge> {
        let step = Step::of(&self.name)?;
        Some(Challenge { step, user_name: self.user_name, session: self.session })
    }

    /// Returns the user's id in the pool, if the pool uses it as user name.
    pub fn sub(&self) -> Option<Uuid> {
        self.user_name.parse().ok()
    }
}
