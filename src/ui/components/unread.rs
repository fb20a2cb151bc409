//! How many messages are unread, where it is seen from another tab.

use leptos::prelude::*;

use crate::ui::state::inbox_window::Inbox;

/// The icon of a tab, and the one that says that something is unread.
const ICONS: [&str; 2] = ["/favicon.svg", "/favicon-unread.svg"];

/// A title with the number of unread messages before it, where there are any.
pub fn with_count(unread: u64, title: String) -> String {
    if unread == 0 { title } else { format!("({unread}) {title}") }
}

/// Changes the icon of the tab. Draws nothing.
#[component]
pub fn UnreadIcon(
    /// Whose unread messages.
    inbox: Inbox,
) -> impl IntoView {
    let some = Memo::new(move |_| inbox.unread.get() > 0);
    Effect::new(move |_| {
        let icon = ICONS[usize::from(some.get())];
        if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
            let _ = link.set_attribute("href", icon);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_counts_what_is_unread() {
        let title = |unread| with_count(unread, "Messages".to_owned());
        assert_eq!([title(0), title(3)], ["Messages", "(3) Messages"]);
    }
}
