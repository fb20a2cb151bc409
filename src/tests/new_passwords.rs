//! Forms that set a password: they refuse one that is easy to guess.

use cruddur_messages::domain::field_error::FieldCode;
use cruddur_messages::domain::password::InvalidPassword;
use reqwest::StatusCode;

use crate::support::app::{Answer, Browser, Fields, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::FakePool;

const EMAIL: &str = "wilhelmina@example.com";

/// Passwords that are common, of the product, or of the user with the address [`EMAIL`].
const EASY: [&str; 3] = ["password123", "Cruddur2026", "wilhelmina1"];

fn assert_easy_to_guess(answer: &Answer, password: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
    let expected = FieldCode::Password(InvalidPassword::EasyToGuess);
    assert_eq!(answer.error().field("password"), Some(expected), "{password}");
}

/// The same without script: the reason is on the page, the password is not.
fn assert_page_explains(answer: &Answer, password: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
    assert!(answer.text.contains("easy to guess") && !answer.text.contains(password), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_that_sets_a_password_refuses_a_common_one() {
    let pool = FakePool::start().await;
    pool.set().challenges = vec!["NEW_PASSWORD_REQUIRED"];
    let app = TestApp::start_with_pool(pool.address(), |_| {}).await;
    let forms: [(&str, &str, Fields); 3] = [
        ("sign_up", "/signup", &[("name", "Mina"), ("handle", "mina"), ("email", EMAIL)]),
        ("reset_password", "/forgot", &[("email", EMAIL), ("code", "123456"), ("sent", "true")]),
        ("set_first_password", "/signin/password", &[]),
    ];
    let mut browser: Browser = app.browser();
    let asked = browser.submit("/signin", &[("email", EMAIL), ("password", "Temporary-2026!")]).await;
    assert_eq!(asked.location(), "/signin/password");
    for (function, page, fields) in forms {
        for password in EASY {
            let filled = [fields, &[("password", password)]].concat();
            assert_easy_to_guess(&browser.call(function, &filled).await, password);
            assert_page_explains(&browser.submit(page, &filled).await, password);
        }
    }
    for call in ["SignUp", "ConfirmForgotPassword", "RespondToAuthChallenge"] {
        assert_eq!(pool.count(call), 0, "{call}");
    }
    let filled = [forms[0].2, &[("password", "four unrelated words")]].concat();
    assert_eq!(browser.call("sign_up", &filled).await.status, StatusCode::OK);
    assert_eq!(pool.count("SignUp"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_changed_to_a_common_one_or_the_own_name() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    app.database.execute("update users set display_name = 'Wilhelmina Lima' where handle = 'ana'").await;
    app.state.store.remembered.forget_all();
    for password in [&EASY[..], &["ana@example.com", "Lima-Wilhelmina-26"]].concat() {
        let fields = [("current_password", PASSWORD), ("password", password)];
        assert_easy_to_guess(&ana.call("change_password", &fields).await, password);
        assert_page_explains(&ana.submit("/settings/password", &fields).await, password);
    }
    let signed_in = app.browser().submit("/signin", &[("email", "ana@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "the old one counts");
}
