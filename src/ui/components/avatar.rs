//! Avatar of a user: initials on a color.

use leptos::prelude::*;

use crate::domain::user::{self, User};

/// Number of avatar colors: `--avatar-0` and following in `style/tokens.css`.
const COLORS: u128 = 12;

/// Initials on a color that depends on the user's id. Hidden from screen readers: the name is always beside it.
#[component]
pub fn Avatar(user: User) -> impl IntoView {
    let class = format!("avatar avatar--{}", color(user.id));
    view! { <span class=class aria-hidden="true">{initials(user.display_name.as_str())}</span> }
}

fn color(id: user::Id) -> u128 {
    id.0.as_u128() % COLORS
}

/// Returns the first letters of the first two words, or the first character of a name without letters and digits. The
/// stylesheet makes them uppercase: in WASM that would need a table of all uppercase letters.
fn initials(name: &str) -> String {
    let letters: Vec<char> =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).take(2).collect();
    if letters.is_empty() { name.trim().chars().take(1).collect() } else { letters.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_two_words() {
        assert_eq!(initials("ana maria brown"), "am");
        assert_eq!(initials("  (ben)  "), "b");
        assert_eq!(initials("王 小明"), "王小");
    }

    #[test]
    fn a_name_without_letters_gives_its_first_character() {
        assert_eq!(initials("🎈 !"), "🎈");
        assert_eq!(initials(" "), "");
    }

    #[test]
    fn the_color_depends_on_the_id_alone_and_is_a_defined_one() {
        let ana = user::Id(Uuid::from_u128(25));
        assert_eq!(color(ana), 1);
        assert!(color(user::Id(Uuid::max())) < COLORS);
    }
}
