//! Passwords, codes and tokens reach no log.

use std::io;
use std::sync::{Arc, Mutex};

use crate::support::browser::Browser;
use crate::support::fake_pool::{CallAnswer, KeySetAnswer};
use crate::support::scene::Scene;
use crate::support::signing::other_key;

/// What was logged while a test ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that is logged on this thread, at every level, until the guard is dropped.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines of our own code. The libraries' are switched off in production below the level of a warning.
fn ours(log: &str) -> String {
    let lines = log
        .lines()
        .filter(|line| line.contains(" cruddur_messages") || line.contains(" WARN ") || line.contains("ERROR"));
    lines.collect::<Vec<_>>().join("\n")
}

const PASSWORD: &str = "pass-word-of-ana";

#[tokio::test]
async fn case_44_no_password_code_or_token_is_logged_whatever_the_pool_answers() {
    let (log, _guard) = Log::begin();
    let mut scene = Scene::begin().await;
    let refresh_token = scene.pool.a_refresh_token();
    let cookie = scene.ana.cookie.clone().expect("a cookie");
    let email = "secret-mailbox@example.com";
    // The pool repeats what it was sent, as the real one can.
    for code in
        ["InvalidParameterException", "ResourceNotFoundException", "InvalidPasswordException", "LimitExceededException"]
    {
        scene.pool.set().calls = CallAnswer::Repeat(code);
        let mut browser = Browser::new(&scene.server);
        let _ = browser.sign_in(email, PASSWORD).await;
        let _ = browser.sign_up("Ana", "ana", email, PASSWORD).await;
        let _ = browser.confirm(email, "987654").await;
        let _ = browser.reset_password(email, "987654", PASSWORD).await;
        scene.access_ends_in(30).await;
        let _ = scene.ana.whoami().await;
    }
    // Tokens that do not hold, at a sign-in and at a refresh, and a key set that is none.
    scene.pool.set().calls = CallAnswer::Good;
    scene.pool.set().signer = other_key();
    let _ = Browser::new(&scene.server).sign_in("ben@example.com", PASSWORD).await;
    scene.pool.set().keys = KeySetAnswer::Text("<html>".to_owned());
    scene.access_ends_in(-1).await;
    let _ = scene.ana.whoami().await;
    let log = ours(&log.text());
    assert!(log.contains("Cognito, InitiateAuth"), "the log says what went wrong: {log}");
    for secret in [PASSWORD, email, "987654", "eyJ", &cookie, &refresh_token] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
