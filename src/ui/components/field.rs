//! One labelled input of a form.

use leptos::prelude::*;

use crate::ui::components::form::Submission;

/// What a field is for: its type, and what a browser may fill in (HTML, section 4.10.18.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An e-mail address by which somebody signs in.
    Email,
    /// The password that there is.
    Password,
    /// A password to be.
    NewPassword,
    /// A code from an e-mail.
    Code,
    /// A name that others read.
    Name,
    /// A handle.
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

    /// Phones would write `Ana` for `ana`.
    fn autocapitalize(self) -> &'static str {
        if self == Self::Name { "words" } else { "none" }
    }
}

/// A label, an input, and what is wrong with it.
#[component]
pub fn Field(
    /// The form.
    of: Submission,
    /// The field's name in the form, and its id on the page.
    name: &'static str,
    /// What to call it.
    label: &'static str,
    /// What it is for.
    kind: Kind,
    /// What to know before typing.
    #[prop(optional)]
    hint: &'static str,
    /// What is in it at first.
    #[prop(optional_no_strip)]
    value: Option<String>,
    /// Whether typing may begin here at once.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let reason = Memo::new(move |_| of.error.with(|error| error.as_ref().and_then(|error| error.field(name))));
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
                autocomplete=kind.autocomplete()
                inputmode=kind.inputmode()
                autocapitalize=kind.autocapitalize()
                spellcheck="false"
                dir="auto"
                required
                value=of.typed(name).or(value)
                autofocus=autofocus
                aria-invalid=move || reason.read().is_some().then_some("true")
                aria-describedby=described_by
            />
            <p class="field__hint" id=hint_id>{(!hint.is_empty()).then_some(hint)}</p>
            <p class="field__error" id=error_id>{move || reason.get()}</p>
        </div>
    }
}

/// A choice between yes and no: ticked, the form carries `true`.
#[component]
pub fn CheckBox(
    /// The field's name in the form, and its id on the page.
    name: &'static str,
    /// What to call it.
    label: &'static str,
    /// What ticking it does.
    hint: &'static str,
    /// Whether it is ticked at first.
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
                checked=checked
                aria-describedby=hint_id.clone()
            />
            <label class="check-box__label" for=name>{label}</label>
            <p class="check-box__hint" id=hint_id>{hint}</p>
        </div>
    }
}

/// The button that sends a form.
#[component]
pub fn SubmitButton(
    /// The form.
    of: Submission,
    /// What it does.
    label: &'static str,
) -> impl IntoView {
    view! {
        <button class="button button--primary" type="submit" aria-disabled=move || of.pending.get().then_some("true")>
            {label}
        </button>
    }
}
