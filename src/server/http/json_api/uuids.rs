//! Parsing of UUIDs in API requests.

use uuid::Uuid;

/// Parses the hyphenated form, in lower or upper case. The `uuid` crate accepts other forms, too, but they would be
/// undocumented aliases of the same id.
pub fn parse(text: &str) -> Option<Uuid> {
    if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_accepted() {
        let id = Uuid::from_u128(0x5ae2_90ed_55d1_47a0_bc6d_fe2b_c270_0399);
        assert_eq!(parse("5ae290ed-55d1-47a0-bc6d-fe2bc2700399"), Some(id));
        assert_eq!(parse("5AE290ED-55D1-47A0-BC6D-FE2BC2700399"), Some(id));
        let others = [id.simple().to_string(), id.braced().to_string(), id.urn().to_string(), " ".repeat(36)];
        assert!(others.iter().all(|text| parse(text).is_none()));
        assert!(["", "@bayko", "5ae290ed-55d1-47a0-bc6d-fe2bc2700399 "].into_iter().all(|text| parse(text).is_none()));
    }
}
