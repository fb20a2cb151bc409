//! `/settings`: the user's settings.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, SaveSettings};
use crate::domain::refused_form::RefusedForm;
use crate::domain::settings::{Settings, Starters};
use crate::ui::components::account_page::{DoneNote, SignInNotes};
use crate::ui::components::field::{CheckBox, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form with the user's settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let refused = use_refused_form();
    let settings = page_resource(|| (), |()| api::load_settings());
    let form = move |settings| view! { <SettingsForm settings refused=refused.get_value()/> }.into_any();
    view! {
        <Title text="Settings · Cruddur"/>
        <SettingsCard heading="Settings">
            <SignInNotes/>
            <DoneNote query="saved" text="Settings saved."/>
            <Loaded resource=settings draw=form/>
            <p class="card__other"><a href="/settings/profile">"Name and handle"</a></p>
            <p class="card__other"><a href="/settings/email">"E-mail address"</a></p>
            <p class="card__other"><a href="/settings/password">"Password"</a></p>
            <p class="card__other"><a href="/settings/authenticator">"Authenticator app"</a></p>
            <p class="card__other"><a href="/settings/sessions">"Sessions"</a></p>
            <p class="card__other"><a href="/settings/blocked">"Blocked people"</a></p>
            <p class="card__other"><a href="/settings/export">"Download your data"</a></p>
            <p class="card__other"><a href="/settings/delete">"Delete your account"</a></p>
            <p class="card__other"><a href="/messages">"Back to messages"</a></p>
        </SettingsCard>
    }
}

#[component]
fn SettingsForm(settings: Settings, refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<SaveSettings>(refused, Leave::Load);
    view! {
        <FieldForm action="/settings" fields=&[] form>
            <input type="hidden" name="seen" value=serde_json::to_string(&settings).unwrap_or_default()/>
            <CheckBox
                name="receipts"
                label="Delivery and read receipts"
                hint="People you message see when their messages reach you and when you read them, and you see the \
                    same for yours. If you turn this off, neither of you does."
                checked=settings.receipts
            />
            <CheckBox
                name="presence"
                label="Online status"
                hint="People you message see when you have your messages open and when you last had them open, and you \
                    see the same of them. If you turn this off, neither of you does."
                checked=settings.presence
            />
            <StartersField chosen=settings.starters/>
            <SubmitButton form label="Save"/>
        </FieldForm>
    }
}

#[component]
fn StartersField(chosen: Starters) -> impl IntoView {
    let option = |choice: Starters| {
        view! { <option value=choice.as_str() selected=choice == chosen>{starters_label(choice)}</option> }
    };
    view! {
        <div class="field">
            <label class="field__label" for="starters">"Who can start a conversation with you"</label>
            <select class="field__input" id="starters" name="starters" autocomplete="off" aria-describedby="starters-hint">
                {Starters::ALL.map(option).into_iter().collect_view()}
            </select>
            <p class="field__hint" id="starters-hint">
                "A first message is a request, which you accept or delete. Other people don't see what you choose here."
            </p>
        </div>
    }
}

fn starters_label(choice: Starters) -> &'static str {
    match choice {
        Starters::Everyone => "Everyone, as a request",
        Starters::Contacts => "People I have written to",
        Starters::Nobody => "Nobody",
    }
}
