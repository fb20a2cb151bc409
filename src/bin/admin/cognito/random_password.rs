//! Random passwords.

/// Characters of a password, without those that are easily confused.
const CHARACTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// Returns a random password of 117 bits. It meets the strictest policy of a user pool: it has uppercase and lowercase
/// letters, digits, and hyphens between its four groups.
pub fn random_password() -> String {
    loop {
        let groups: Vec<String> = (0..4).map(|_| (0..5).map(|_| random_character()).collect()).collect();
        let password = groups.join("-");
        let has = |is: fn(char) -> bool| password.contains(is);
        if has(|it| it.is_ascii_uppercase()) && has(|it| it.is_ascii_lowercase()) && has(|it| it.is_ascii_digit()) {
            return password;
        }
    }
}

fn random_character() -> char {
    loop {
        let mut byte = [0];
        aws_lc_rs::rand::fill(&mut byte).expect("the random generator of AWS-LC does not fail");
        // A larger number would make the first characters more likely.
        let of_equal_chance = 256 - 256 % CHARACTERS.len();
        if usize::from(byte[0]) < of_equal_chance {
            return char::from(CHARACTERS[usize::from(byte[0]) % CHARACTERS.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use cruddur_messages::domain::password;

    use super::random_password;

    #[test]
    fn a_random_password_meets_every_policy_and_comes_once() {
        let passwords: Vec<_> = (0..100).map(|_| random_password()).collect();
        for it in &passwords {
            assert_eq!(password::check(it), Ok(()), "{it}");
            assert!(it.contains(|c: char| c.is_ascii_digit()) && it.contains('-'), "{it}");
        }
        assert_eq!(passwords.iter().collect::<std::collections::HashSet<_>>().len(), passwords.len());
    }
}
