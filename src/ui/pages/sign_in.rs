//! `/signin`: the sign-in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SignIn;
use crate::ui::components::account_page::{AccountPage, DoneNote};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::state::location::{next_path, query_parameter, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form for e-mail address and password. The sign-in leads to the path in `?next=`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let refused = use_refused_form();
    let form = Submission::of::<SignIn>(refused.get_value(), Leave::Load);
    let (next, email) = (next_path(refused), query_parameter("email").get_untracked());
    let knows_email = email.is_some();
    view! {
        <Title text="Sign in · Cruddur"/>
        <AccountPage heading="Sign in">
            <DoneNote query="confirmed" text="Your e-mail address is confirmed. You can now sign in."/>
            <DoneNote query="reset" text="Your password has been changed. Sign in with the new one."/>
            <DoneNote query="leaving" text="Your account will be deleted in 14 days. To keep it, sign in before then."/>
            // The server leads back here with one of these.
            <ProblemNote
                query="cookies"
                text="Your password is right, but this browser did not keep the cookie that signs you in. Allow \
                    cookies for this site. If its address begins with http://, open it with https:// instead."
            />
            <ProblemNote query="expired" text="Your sign-in has expired, or this browser doesn't keep cookies. Sign in again."/>
            <FieldForm action="/signin" fields=&["email", "password"] form>
                <input type="hidden" name="next" value=next/>
                <Field form name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
                <Field form name="password" label="Password" kind=Kind::Password autofocus=knows_email/>
                <SubmitButton form label="Sign in"/>
            </FieldForm>
            <p class="card__other"><a href=move || with_next("/forgot", &next())>"Forgot your password?"</a></p>
            <p class="card__other">
                "Have a code? " <a href=move || with_next("/confirm", &next())>"Confirm your e-mail address"</a>
            </p>
            <p class="card__other">"New here? " <a href=move || with_next("/signup", &next())>"Create account"</a></p>
        </AccountPage>
    }
}

/// Says why the user is still not signed in, if the URL has the parameter `query`.
#[component]
fn ProblemNote(query: &'static str, text: &'static str) -> impl IntoView {
    let is_shown = query_parameter(query);
    view! { {move || is_shown.get().map(|_| view! { <p class="error-note" role="alert">{text}</p> })} }
}
