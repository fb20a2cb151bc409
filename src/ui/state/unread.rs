//! Unread messages in the title and icon of the tab.

use leptos::prelude::*;

use crate::domain::conversation::UNREAD_COUNT_MAX;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::reactive::{effect, memo};

/// Icons of the tab, without and with unread messages.
const ICONS: [&str; 2] = ["/favicon.svg", "/favicon-unread.svg"];

/// Prefixes a title with the number of unread messages, if there are any.
pub fn with_count(unread: u64, title: String) -> String {
    match unread {
        0 => title,
        UNREAD_COUNT_MAX.. => format!("({}+) {title}", UNREAD_COUNT_MAX - 1),
        _ => format!("({unread}) {title}"),
    }
}

/// Keeps the icon of the tab up to date.
pub fn show_in_icon(inbox: Inbox) {
    let has_unread = memo(move || inbox.unread.get() > 0);
    effect(move || {
        let icon = ICONS[usize::from(has_unread.get())];
        if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
            let _ = link.set_attribute("href", icon);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_shows_the_number_of_unread_messages() {
        let title = |unread| with_count(unread, "Messages".to_owned());
        assert_eq!([title(0), title(3), title(99)], ["Messages", "(3) Messages", "(99) Messages"]);
        assert_eq!(title(UNREAD_COUNT_MAX), "(99+) Messages");
    }
}
