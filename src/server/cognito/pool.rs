//! The id of a user pool, and the URLs derived from it.

use anyhow::{Context, ensure};

/// A parsed user pool id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    id: String,
    region: String,
}

impl Pool {
    /// Parses an id such as `eu-central-1_Ab12Cd34E`. The pattern is strict because the id becomes part of the issuer
    /// and of the URL of the key set.
    pub fn parse(id: &str) -> anyhow::Result<Self> {
        let expected = || format!("AWS_COGNITO_USER_POOL_ID is {id:?}; expected one such as eu-central-1_Ab12Cd34E");
        let (region, name) = id.split_once('_').with_context(expected)?;
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        ensure!(named && is_region(region), expected());
        Ok(Self { id: id.to_owned(), region: region.to_owned() })
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the AWS region of the pool.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the `iss` claim of the pool's tokens. A custom endpoint does not change it.
    pub fn issuer(&self) -> String {
        // The regions in China have their own domain.
        let suffix = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://cognito-idp.{}.amazonaws.com{suffix}/{}", self.region, self.id)
    }

    /// Returns the URL of the key set: below `endpoint` if there is one, else below the issuer.
    pub fn key_set_url(&self, endpoint: Option<&str>) -> String {
        let base = match endpoint {
            Some(endpoint) => format!("{}/{}", endpoint.trim_end_matches('/'), self.id),
            None => self.issuer(),
        };
        format!("{base}/.well-known/jwks.json")
    }
}

/// Matches two letters, an optional `gov`, a word and a digit: `eu-central-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let parts: Vec<&str> = text.split('-').collect();
    let (country, direction, number) = match parts[..] {
        [country, direction, number] | [country, "gov", direction, number] => (country, direction, number),
        _ => return false,
    };
    country.len() == 2
        && is_word(country)
        && is_word(direction)
        && number.len() == 1
        && number.as_bytes()[0].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_derived_from_the_id_and_an_endpoint_moves_only_the_keys() {
        let pool = Pool::parse("eu-central-1_Ab12").expect("an id");
        assert_eq!(pool.issuer(), "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12");
        assert_eq!(pool.key_set_url(None), format!("{}/.well-known/jwks.json", pool.issuer()));
        assert_eq!(
            pool.key_set_url(Some("http://127.0.0.1:4566/")),
            "http://127.0.0.1:4566/eu-central-1_Ab12/.well-known/jwks.json"
        );
        assert_eq!(Pool::parse("us-gov-west-1_a").expect("an id").region(), "us-gov-west-1");
        let chinese = Pool::parse("cn-north-1_a").expect("an id");
        assert_eq!(chinese.issuer(), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a");
    }

    #[test]
    fn an_invalid_pool_id_is_rejected_with_an_example() {
        for id in [
            "",
            "eu-central-1",
            "eu-central-1_",
            "eu-central-1_a/b",
            "eu-central-1_a.b",
            "evil.com/_a",
            "EU-central-1_a",
            "eu-central-11_a",
            "eu_central-1_a",
        ] {
            let error = Pool::parse(id).expect_err(id);
            assert!(error.to_string().contains("eu-central-1_Ab12Cd34E"), "{error}");
        }
    }
}
