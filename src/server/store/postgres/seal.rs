//! Encryption of secrets in the database: AES-256-GCM, with the row as associated data.

use anyhow::{Context, ensure};
use secrecy::{ExposeSecret, SecretString};

use crate::server::store::postgres::sealing_key::SealingKey;

/// Maximum number of keys. A rotation needs two; the keys of many rotations at once are a mistake.
const KEYS_MAX: usize = 10;

/// Encryption keys. The first one seals, and each of them opens what it has sealed: a new key takes its place in front,
/// and the previous one stays until no row needs it.
pub struct Seal {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

/// A sealed text: nonce, ciphertext and tag.
pub struct Sealed {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// Id of the key that opens it.
    pub key_id: String,
}

impl Seal {
    /// Parses keys that are separated by commas.
    pub fn parse(keys: &SecretString) -> anyhow::Result<Self> {
        let parts: Vec<_> = keys.expose_secret().split(',').map(str::trim).collect();
        ensure!(parts.len() <= KEYS_MAX, "SESSION_KEY has more than {KEYS_MAX} keys");
        let mut keys = parts.into_iter().map(SealingKey::parse).collect::<anyhow::Result<Vec<_>>>()?.into_iter();
        let current = keys.next().context("SESSION_KEY is empty")?;
        Ok(Self { current, previous: keys.collect() })
    }

    /// Encrypts a text for the row `row`.
    pub fn seal(&self, text: &SecretString, row: &[u8]) -> Sealed {
        Sealed { bytes: self.current.seal(text, row), key_id: self.current.id().to_owned() }
    }

    /// Decrypts a text that was sealed for the row `row`. `None` if it was sealed with an unknown key or for another
    /// row, or was modified.
    pub fn open(&self, sealed: &Sealed, row: &[u8]) -> Option<SecretString> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        // An id is short, so two keys may have the same.
        keys.filter(|key| key.id() == sealed.key_id).find_map(|key| key.open(&sealed.bytes, row))
    }

    /// Returns true if a previous key has sealed this.
    pub fn is_outdated(&self, sealed: &Sealed) -> bool {
        sealed.key_id != self.current.id()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A key as `openssl rand -base64 32` makes it.
    fn key(fill: u8) -> String {
        let mut bytes = [fill; 32];
        bytes[0] = 1;
        STANDARD.encode(bytes)
    }

    fn seal(keys: &[&str]) -> Seal {
        Seal::parse(&keys.join(",").into()).expect("keys")
    }

    #[test]
    fn a_sealed_text_opens_only_with_its_key_in_its_row_and_unmodified() {
        let token: SecretString = "a refresh token".into();
        let (seven, eight) = (seal(&[&key(7)]), seal(&[&key(8)]));
        let mut sealed = seven.seal(&token, b"row");
        assert!(!sealed.bytes.windows(7).any(|window| window == b"refresh"));
        assert_eq!(seven.open(&sealed, b"row").expect("opens").expose_secret(), "a refresh token");
        assert!(eight.open(&sealed, b"row").is_none());
        assert!(seven.open(&sealed, b"another row").is_none());
        sealed.bytes[20] ^= 1;
        assert!(seven.open(&sealed, b"row").is_none());
        sealed.bytes.truncate(3);
        assert!(seven.open(&sealed, b"row").is_none());
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes() {
        let (token, seal): (SecretString, _) = ("a refresh token".into(), seal(&[&key(7)]));
        assert_ne!(seal.seal(&token, b"row").bytes, seal.seal(&token, b"row").bytes);
    }

    #[test]
    fn the_first_key_seals_and_every_key_opens() {
        let token: SecretString = "a refresh token".into();
        let (old, new) = (key(7), "a text that is long enough to be a key".to_owned());
        let sealed = seal(&[&old]).seal(&token, b"row");
        let rotated = seal(&[&new, &format!(" {old} ")]);
        assert_eq!(rotated.open(&sealed, b"row").expect("opens").expose_secret(), "a refresh token");
        assert!(rotated.is_outdated(&sealed));
        let sealed_again = rotated.seal(&token, b"row");
        assert!(!rotated.is_outdated(&sealed_again));
        assert!(seal(&[&new]).open(&sealed_again, b"row").is_some(), "the previous key is not needed any more");
        assert!(seal(&[&old]).open(&sealed_again, b"row").is_none());
    }

    #[test]
    fn an_invalid_key_is_rejected_wherever_it_stands_and_is_not_repeated() {
        let (good, many) = (key(7), vec![key(7); KEYS_MAX + 1].join(","));
        for keys in [format!("{good},short-secret"), format!("{good},"), format!(",{good}"), many] {
            let error = format!("{:#}", Seal::parse(&keys.clone().into()).err().expect("rejected"));
            assert!(error.contains("SESSION_KEY"), "{error}");
            assert!(!error.contains("short-secret") && !error.contains(&good), "{error}");
        }
    }
}
