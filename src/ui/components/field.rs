//! Labeled form fields.

use leptos::prelude::*;

use crate::ui::state::reactive::memo;
use crate::ui::state::submission::Submission;
use crate::ui::wording::field_sentence;

/// Purpose of a field. It determines the input type and the autofill token (HTML, section 4.10.18.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Email,
    /// The current password.
    Password,
    NewPassword,
    /// A code from an e-mail.
    Code,
    /// A display name.
    Name,
    Handle,
}

impl Kind {
    fn input_type(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password | Self::NewPassword => "password",
            Self::Code | Self::Name | Self::Handle => "text",
        }
    }

    fn autocomplete(self) -> &'static str {
        match self {
            Self::Email => "username",
            Self::Password => "current-password",
            Self::NewPassword => "new-password",
            Self::Code => "one-time-code",
            Self::Name => "name",
            Self::Handle => "nickname",
        }
    }

    fn inputmode(self) -> Option<&'static str> {
        (self == Self::Code).then_some("numeric")
    }

    /// Without this, on-screen keyboards would enter `Ana` for the handle `ana`.
    fn autocapitalize(self) -> &'static str {
        if self == Self::Name { "words" } else { "none" }
    }
}

/// Input with its label, hint and error message.
#[component]
pub fn Field(
    form: Submission,
    /// Name in the form, and id on the page.
    name: &'static str,
    label: &'static str,
    kind: Kind,
    #[prop(optional)] hint: &'static str,
    /// Initial value, unless the form returns with what was typed.
    #[prop(optional_no_strip)]
    value: Option<String>,
    /// True if the value is what is stored: when the user comes back to the page, the browser must not restore another.
    #[prop(optional)]
    is_stored: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let reason = memo(move || {
        let code = form.error.with(|error| error.as_ref().and_then(|error| error.field(name)));
        code.map(field_sentence)
    });
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described_by = format!("{hint_id} {error_id}");
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <input
                class="field__input"
                id=name
                name=name
                type=kind.input_type()
                autocomplete=if is_stored { "off" } else { kind.autocomplete() }
                inputmode=kind.inputmode()
                autocapitalize=kind.autocapitalize()
                spellcheck="false"
                dir="auto"
                required
                value=form.typed(name).or(value)
                autofocus=autofocus
                aria-invalid=move || reason.read().is_some().then_some("true")
                aria-describedby=described_by
            />
            <p class="field__hint" id=hint_id>{(!hint.is_empty()).then_some(hint)}</p>
            <p class="field__error" translate="no" id=error_id>{move || reason.get()}</p>
        </div>
    }
}

/// Check box with label and hint. A checked box is sent as `true`; without the check nothing is sent.
#[component]
pub fn CheckBox(
    /// Name in the form, and id on the page.
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    checked: bool,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="check-box">
            <input
                class="check-box__input"
                id=name
                name=name
                type="checkbox"
                value="true"
                autocomplete="off"
                checked=checked
                aria-describedby=hint_id.clone()
            />
            <label class="check-box__label" for=name>{label}</label>
            <p class="check-box__hint" id=hint_id>{hint}</p>
        </div>
    }
}

/// Submit button of a form.
#[component]
pub fn SubmitButton(form: Submission, label: &'static str) -> impl IntoView {
    view! {
        <button class="button button--primary" type="submit" aria-disabled=move || form.pending.get().then_some("true")>
            {label}
        </button>
    }
}
