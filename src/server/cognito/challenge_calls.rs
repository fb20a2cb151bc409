//! Answers to challenges.

use secrecy::{ExposeSecret, SecretString};

use crate::server::cognito::calls::{AuthOutcome, Calls};
use crate::server::cognito::challenge::{Challenge, SentChallenge};
use crate::server::cognito::error::CognitoError;

impl Calls {
    /// Answers a challenge with a new password or a code. The caller must verify the tokens.
    pub async fn respond_to_challenge(
        &self,
        challenge: &Challenge,
        answer: &SecretString,
    ) -> Result<AuthOutcome, CognitoError> {
        let (step, name, answer) = (challenge.step, &challenge.user_name, answer.expose_secret());
        let session = challenge.session.expose_secret();
        let request = self.client.respond_to_auth_challenge().client_id(&self.client_id).session(session);
        let request = request.challenge_name(step.challenge_name().into()).set_user_context_data(self.user_context());
        let request = request.challenge_responses("USERNAME", name).challenge_responses(step.answer_name(), answer);
        let request = match self.secret_hash(name) {
            Some(hash) => request.challenge_responses("SECRET_HASH", hash),
            None => request,
        };
        let response = self.checked("RespondToAuthChallenge", request.send().await, &[answer, session, name])?;
        let further = response
            .challenge_name
            .map(|it| SentChallenge::read(it.as_str(), response.session, response.challenge_parameters, name));
        AuthOutcome::read("RespondToAuthChallenge", response.authentication_result, further)
    }
}
