//! `/signup`

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SignUp;
use crate::domain::password;
use crate::ui::components::account_page::{AccountPage, going_to, on_the_way};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::{FieldForm, Leave, Submission};
use crate::ui::state::refused_form::refused_of_page;

/// Makes an account; a code by e-mail is next. After the sign-in one goes where one was going (`?next=`).
#[component]
pub fn SignUpPage() -> impl IntoView {
    let refused = refused_of_page();
    let of = Submission::of::<SignUp>(refused.get_value(), Leave::Navigate);
    let next = going_to(refused);
    view! {
        <Title text="Make an account · Cruddur"/>
        <AccountPage heading="Make an account">
            <FieldForm action="/signup" fields=&["name", "handle", "email", "password"] of>
                <input type="hidden" name="next" value=next/>
                <Field of name="name" label="Name" kind=Kind::Name autofocus=true/>
                <Field
                    of
                    name="handle"
                    label="Handle"
                    kind=Kind::Handle
                    hint="Others find you by it: 2 to 32 letters a to z, digits, “_”, “-” or “.”."
                />
                <Field of name="email" label="E-mail" kind=Kind::Email hint="We send a code there. Nobody else sees it."/>
                <Field of name="password" label="Password" kind=Kind::NewPassword hint=password::HINT.as_str()/>
                <SubmitButton of label="Make an account"/>
            </FieldForm>
            <p class="card__other">"Already have one? " <a href=move || on_the_way("/signin", &next())>"Sign in"</a></p>
        </AccountPage>
    }
}
