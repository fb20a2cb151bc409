//! Presence of a user.

use leptos::prelude::*;

use crate::domain::user;
use crate::ui::state::Presence;

/// Mark beside the name of a user who is online.
#[component]
pub fn PresenceMark(user: user::Id) -> impl IntoView {
    let presence = use_context::<Presence>();
    let is_online = Memo::new(move |_| presence.is_some_and(|presence| presence.is_online(user)));
    let mark = || view! { <span class="presence" translate="no" title="Online"><span class="visually-hidden">"Online"</span></span> };
    move || is_online.get().then(mark)
}
