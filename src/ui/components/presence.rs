//! That somebody is there.

use leptos::prelude::*;

use crate::domain::user;
use crate::ui::state::Presence;

/// A mark, while the person has a page open.
#[component]
pub fn PresenceMark(
    /// Who.
    person: user::Id,
) -> impl IntoView {
    let presence = use_context::<Presence>();
    let is_here = Memo::new(move |_| presence.is_some_and(|presence| presence.is_here(person)));
    let mark = || view! { <span class="presence" title="Online"><span class="visually-hidden">"Online"</span></span> };
    move || is_here.get().then(mark)
}
