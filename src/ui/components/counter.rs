//! Character counter of the composer.

use leptos::prelude::*;

use crate::domain::message::InvalidBody;
use crate::ui::intl::plural;
use crate::ui::state::composer_field::{ComposerField, TEXT_LEN_MAX};
use crate::ui::state::reactive::memo;
use crate::ui::wording::body_sentence;

/// The number of remaining characters is announced to screen readers at and below this value.
const ANNOUNCED_MAX: i64 = 20;

/// The number of remaining characters is shown at and below this value.
const SHOWN_MAX: i64 = 100;

/// Error of the field and number of remaining characters. A live region announces the error, and the number once it is
/// small.
#[component]
pub fn Counter(field: ComposerField) -> impl IntoView {
    let remaining = memo(move || field.remaining());
    let left = move || format!(" {} left", plural(remaining.get(), "character", "characters"));
    let cut = move || field.is_cut.get().then(|| format!("What you put in was cut to fit {TEXT_LEN_MAX} characters. "));
    let announced = move || match field.error.get() {
        _ if field.is_cut.get() => cut(),
        Some(reason @ InvalidBody::Control) => Some(body_sentence(reason).into_owned()),
        // For a text that is too long the number is shorter to listen to than the error.
        _ => (remaining.get() <= ANNOUNCED_MAX).then(|| format!("{}{}", remaining.get(), left())),
    };
    let shown = move || {
        (remaining.get() <= SHOWN_MAX)
            .then(|| view! { {move || remaining.get()}<span class="visually-hidden">{left}</span> })
    };
    view! {
        <p class="composer__error" id="composer-error" translate="no">{cut}{move || field.error.get().map(body_sentence)}</p>
        <p class="composer__count" id="composer-count" translate="no" class=("composer__count--over", move || remaining.get() < 0)>
            {shown}
        </p>
        <span class="visually-hidden" translate="no" aria-live="polite">{announced}</span>
    }
}
