//! A person's mark: initials on a colour.

use leptos::prelude::*;

use crate::domain::user::{self, User};

/// How many colours there are: `--avatar-0` and on in `style/tokens.css`.
const COLOURS: u128 = 12;

/// Initials on a colour that is always the same for one person. Decoration: the name stands beside it.
#[component]
pub fn Avatar(
    /// Whose.
    user: User,
) -> impl IntoView {
    let class = format!("avatar avatar--{}", colour(user.id));
    view! { <span class=class aria-hidden="true">{initials(user.display_name.as_str())}</span> }
}

fn colour(id: user::Id) -> u128 {
    id.0.as_u128() % COLOURS
}

/// The first letters of the first two words, which the style draws as capitals: WASM would need a table of all there are. A
/// name without letters or digits gives its first character.
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
    fn a_colour_depends_on_the_id_alone_and_is_one_of_those_that_there_are() {
        let ana = user::Id(Uuid::from_u128(25));
        assert_eq!(colour(ana), 1);
        assert!(colour(user::Id(Uuid::max())) < COLOURS);
    }
}
