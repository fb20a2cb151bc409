//! Fields for passwords.

use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn password_fields_hide_their_text_and_help_password_managers() {
    let app = TestApp::start().await;
    let (ana, visitor) = (app.sign_in("ana").await, app.browser());
    let (current, new) = ("current-password", "new-password");
    for (browser, path, expected) in [
        (&visitor, "/signin", &[("password", current)][..]),
        (&visitor, "/signup", &[("password", new)]),
        (&visitor, "/forgot?sent=1", &[("password", new)]),
        (&ana, "/settings/password", &[("current_password", current), ("password", new)]),
    ] {
        let page = browser.clone().get(path).await.text;
        let inputs: Vec<_> = page.split("<input ").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        for (name, purpose) in expected {
            let named = inputs.iter().find(|input| input.contains(&format!("name=\"{name}\"")));
            let input = named.unwrap_or_else(|| panic!("{path} has no field {name}"));
            assert!(input.contains("type=\"password\""), "{path}: {input}");
            assert!(input.contains(&format!("autocomplete=\"{purpose}\"")), "{path}: {input}");
            // Nothing cuts or refuses what a password manager puts in.
            assert!(!["maxlength", "onpaste", "pattern"].iter().any(|it| input.contains(it)), "{path}: {input}");
        }
        let secret = inputs.iter().filter(|input| input.contains("type=\"password\"")).count();
        assert_eq!(secret, expected.len(), "{path}");
    }
}
