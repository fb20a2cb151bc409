//! Frame of the pages with the user's settings.

use leptos::prelude::*;

use crate::ui::components::account_page::AccountPage;
use crate::ui::components::unsent_messages::UnsentElsewhere;
use crate::ui::state::page_user::page_user;
use crate::ui::state::reactive::effect;
use crate::ui::state::{LiveEvents, Outbox};

/// Card with a heading. What was unsent when the user came here is sent from here, and shown until then.
#[component]
pub fn SettingsCard(heading: &'static str, children: Children) -> impl IntoView {
    // These pages have no event stream.
    let outbox = Outbox::new(LiveEvents::new(None));
    effect(move || {
        if let Some(me) = page_user().and_then(|id| id.parse().ok()) {
            outbox.start(me);
        }
    });
    view! {
        <AccountPage heading>
            <UnsentElsewhere outbox/>
            {children()}
        </AccountPage>
    }
}
